"""Text in SVG: a golden picture, the font for all families, missing characters, hostile text."""

import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageFilter

from handler.codec import Limits, available_formats, open_picture
from handler.core.geometry import Region
from handler.errors import ProcessingFailed
from handler.sandbox import fonts
from tests.core.compare import decibels
from tests.further_files import svg
from tests.needs import needs_linux
from tests.pictures import decoded
from tests.template.stack import ROOT

GOLDEN = ROOT / "tests/golden"
pytestmark = [
    pytest.mark.skipif("svg" not in available_formats(), reason="needs resvg"),
    pytest.mark.skipif(not fonts.font_files(), reason="needs fontpkg-arimo"),
]
# librsvg softens edges differently: the pictures agree to 32 dB, and to 39 dB if both are blurred.
# Text that is shifted by one pixel agrees to at most 19 and 26 dB.
_DECIBELS, _BLURRED_DECIBELS = 29, 36
_INK = 128
_REFUSED = "SVG data need too much memory or time"
_NOT_INSTALLED = """
import sys
sys.path[:] = {path!r}
from handler.codec import Limits, open_picture
from handler.core.geometry import Region
picture = open_picture({data!r}, Limits(10_000))
pixels = picture.pixels(1)
image = pixels.read(Region(0, 0, pixels.size.width, pixels.size.height), pixels.size)
print(picture.warnings, image.convert("RGBA").getchannel("A").getbbox())
"""

Box = tuple[int, int, int, int]


def drawn(data: bytes) -> Image.Image:
    pixels = open_picture(data, Limits(1_000_000)).pixels(1)
    return pixels.read(Region(0, 0, pixels.size.width, pixels.size.height), pixels.size)


def ink(body: str) -> Box | None:
    """Return the box of all that is drawn."""
    alpha = drawn(svg(body, 'width="400" height="90"')).convert("RGBA").getchannel("A")
    return alpha.point([255 * (level >= _INK) for level in range(256)]).getbbox()


def text(attributes: str = "", content: str = "HHHH") -> Box:
    box = ink(f'<text x="20" y="60" font-size="40" {attributes}>{content}</text>')
    assert box is not None
    return box


def test_text_looks_like_that_of_sharp() -> None:
    ours = drawn((GOLDEN / "svg-text.svg").read_bytes()).convert("RGB")
    golden = decoded((GOLDEN / "svg-text.png").read_bytes()).convert("RGB")
    assert decibels(ours, golden) > _DECIBELS
    blur = ImageFilter.BoxBlur(1)
    assert decibels(ours.filter(blur), golden.filter(blur)) > _BLURRED_DECIBELS


@pytest.mark.parametrize(
    "family",
    ["", "sans-serif", "serif", "monospace", "cursive", "Arial", "'No Such Font', fantasy"],
)
def test_text_of_every_family_has_the_size_that_the_font_says(family: str) -> None:
    font = TTFont(fonts.font_files()[-1])
    glyph, scale = font["glyf"]["H"], 40 / font["head"].unitsPerEm
    left = 20 + scale * glyph.xMin
    right = 20 + scale * (3 * font["hmtx"]["H"][0] + glyph.xMax)
    box = text(f'font-family="{family}"' if family else "")
    assert box == pytest.approx((left, 60 - scale * glyph.yMax, right, 60), abs=1)


def test_weights_and_italics_are_drawn() -> None:
    upright = text()
    assert text('font-weight="700"', "iiiiiiii") > text("", "iiiiiiii")
    assert text('style="font: italic bold 40px serif"')[2] > upright[2]
    assert text('font-style="italic"')[2] > upright[2]


def test_places_of_letters_and_lines_are_kept() -> None:
    right = text()[2]
    assert text('style="text-anchor: end"')[2] <= 20
    assert text("", 'H<tspan dx="30">HHH</tspan>')[2] == right + 30
    assert text("", 'H<tspan x="200">H</tspan>')[2] > 200
    assert text('textLength="300"')[2] == pytest.approx(320, abs=3)
    assert text('letter-spacing="10"')[2] == right + 30
    assert text("", "H<tspan dy='-20'>H</tspan>")[1] == text()[1] - 20
    along = (
        '<path id="p" d="M30 80V5"/><text font-size="20"><textPath href="#p">HHH</textPath></text>'
    )
    box = ink(along)
    assert box is not None
    assert box[2] < 40


