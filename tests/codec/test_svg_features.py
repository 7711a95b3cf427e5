"""The features of SVG: the colours at points of a drawing, which librsvg paints in the same way."""

import pytest
from PIL import Image

from handler.codec import Limits, available_formats, open_picture
from handler.core.geometry import Region

# Largest difference to librsvg 2.63.2, in levels of a channel.
TOLERANCE = 6
DRAWING = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 viewBox="0 0 400 300" width="400" height="300"><defs>
<linearGradient id="linear" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#f40"/>
 <stop offset=".5" stop-color="gold"/><stop offset="1" stop-color="#04f"/></linearGradient>
<radialGradient id="radial" cx=".3" cy=".3" r=".7" fx=".2" fy=".2">
 <stop offset="0" stop-color="white"/><stop offset="1" stop-color="darkgreen"/></radialGradient>
<pattern id="pattern" width="20" height="20" patternUnits="userSpaceOnUse">
 <rect width="10" height="10" fill="#888"/><circle cx="15" cy="15" r="4" fill="red"/></pattern>
<clipPath id="clip"><circle cx="320" cy="60" r="45"/></clipPath>
<mask id="mask"><rect x="10" y="160" width="120" height="120" fill="white"/>
 <circle cx="70" cy="220" r="30" fill="black"/></mask>
<filter id="shadow" x="-.5" y="-.5" width="2" height="2"><feGaussianBlur stdDeviation="4"/>
 <feOffset dx="12" dy="12"/>
 <feMerge><feMergeNode/><feMergeNode in="SourceGraphic"/></feMerge></filter>
<symbol id="symbol" viewBox="0 0 10 10"><path d="M5 0L10 10H0z" fill="purple"/></symbol>
<style>.wide { stroke: teal; stroke-width: 10; fill: none }</style></defs>
<rect width="400" height="300" fill="#eee"/>
<rect x="10" y="10" width="120" height="100" rx="20" fill="url(#linear)"/>
<circle cx="200" cy="60" r="50" fill="url(#radial)"/>
<g clip-path="url(#clip)"><rect x="260" width="140" height="120" fill="url(#pattern)"/></g>
<rect x="10" y="160" width="120" height="120" fill="crimson" mask="url(#mask)"/>
<rect x="150" y="210" width="50" height="50" fill="orange" filter="url(#shadow)"/>
<use xlink:href="#symbol" x="230" y="200" width="60" height="70"/>
<use href="#symbol" x="300" y="130" width="40" height="40" opacity=".4"/>
<polyline class="wide" points="150,140 250,150 290,130"/>
<path fill-rule="evenodd" d="M300 190h60v60h-60z M315 205h30v30h-30z" fill="green"
 fill-opacity=".6"/></svg>"""
COLOURS = {
    "linear gradient, first": ((45, 40), (255, 156, 0)),
    "linear gradient, last": ((110, 95), (78, 113, 177)),
    "rounded corner": ((12, 12), (238, 238, 238)),
    "radial gradient": ((190, 50), (167, 202, 167)),
    "pattern, square": ((305, 65), (136, 136, 136)),
    "pattern, circle": ((315, 55), (255, 0, 0)),
    "clip path": ((265, 5), (238, 238, 238)),
    "mask, white": ((30, 180), (220, 20, 60)),
    "mask, black": ((70, 220), (238, 238, 238)),
    "filter": ((206, 240), (253, 172, 23)),
    "filter, source": ((175, 235), (255, 165, 0)),
    "symbol": ((260, 255), (128, 0, 128)),
    "opacity": ((320, 161), (194, 143, 194)),
    "class": ((250, 148), (0, 128, 128)),
    "even-odd, inside": ((330, 220), (238, 238, 238)),
    "even-odd": ((306, 220), (95, 172, 95)),
}


@pytest.fixture(scope="module")
def drawn() -> Image.Image:
    if "svg" not in available_formats():
        pytest.skip("needs resvg")
    pixels = open_picture(DRAWING, Limits(1_000_000)).pixels(1)
    whole = Region(0, 0, pixels.size.width, pixels.size.height)
    return pixels.read(whole, pixels.size).convert("RGB")


@pytest.mark.parametrize("feature", COLOURS)
def test_a_feature_is_painted(drawn: Image.Image, feature: str) -> None:
    place, expected = COLOURS[feature]
    painted = drawn.getpixel(place)
    assert isinstance(painted, tuple)
    difference = max(abs(ours - theirs) for ours, theirs in zip(painted, expected, strict=True))
    assert difference <= TOLERANCE, f"{painted} at {place}"
