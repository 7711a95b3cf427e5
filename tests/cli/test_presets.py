"""Presets of the file .smart-crop.json, and the mode of the command line."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from handler.cli.presets import read_settings
from tests.cli.conftest import Draw, SmartCrop

PRESETS = {
    "avatar": {"mode": "face", "width": 30, "height": 30, "facePreset": "closeup"},
    "hero": {"sizes": ["40x10", "20x20"], "quality": 60},
    "wrong": {"width": 0},
    "broken": 3,
}


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below one with presets; it is the working directory."""
    (tmp_path / ".smart-crop.json").write_text(json.dumps(PRESETS))
    album = tmp_path / "album/trip"
    album.mkdir(parents=True)
    monkeypatch.chdir(album)
    return album


def given(**options: object) -> dict[str, Any]:
    settings, _ = read_settings(None, options)
    return settings.model_dump(exclude_unset=True)


@pytest.mark.usefixtures("album")
def test_a_preset_is_found_in_a_folder_above() -> None:
    avatar = {"mode": "face", "width": 30, "height": 30, "face_preset": "closeup"}
    assert given(preset="avatar") == avatar


@pytest.mark.usefixtures("album")
def test_json_and_options_take_precedence() -> None:
    settings, _ = read_settings('{"width": 5, "height": 6}', {"preset": "avatar", "width": 7})

    assert (settings.width, settings.height, settings.face_preset) == (7, 6, "closeup")


@pytest.mark.usefixtures("album")
def test_a_size_replaces_the_sizes_of_a_preset() -> None:
    settings, warnings = read_settings(None, {"preset": "hero", "size": "16:9"})

    assert (settings.width, settings.height, settings.sizes) == (1920, 1080, [])
    assert (settings.quality, warnings) == (60, [])


def test_the_nearest_file_counts(album: Path) -> None:
    (album / ".smart-crop.json").write_text('{"small": {"width": 9}}')

    assert given(preset="small") == {"mode": "auto", "width": 9}


def test_a_run_uses_a_preset(smart_crop: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    draw("in/a.png")
    (tmp_path / ".smart-crop.json").write_text(json.dumps(PRESETS))

    ran = smart_crop("crop", "a.png", "--preset", "hero", "-m", "subject", cwd=tmp_path / "in")

    assert ran.stdout.splitlines()[:2] == [
        "a.png -> a_smartcrop_40x10.png (40x10)",
        "a.png -> a_smartcrop_20x20.png (20x20)",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--preset", "none"),
            "--preset: expected one of avatar, hero, wrong, broken, received none",
        ),
        (("--preset", "broken"), "--preset broken: expected an object, received 3"),
        (
            ("--preset", "wrong"),
            "--preset wrong, width: expected a whole number from 1 to 16,383, received 0",
        ),
        (
            ("--preset", "wrong", "-w", "20000"),
            "--width: expected a whole number from 1 to 16,383, received 20000",
        ),
    ],
)
def test_a_rejected_preset_is_an_error_of_usage(
    options: tuple[str, ...], message: str, call: SmartCrop, tmp_path: Path
) -> None:
    (tmp_path / ".smart-crop.json").write_text(json.dumps(PRESETS))

    ran = call("analyze", "a.png", *options)

    assert ran.returncode == 2
    assert ran.stderr.endswith(f"Error: {message}\n")


def test_a_file_that_is_not_json_is_an_error_of_usage(call: SmartCrop, tmp_path: Path) -> None:
    path = tmp_path / ".smart-crop.json"
    path.write_text("{")

    ran = call("crop", "a.png", "--preset", "avatar")

    assert ran.returncode == 2
    assert ran.stderr.endswith(f'Error: {path}: expected valid JSON, received "{{"\n')


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ({}, "auto"),
        ({"width": 3, "quality": 5, "sensitivity": 0.4}, "auto"),
        ({"strategy": "entropy"}, "subject"),
        ({"facePreset": "closeup"}, "face"),
        ({"threshold": 3, "background": "auto"}, "trim"),
        ({"strategy": "entropy", "threshold": 3}, "auto"),
        ({"strategy": "entropy", "mode": "face"}, "face"),
    ],
)
def test_without_a_mode_it_is_auto_or_the_one_that_a_setting_needs(
    options: dict[str, object], mode: str
) -> None:
    assert read_settings(None, options)[0].mode == mode
    assert read_settings(json.dumps(options), {})[0].mode == mode


def test_auto_without_the_face_bundle_is_one_warning(
    smart_crop: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    for n in range(3):
        draw(f"{n}.png", seed=n)
    environment = {**os.environ, "SMART_CROP_FACE_BUNDLE": str(tmp_path / "none")}

    ran = smart_crop("crop", "0.png", "1.png", "2.png", "-s", "40x30", env=environment)

    assert ran.returncode == 0
    first, second = ran.stderr.splitlines()
    assert first.startswith("Warning: 0.png: --mode auto did not search for faces")
    assert second.startswith("Warning: 2 more: --mode auto did not search for faces")