def test_text_in_a_class_has_the_style_of_the_class() -> None:
    styled = "<style>.a { font-size: 20px; fill: red }</style><text class='a' y='40'>HHH</text>"
    image = drawn(svg(styled)).convert("RGBA")
    colours = image.getcolors(10_000) or []
    assert max(colour for _, colour in colours) == (255, 0, 0, 255)


def test_a_drawing_with_text_that_the_font_has_gives_no_warning() -> None:
    content = "Größe, Ελληνικά, Привет, שלום, &amp; &#233; e\u0301 \u200d<tspan>naïve</tspan>"
    picture = open_picture(svg(f"<text>{content}</text><title>漢字</title>"), Limits(10_000))
    assert picture.warnings == []


def test_characters_that_the_font_lacks_are_named() -> None:
    picture = open_picture(
        svg("<text>a漢&#x5b57;<tspan>漢\U0001f600</tspan></text>"), Limits(10_000)
    )
    assert picture.warnings == [
        "Text in an SVG: the font lacks 漢 字 \U0001f600, and boxes are drawn in their place; "
        "convert the text to paths"
    ]
    many = open_picture(svg("<text>一二三四五六七</text>"), Limits(10_000))
    assert "lacks 一 二 三 四 五 and 2 more" in many.warnings[0]


def test_the_known_characters_are_those_of_both_fonts() -> None:
    for file in fonts.font_files():
        characters = TTFont(file).getBestCmap()
        assert fonts.missing_characters("".join(map(chr, characters))) == []
        assert ord("漢") not in characters


@needs_linux
def test_text_is_not_drawn_without_the_font_and_the_client_is_warned(tmp_path: Path) -> None:
    packages = [folder for folder in sys.path if folder.endswith("-packages")]
    for folder in packages:
        for package in Path(folder).glob("*"):
            if not package.name.startswith("fontpkg"):
                (tmp_path / package.name).symlink_to(package)
    path = [str(ROOT), str(tmp_path), *(each for each in sys.path if each not in packages)]
    program = _NOT_INSTALLED.format(path=path, data=svg("<text y='30'>Hello</text>"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    warning = "Text in an SVG is not drawn, because the font is not installed; convert it to paths"
    assert done.stdout.strip() == f"['{warning}'] None"


@pytest.mark.parametrize(
    "body",
    [
        "<text>" + "<tspan>a</tspan>" * 100_000 + "</text>",
        "<text>" + "<tspan>" * 20_000 + "a" + "</tspan>" * 20_000 + "</text>",
        "<text>" + "word " * 50_000 + "</text>",
        "<text>ab</text>" * 450_000,
        '<text rotate="' + "1 " * 200_000 + '">' + "a" * 200_000 + "</text>",
        '<text id="t">' + "abcde" * 1000 + "</text>" + '<use href="#t"/>' * 9000,
    ],
    ids=["tspans", "nested", "words", "texts", "rotated", "uses"],
)
def test_text_that_takes_too_long_is_stopped(body: str) -> None:
    picture = open_picture(svg(body), Limits(10_000))
    with pytest.raises(ProcessingFailed) as raised:
        picture.pixels(1)
    assert _REFUSED in str(raised.value.details)


@pytest.mark.parametrize(
    "attributes",
    [
        'font-size="1e38"',
        'font-size="-5"',
        'x="NaN" dy="1e999"',
        'letter-spacing="1e30"',
        'textLength="1e30"',
        'font-family="' + "a, " * 100_000 + '"',
        'stroke="red" stroke-width="1e5"',
    ],
)
def test_unusual_numbers_do_no_harm(attributes: str) -> None:
    assert drawn(svg(f"<text y='30' {attributes}>Hello</text>")).size == (96, 64)
