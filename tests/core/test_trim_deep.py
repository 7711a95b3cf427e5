"""Trim of samples of 16 bits, where sharp takes the threshold for one of 65,536 levels."""

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
    """A dark product before paper that is two levels of 256 darker to the right."""
    levels = np.full((80, 100), 250 << 8, np.uint16)
    levels[:, 50:] = 248 << 8
    levels[20:50, 30:70] = 20 << 8
    return encoded(Image.fromarray(levels), "PNG")


@pytest.mark.parametrize(
    ("background", "found"), [("corner", EVERYTHING_ELSE), ("auto", PRODUCT), ("#fafafa", PRODUCT)]
)
def test_only_the_corner_is_as_exact_as_sharps(background: str, found: Box) -> None:
    picture = open_picture(shot(), Limits(100_000))
    wanted = validate_settings({"mode": "trim", "background": background})[0]
    assert make_plan(picture, wanted.request()).crop == found
