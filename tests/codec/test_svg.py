"""SVG: size, scale, references outside the file, and drawings that take too long."""

import numpy as np
import pytest
from PIL import Image

from handler.codec import FORMATS, Limits, available_formats, open_picture
from handler.codec.formats import recognise
from handler.core.geometry import Region, Size
from handler.errors import InvalidImage, ProcessingFailed
from tests.further_files import svg

LIMITS = Limits(50_000_000)
needs_resvg = pytest.mark.skipif("svg" not in available_formats(), reason="needs resvg")
RED = '<rect width="100%" height="100%" fill="red"/>'
BLUR = '<filter id="f" x="-9" y="-9" width="19" height="19">{}</filter>' + (
    '<rect width="90%" height="90%" filter="url(#f)"/>'
)


def size_of(attributes: str) -> Size:
    return open_picture(svg(RED, attributes), LIMITS).size


def drawn(data: bytes, shrink: float = 1) -> Image.Image:
    pixels = open_picture(data, LIMITS).pixels(shrink)
    return pixels.read(Region(0, 0, pixels.size.width, pixels.size.height), pixels.size)


@needs_resvg
@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="30" height="20"', (30, 20)),
        ('width="30px" height="2e1"', (30, 20)),
        ('viewBox="0 0 300 200"', (300, 200)),
        ("viewBox='-5,-5, 30,20'", (30, 20)),
        ('width="60" viewBox="0 0 30 20"', (60, 40)),
        ('height="60" viewBox="0 0 30 20"', (90, 60)),
        ('width="50%" height="100%" viewBox="0 0 30 20"', (15, 20)),
        ('width="1in" height="2.54cm"', (96, 96)),
        ('width="3pt" height="1pc"', (4, 16)),
        ('width="auto" height="auto" viewBox="0 0 30 20"', (30, 20)),
        ("", (300, 150)),
        ('viewBox="none"', (300, 150)),
        ('width="0.2" height="0.3"', (1, 1)),
    ],
)
def test_the_size_is_that_of_the_attributes(attributes: str, size: tuple[int, int]) -> None:
    assert size_of(attributes) == Size(*size)
    image = drawn(svg(RED, attributes))
    assert image.size == size
    middle = image.width // 2, image.height // 2
    assert image.convert("RGBA").getpixel(middle) == (255, 0, 0, 255)


@needs_resvg
@pytest.mark.parametrize("shrink", [0.05, 0.3, 1, 2.7, 1000])
def test_a_drawing_is_rendered_at_the_scale_that_is_needed(shrink: float) -> None:
    half = '<path d="M0 0H50V77H0z" fill="blue"/>'
    image = drawn(svg(half, 'viewBox="0 0 100 77"'), shrink)
    assert image.size == (int(np.ceil(100 / shrink)), int(np.ceil(77 / shrink)))
    alpha = np.asarray(image.convert("RGBA"))[..., 3] / 255
    assert abs(alpha.mean() - 0.5) < 0.01
    if shrink < 1:  # the edge is sharp
        assert ((alpha > 0) & (alpha < 1)).mean() < 0.02


@needs_resvg
def test_an_enlarged_drawing_has_limits() -> None:
    picture = open_picture(svg(RED, 'width="1" height="1"'), LIMITS)
    assert picture.decoded_pixels(1e-9) <= 25_000_000
    assert (
        open_picture(svg(RED, 'width="9000" height="5000"'), LIMITS).decoded_pixels(1) == 45_000_000
    )


@needs_resvg
@pytest.mark.parametrize(
    "data",
    [
        svg(RED).decode().replace('?xml version="1.0"?', "!-- < a > --").encode(),
        b"\xef\xbb\xbf" + svg(RED)[22:],
        svg(RED).decode().encode("utf-16"),
        svg(RED)
        .replace(b'"1.0"', b'"1.0" encoding="ISO-8859-1"')
        .replace(b"</svg>", b"<!--\xe9--></svg>"),
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
        + svg(RED)[22:],
        b'<!DOCTYPE svg [<!ENTITY red "red"> <!-- ] -->]>\n'
        + svg(RED.replace('"red"', '"&red;"'))[22:],
        svg(f'<a href="http://example.com/">{RED}</a><script>if (1 > 0) {{}}</script>'),
        svg(f"<style><![CDATA[rect > a {{fill: url(#b)}}]]></style>{RED}"),
        svg(RED)
        .replace(b"<svg", b"<s:svg")
        .replace(b"</svg", b"</s:svg")
        .replace(b"<rect", b"<s:rect")
        .replace(b"xmlns=", b"xmlns:s="),
    ],
)
def test_documents_of_many_programs_are_drawn(data: bytes) -> None:
    assert recognise(data) is FORMATS["svg"]
    assert drawn(data).convert("RGBA").getpixel((50, 40)) == (255, 0, 0, 255)


@pytest.mark.parametrize(
    "data", [b"<html><svg/></html>", b"<svgs>", b"<!-- <svg> -->", b"text <svg/>", b"\x1f\x8b\x08x"]
)
def test_other_markup_is_no_svg(data: bytes) -> None:
    assert recognise(data) is None


@needs_resvg
@pytest.mark.parametrize(
    ("body", "received"),
    [
        ('<image href="file:///etc/passwd"/>', "file:///etc/passwd"),
        ("<feImage xlink:href='http://example.com/a'/>", "http://example.com/a"),
        ('<image href="data:image/svg+xml,x"/>', "data:image/svg+xml,x"),
        ('<g style="fill:url(x.svg#y)"/>', "x.svg#y"),
        ("<style>@import url('#a')</style>", "@import"),
        ('<image href="&#x2F;etc/passwd"/>', "&#x2F;etc/passwd"),
    ],
)
def test_references_outside_the_file_are_rejected(body: str, received: str) -> None:
    with pytest.raises(InvalidImage) as raised:
        open_picture(svg(body), LIMITS)
    assert raised.value.error == (
        "Invalid image: SVG references: expected parts of the file, or embedded PNG, JPEG, GIF or "
        f"WebP, received {received}"
    )


@needs_resvg
@pytest.mark.parametrize(
    "body",
    [
        BLUR.format('<feGaussianBlur stdDeviation="10000"/>' * 30),
        BLUR.format('<feGaussianBlur stdDeviation="99"/>' * 500),
        BLUR.format('<feTurbulence numOctaves="10000" baseFrequency="0.1"/>'),
        '<g id="a0"><rect width="9" height="9"/></g>'
        + "".join(
            f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 10)
        ),
    ],
    ids=["wide-blurs", "many-blurs", "turbulence", "uses"],
)
def test_a_drawing_that_takes_too_long_is_stopped(body: str) -> None:
    picture = open_picture(svg(body, 'width="9000" height="4000"'), LIMITS)
    assert picture.cost.seconds(36_000_000, len(body)) < 6
    with pytest.raises(ProcessingFailed) as raised:
        picture.pixels(9)
    assert "SVG data" in str(raised.value.details)
