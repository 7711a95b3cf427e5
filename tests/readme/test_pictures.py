"""The pictures in the README are up to date."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.readme.pictures import FOLDER, draw

README = Path(__file__).parents[2] / "README.md"
# Mean difference, of 255: JPEG, and rounding on other machines.
_TOLERANCE = 3
_MOST_BYTES = 200_000


@pytest.fixture(scope="module")
def drawn() -> dict[str, Image.Image]:
    return dict(draw())


def test_the_pictures_match_the_current_results(drawn: dict[str, Image.Image]) -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(drawn)
    for name, image in drawn.items():
        with Image.open(FOLDER / name) as kept:
            assert kept.size == image.size
            difference = np.abs(np.asarray(kept.convert("RGB"), np.int16) - np.asarray(image))
        assert difference.mean() <= _TOLERANCE, name


def test_the_readme_shows_each_of_them() -> None:
    shown = re.findall(r'src="([^"]+\.jpg)"', README.read_text())
    assert {README.parent / path for path in shown} == set(FOLDER.iterdir())
    assert all((README.parent / path).stat().st_size <= _MOST_BYTES for path in shown)
