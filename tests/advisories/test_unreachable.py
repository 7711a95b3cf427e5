"""Proofs of the verdict "unreachable" in the table of advisories."""

import ast
import ctypes
import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image, ImageCms

from handler.codec import Limits, open_picture
from handler.codec.cmyk_profile import press_profile
from handler.codec.colour import lab_to_srgb, to_srgb
from handler.codec.headers import READERS
from handler.errors import InvalidImage
from tests.codec.samples import grey_profile
from tests.hostile.builders import png, png_header, png_rows
from tests.hostile.specimens import specimen
from tests.needs import needs_linux
from tests.pictures import photo
from tests.template.stack import ROOT

# Modules of Pillow with advisories: fonts, paths, PDF, viewers, and the plugins of other formats.
_MODULES = {
    "Image",
    "ImageChops",
    "ImageCms",
    "ImageColor",
    "ImageDraw",
    "ImageFile",
    "ImageFilter",
    "features",
}
# JPEG is written only: tests/codec/test_libjpeg_turbo.py.
_PLUGINS = {"Gif", "Bmp", "Dds", "Ico", "Jpeg", "Jpeg2K", "Png", "Psd", "Tga", "Tiff", "WebP"}
_MODULES |= {f"{name}ImagePlugin" for name in _PLUGINS} | {"_webp", "_imaging"}


def nodes() -> Iterator[ast.AST]:
    for path in sorted((ROOT / "handler").rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text()))


def calls(name: str) -> Iterator[ast.Call]:
    for node in nodes():
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield node


def test_the_service_uses_few_modules_of_pillow() -> None:
    used = set()
    for node in nodes():
        if isinstance(node, ast.ImportFrom) and node.module == "PIL":
            used |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("PIL."):
            used.add(str(node.module).partition(".")[2])
        elif isinstance(node, ast.Import):
            used |= {one.name for one in node.names if one.name.startswith("PIL.")}
    assert "Image" in used
    assert used - _MODULES == set()
    drawn = {node.attr for node in nodes() if isinstance(node, ast.Attribute)}
    assert drawn & {"text", "multiline_text", "textbbox", "truetype", "load_default"} <= {"text"}
    assert not any("draw" in ast.unparse(call).lower() for call in calls("draw.text"))


def test_the_only_filter_is_a_box_blur() -> None:
    used = {
        node.attr
        for node in nodes()
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "ImageFilter"
    }
    assert used == {"BoxBlur"}


def test_only_plugins_of_accepted_formats_are_used() -> None:
    opened = list(calls("Image.open"))
    assert opened
    for call in opened:
        # Bytes, and one plugin: Pillow guesses no format, and maps no file.
        assert ast.unparse(call.args[0]).startswith("io.BytesIO(")
        assert [word.arg for word in call.keywords] == ["formats"]
    for foreign in (b"\x01\xda\1\1\0\3" + bytes(506), b"%!PS-Adobe-3.0 EPSF-3.0"):
        with pytest.raises(InvalidImage, match="unrecognised format"):
            open_picture(foreign, Limits(10_000))


def test_pillow_encodes_no_tiff() -> None:
    written = set()
    for node in nodes():
        if isinstance(node, ast.Call) and re.search(r"\b_?save$", ast.unparse(node.func)):
            written |= {one.value for one in node.args if isinstance(one, ast.Constant)}
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Image.SAVE":
            written.add(ast.literal_eval(node.slice))
    assert written == {"JPEG", "WEBP", "AVIF", "GIF"}


@pytest.mark.parametrize("name", ["gif/animated", "png/animated", "tiff/pages", "webp/animated"])
def test_pillow_sees_one_frame(name: str) -> None:
    def frames(data: bytes) -> int:
        count: int = getattr(Image.open(io.BytesIO(data)), "n_frames", 1)
        return count

    assert frames(specimen(name)) == 3
    header = READERS[name.partition("/")[0]](specimen(name))
    assert frames(b"".join(header.parts) or header.data) == 1
    for later in header.later_frames() if header.later_frames else ():
        assert frames(later.data) == 1


def test_no_side_is_longer_than_65535_pixels() -> None:
    data = png(png_header(65_536, 1), png_rows(65_536, 1))
    with pytest.raises(InvalidImage, match="at most 65,535 pixels a side"):
        open_picture(data, Limits(1_000_000))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "RGBA", "CMYK"])
def test_transforms_have_the_mode_of_the_picture(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = ImageCms.applyTransform
    seen = []

    def watched(
        image: Image.Image,
        transform: ImageCms.ImageCmsTransform,
        inPlace: bool = False,  # noqa: N803  # the name in Pillow
    ) -> Image.Image | None:
        seen.append((image.mode, transform.input_mode))
        if inPlace:
            assert transform.output_mode == image.mode
        return apply(image, transform, inPlace)

    monkeypatch.setattr(ImageCms, "applyTransform", watched)
    picture = photo(size=(30, 20)).convert(mode)
    profiles = [grey_profile(1.8), press_profile(), photo().info["icc_profile"], b"damaged", None]
    for profile in profiles:
        to_srgb(picture.copy(), profile)
    lab_to_srgb(Image.new("LAB", (2, 2)))
    assert seen
    assert [one for one in seen if one[0] != one[1]] == []


@needs_linux
def test_zlib_has_no_minizip() -> None:
    library = ctypes.CDLL("libz.so.1")
    assert hasattr(library, "inflate")
    assert not hasattr(library, "unzOpen64")
    assert not hasattr(library, "zipOpenNewFileInZip4_64")


def test_libheif_has_no_encoder_and_one_decoder() -> None:
    import pi_heif

    info = pi_heif.libheif_info()
    # libheif writes masks without a codec.
    assert set(info["encoders"]) <= {"mask"}
    assert set(info["decoders"]) == {"libde265"}
