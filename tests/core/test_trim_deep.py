"""Trim of 16-bit samples, to which sharp applies the threshold in 65,536 levels."""

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Box
from handler.core.planner import make_plan
from handler.settings import validate_settings
from tests.pictures import encoded

PRODUCT = Box(30, 20, 40, 30)
EVERYTHING_ELSE = Box(30, 0, 70, 80)


def shot() -> bytes:
    """Return a dark product on paper that is two of 256 levels darker to the right."""
    levels = np.full((80, 100), 250 << 8, np.uint16)
    levels[:, 50:] = 248 << 8
    levels[20:50, 30:70] = 20 << 8
    return encoded(Image.fromarray(levels), "PNG")


@pytest.mark.parametrize(
    ("background", "found"), [("corner", EVERYTHING_ELSE), ("auto", PRODUCT), ("#fafafa", PRODUCT)]
)
def test_only_the_corner_colour_has_16_bit_thresholds(background: str, found: Box) -> None:
    picture = open_picture(shot(), Limits(100_000))
    crop_settings = validate_settings({"mode": "trim", "background": background})[0]
    assert make_plan(picture, crop_settings.request()).crop == found
