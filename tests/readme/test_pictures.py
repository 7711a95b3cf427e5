"""The pictures in the README and the guide are up to date."""

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from handler.api.guide.guide_pages import FOLDER as GUIDE_FOLDER
from handler.settings import CropSettings
from tests.readme import guide_pictures, pictures
from tests.readme.documents import README
from tests.readme.pictures import EXAMPLES, FOLDER
from tests.readme.screenshot import NAME, SIZE

# Mean difference, of 255: JPEG and WebP, and rounding on other machines.
_TOLERANCE = 2
_MOST_BYTES = 200_000
_MOST_BYTES_OF_THE_GUIDE = 400_000


def assert_same(path: Path, image: Image.Image, maker: ModuleType) -> None:
    with Image.open(path) as kept:
        assert kept.size == image.size, path.name
        difference = np.abs(levels(kept) - levels(image))
    assert difference.mean() <= _TOLERANCE, f"run: .venv/bin/python -m {maker.__name__}"


def levels(image: Image.Image) -> npt.NDArray[np.int16]:
    """Return the levels of an image on grey, at a quarter of its size: coding errors cancel."""
    shown = Image.new("RGBA", image.size, (128, 128, 128, 255))
    shown.alpha_composite(image.convert("RGBA"))
    return np.asarray(shown.convert("RGB").reduce(4), np.int16)


def test_the_results_in_the_readme_are_current() -> None:
    drawn = dict(pictures.draw())
    originals = {f"{name}-before.jpg" for name in EXAMPLES}
    assert {path.name for path in FOLDER.iterdir()} == {*drawn, *originals, NAME}
    for name, image in drawn.items():
        assert_same(FOLDER / name, image, pictures)


def test_the_readme_shows_each_of_them() -> None:
    shown = re.findall(r'(?:src="|\]\()([^")]+\.jpg)', README.read_text())
    assert {README.parent / path for path in shown} == set(FOLDER.iterdir())
    assert all((README.parent / path).stat().st_size <= _MOST_BYTES for path in shown)


def test_the_modes_below_the_pictures_are_those_of_the_results() -> None:
    (row,) = re.findall(r"^\| mode \| (`.*`) \|$", README.read_text(), re.M)
    assert row.replace("`", "").split(" | ") == [each["mode"] for each in EXAMPLES.values()]


def test_the_screenshot_has_the_size_of_a_screen() -> None:
    with Image.open(FOLDER / NAME) as image:
        assert image.size == SIZE


def test_every_setting_has_a_picture_in_the_guide() -> None:
    names = {field.alias for field in CropSettings.model_fields.values()}
    assert names == set(guide_pictures.EXAMPLES)
    kept = {path.stem for path in GUIDE_FOLDER.glob("*.webp")}
    assert kept == {f"setting-{name}" for name in guide_pictures.EXAMPLES}
    sizes = [path.stat().st_size for path in GUIDE_FOLDER.glob("*.webp")]
    assert sum(sizes) <= _MOST_BYTES_OF_THE_GUIDE
    assert max(sizes) <= _MOST_BYTES


# It crops 65 times, which takes some seconds.
@pytest.mark.parametrize("name", guide_pictures.EXAMPLES)
def test_the_pictures_of_the_guide_are_current(name: str) -> None:
    assert_same(GUIDE_FOLDER / f"setting-{name}.webp", guide_pictures.picture(name), guide_pictures)


def test_the_captions_of_the_guide_are_current() -> None:
    path = GUIDE_FOLDER / guide_pictures.CAPTIONS
    assert path.read_text() == guide_pictures.captions()
