"""Trim of 16-bit samples, to which sharp applies the threshold in 65,536 levels."""

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Box
from handler.core.plan import Plan
from handler.core.planner import make_plan
from handler.settings import validate_settings
from tests.pictures import encoded

PRODUCT = Box(30, 20, 40, 30)
EVERYTHING_ELSE = Box(30, 0, 70, 80)


def shot(right: int) -> bytes:
    """Return a dark product on paper that has another of 256 levels at the right."""
    levels = np.full((80, 100), 250 << 8, np.uint16)
    levels[:, 50:] = right << 8
    levels[20:50, 30:70] = 20 << 8
    return encoded(Image.fromarray(levels), "PNG")


def planned(data: bytes, background: str, threshold: int = 30) -> Plan:
    settings = {"mode": "trim", "background": background, "threshold": threshold}
    return make_plan(open_picture(data, Limits(100_000)), validate_settings(settings)[0].request())


@pytest.mark.parametrize(
    ("background", "found"), [("corner", EVERYTHING_ELSE), ("auto", PRODUCT), ("#fafafa", PRODUCT)]
)
def test_only_the_corner_colour_has_16_bit_thresholds(background: str, found: Box) -> None:
    assert planned(shot(248), background).crop == found


def test_a_warning_names_the_box_of_8_bit_thresholds_where_it_differs() -> None:
    assert planned(shot(248), "corner").warnings == (
        "threshold: background: corner applies it to this 16-bit picture as sharp does, as 30 of "
        "65,535; as 30 of 255, as with auto or a colour, it would keep 40 × 30 at (30, 20)",
    )


@pytest.mark.parametrize(
    ("right", "background"), [(250, "corner"), (248, "auto"), (248, "#fafafa")]
)
def test_there_is_no_warning_where_the_boxes_are_equal(right: int, background: str) -> None:
    assert planned(shot(right), background).warnings == ()


def test_8_bit_thresholds_are_exact() -> None:
    assert planned(shot(248), "#fafafa", threshold=1).crop == EVERYTHING_ELSE
    assert planned(shot(248), "#fafafa", threshold=2).crop == PRODUCT
