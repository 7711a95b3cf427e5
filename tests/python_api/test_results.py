"""The results of the Python interface."""

import os
from pathlib import Path
from typing import Any

import pytest

from handler import Settings, analyze, crop
from handler.config import Config
from handler.errors import FeatureMissing
from handler.jobs.job import Job, run_job
from handler.settings import parse_settings
from tests.pictures import decoded, encoded, photo

PHOTO = photo("coffee.png", (120, 80))
DATA = encoded(PHOTO)
SMALL: dict[str, Any] = {"width": 30, "height": 20}


@pytest.mark.parametrize("format_", ["auto", "jpeg", "png", "webp", "avif", "tiff", "gif"])
def test_the_file_is_that_of_the_service(format_: Any) -> None:
    text = f'{{"width": 30, "height": 20, "quality": 70, "format": "{format_}"}}'
    expected = run_job(Job(DATA, None, parse_settings(text)[0]), Config()).results[0]

    result = crop(DATA, quality=70, format=format_, **SMALL)

    assert result.data == expected.data
    assert result.format == expected.format.name


def test_the_image_has_no_losses_and_its_changes_stay_outside(tmp_path: Path) -> None:
    result = crop(DATA, format="jpeg", quality=1, **SMALL)
    lossless = crop(DATA, format="png", **SMALL)
    assert result.image.tobytes() == decoded(lossless.data).tobytes()

    before = result.data
    result.image.paste("red", (0, 0, 30, 20))

    assert crop(DATA, format="jpeg", quality=1, **SMALL).data == before
    assert result.save(tmp_path / "a.png").read_bytes() == lossless.data


def test_the_extension_selects_the_format_of_a_file(tmp_path: Path) -> None:
    result = crop(DATA, **SMALL)

    saved = [result.save(tmp_path / name) for name in ("a.png", "a.TIF", "a.jpg", "a", "a.xyz")]

    formats = [decoded(path.read_bytes()).format for path in saved]
    assert formats == ["PNG", "TIFF", "JPEG", "JPEG", "JPEG"]
    assert (tmp_path / "a.jpg").read_bytes() == result.data


def test_a_folder_gets_the_usual_name(tmp_path: Path) -> None:
    source = tmp_path / "cup.jpg"
    source.write_bytes(DATA)

    assert crop(source, **SMALL).save(tmp_path) == tmp_path / "cup_smartcrop.jpg"
    with pytest.raises(FileNotFoundError):
        crop(source, **SMALL).save(tmp_path / "missing/cup.jpg")


def test_several_sizes_are_results_in_their_order(tmp_path: Path) -> None:
    result = crop(DATA, sizes=["40x10", {"width": 20, "height": 20, "name": "Icon"}, (10, 40)])

    assert [each.name for each in result.sizes] == ["40x10", "Icon", "10x40"]
    assert [each.image.size for each in result.sizes] == [(40, 10), (20, 20), (10, 40)]
    names = ["image_smartcrop_40x10.jpg", "image_smartcrop_icon.jpg", "image_smartcrop_10x40.jpg"]
    assert [each.save(tmp_path).name for each in result.sizes] == names
    assert (result.name, result.image.size) == ("40x10", (40, 10))
    assert result.plan == result.sizes[0].plan
    assert repr(result.sizes[1]) == "<SizedCrop: Icon, 20 × 20>"


def test_a_call_without_sizes_has_one() -> None:
    result = crop(DATA, **SMALL)

    assert [each.data for each in result.sizes] == [result.data]
    assert result.name is None


def test_an_analysis_has_the_plan_of_the_crop() -> None:
    settings = Settings(mode="auto", sizes=["40x10", "10x40"])

    analysis, result = analyze(DATA, settings), crop(DATA, settings)

    assert [each.plan for each in analysis.sizes] == [each.plan for each in result.sizes]
    assert analysis.warnings == result.warnings
    assert (analysis.width, analysis.height) == (40, 10)
    assert analysis.overlay.size == (120, 80)


def test_the_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_PIXELS", "MEMORY_MB", "CPU_SECONDS"):
        monkeypatch.setenv(f"SMART_CROP_{name}", "1")
    before = dict(os.environ)

    assert crop(DATA, **SMALL).image.size == (30, 20)
    assert dict(os.environ) == before


def test_face_mode_without_the_bundle_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("handler.python.calls._CONFIG", Config(face_bundle=tmp_path))

    with pytest.raises(FeatureMissing, match="Face detection is not part"):
        crop(DATA, mode="face", **SMALL)
    (warning,) = crop(DATA, mode="auto", **SMALL).warnings
    assert "did not search for faces" in warning
