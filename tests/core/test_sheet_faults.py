"""The faults of windows on the pictures of `make crop-sheets`."""

import numpy as np
import pytest

from handler.core.geometry import Region, Size
from tests.bench.sheet_faults import Subjects

PICTURE = Size(100, 100)


def subjects(**boxes: tuple[int, int, int, int]) -> Subjects:
    """Return subjects by name, of which those whose names begin with "main" are main ones."""
    edges = np.array(list(boxes.values())) / 100
    main = np.array([name.startswith("main") for name in boxes])
    return Subjects(tuple(boxes), np.stack([edges[:, ::2], edges[:, 1::2]], axis=1), main)


@pytest.mark.parametrize(("left", "faults"), [(0, []), (20, ["main"]), (50, ["no main subject"])])
def test_the_only_subject_is_to_be_whole(left: int, faults: list[str]) -> None:
    marked = subjects(main=(10, 10, 30, 30))

    assert marked.faults(Region(left, 0, 50, 100), PICTURE) == faults


def test_a_subject_that_no_window_holds_may_be_cut() -> None:
    marked = subjects(main=(10, 10, 90, 30))

    assert marked.faults(Region(0, 0, 50, 100), PICTURE) == []


def test_one_whole_subject_is_better_than_two_halves() -> None:
    marked = subjects(main_one=(0, 10, 40, 30), main_other=(60, 10, 100, 30))

    assert marked.faults(Region(0, 0, 50, 100), PICTURE) == []
    assert marked.faults(Region(25, 0, 50, 100), PICTURE) == ["main_one", "main_other"]


def test_a_cut_is_no_fault_if_every_other_window_loses_a_subject() -> None:
    # A window that contains the word, or leaves it out, does not contain the ball and the cup.
    left = {"ball": (2, 10, 12, 30), "cup": (2, 50, 12, 70)}
    marked = subjects(main=(40, 10, 50, 30), word=(45, 50, 70, 60), **left)

    assert marked.faults(Region(0, 0, 55, 100), PICTURE) == []
