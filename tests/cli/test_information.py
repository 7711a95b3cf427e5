"""The commands that print information: help, sizes, formats, doctor and completion."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from handler.codec import FORMATS
from handler.settings import PRESETS
from handler.settings.effects import MODES
from tests.cli.conftest import Draw, SmartCrop


def test_the_options_of_a_mode_are_in_its_group(call: SmartCrop) -> None:
    text = call("crop", "--help").stdout
    groups = {
        part.partition(":\n")[0]: part
        for part in text.split("\n\n")
        if part.partition(":\n")[1] and not part.startswith(" ")
    }

    assert list(groups) == [
        *("Options", "Settings", "Subject mode", "Face and auto mode", "Trim mode", "Examples"),
    ]
    for name, modes in MODES.items():
        option = "--" + "".join(f"-{c.lower()}" if c.isupper() else c for c in name)
        title = {
            frozenset({"subject"}): "Subject mode",
            frozenset({"face"}): "Face and auto mode",
            frozenset({"face", "auto"}): "Face and auto mode",
            frozenset({"trim"}): "Trim mode",
        }.get(modes, "Settings")
        assert f" {option} " in groups[title], option
    assert text.rstrip().splitlines()[-2].startswith("  smart-crop crop ")


def test_sizes_are_those_of_the_api(call: SmartCrop) -> None:
    rows = [json.loads(line) for line in call("sizes", "--json").stdout.splitlines()]

    assert {row["name"]: (row["width"], row["height"]) for row in rows} == PRESETS
    assert rows[4]["aspect"] == "16:9"
    table = call("sizes").stdout
    assert all(name in table for name in PRESETS)


def test_formats_are_those_of_the_service(call: SmartCrop) -> None:
    rows = [json.loads(line) for line in call("formats", "--json").stdout.splitlines()]

    assert [row["name"] for row in rows] == list(FORMATS)
    assert {row["name"] for row in rows if row["written"]} == {
        *("avif", "gif", "jpeg", "png", "tiff", "webp"),
    }
    assert "JPEG 2000" in call("formats").stdout


def test_the_doctor_examines_every_part(call: SmartCrop, tmp_path: Path) -> None:
    ran = call("doctor", "--json", "--store", "results/new")

    parts = {row["part"]: row for row in map(json.loads, ran.stdout.splitlines())}
    assert list(parts) == [
        *("version", "Python", "PIL", "decoders", "faces", "sandbox", "memory", "store"),
    ]
    assert all(row["details"] for row in parts.values())
    assert parts["store"]["state"] == "ok"
    assert not list(tmp_path.iterdir())
    assert ran.returncode == 0


def test_the_doctor_finds_what_is_broken(call: SmartCrop, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    ran = call("doctor", "--store", "ftp://host")
    other = call("doctor", "--json", "--store", "file/results")

    assert ran.returncode == other.returncode == 1
    assert "expected s3://bucket/prefix" in " ".join(ran.stdout.split())
    assert json.loads(other.stdout.splitlines()[-1])["state"] == "broken"


def test_a_missing_face_bundle_is_a_warning(
    call: SmartCrop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMART_CROP_FACE_BUNDLE", str(tmp_path / "none"))

    ran = call("doctor", "--json")

    (faces,) = (row for row in map(json.loads, ran.stdout.splitlines()) if row["part"] == "faces")
    assert (faces["state"], ran.returncode) == ("warning", 0)
    assert faces["details"].startswith("not installed: ")


def test_face_mode_without_the_bundle_names_the_command_that_helps(
    call: SmartCrop, draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMART_CROP_FACE_BUNDLE", str(tmp_path / "none"))

    ran = call("crop", draw("a.jpg"), "-m", "face")

    assert ran.returncode == 1
    assert "Feature not installed: " in ran.stderr
    assert "`smart-crop doctor` prints how to install it" in ran.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(shell: str, call: SmartCrop) -> None:
    ran = call("completion", shell)

    assert ran.returncode == 0
    assert f"_SMART_CROP_COMPLETE={shell}_complete" in ran.stdout
    program = shutil.which(shell)
    if program is not None:  # the syntax of the script
        subprocess.run([program, "-n"], input=ran.stdout, text=True, check=True)


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("smart-crop com", ["completion"]),
        ("smart-crop crop --face-p", ["--face-preset"]),
        ("smart-crop crop a.jpg -m f", ["face"]),
        ("smart-crop crop --sizes 1:1,instagram-st", ["1:1,instagram-story"]),
        ("smart-crop crop --preset a", ["avatar"]),
    ],
)
def test_options_and_their_values_are_completed(
    words: str, completed: list[str], script: Path, tmp_path: Path
) -> None:
    (tmp_path / ".smart-crop.json").write_text('{"avatar": {}, "hero": {}}')
    asked = {
        "_SMART_CROP_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }

    ran = subprocess.run(
        [script],
        env={**os.environ, **asked},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line.partition(",")[2] for line in ran.stdout.splitlines()] == completed


def test_another_shell_is_an_error_of_usage(call: SmartCrop) -> None:
    ran = call("completion", "tcsh")

    assert ran.returncode == 2
    assert "Error: SHELL: expected one of bash, zsh, fish, received tcsh" in ran.stderr


def test_windows_is_rejected_with_what_works_there(
    call: SmartCrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")

    ran = call("formats")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("Error: Windows is not supported. ")
    assert "WSL" in ran.stderr
    assert "Docker" in ran.stderr
