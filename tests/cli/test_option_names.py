"""Messages name settings as the command line does."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from handler.cli import main
from handler.cli.option_names import with_options
from tests.pictures import encoded, photo


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "facePreset: the closeup window has 90 × 90 pixels; it was widened to 300 × 300. "
            "Set enlarge to true to prevent that",
            "--face-preset: the closeup window has 90 × 90 pixels; it was widened to 300 × 300. "
            "Add --enlarge to prevent that",
        ),
        (
            "width, height: ignored, because sizes is set",
            "--width, --height: ignored, because --sizes is set",
        ),
        (
            "lineArt: ignored, because background: auto keeps thin lines",
            "--line-art: ignored, because --background auto keeps thin lines",
        ),
        (
            "threshold: background: corner applies it to this 16-bit picture",
            "--threshold: --background corner applies it to this 16-bit picture",
        ),
        (
            "mode: auto did not search for faces, because face detection is not installed",
            "--mode auto did not search for faces, because face detection is not installed",
        ),
        (
            "keep and avoid: 2 areas outside the picture, ignored",
            "--keep and --avoid: 2 areas outside the picture, ignored",
        ),
        (
            "frames: expected at most 9 frames, received more; frames: first crops the first one",
            "--frames: expected at most 9 frames, received more; --frames first crops the first "
            "one",
        ),
        (
            "Centred on the face. Moved only as far as keep and avoid require.",
            "Centred on the face. Moved only as far as --keep and --avoid require.",
        ),
    ],
)
def test_a_message_has_options_in_place_of_names(message: str, expected: str) -> None:
    assert with_options(message) == expected


@pytest.mark.parametrize(
    "message",
    [
        "padColour: unknown setting, ignored",
        "time: expected at most 30 s of CPU time, received a job that needs more",
        "The result is enlarged by a factor of 2: the window has 40 × 40 pixels",
        "file: expected the bytes of a picture, received base64 text",
        "The format was read from the file, and its quality is kept",
    ],
)
def test_a_message_about_something_else_stays(message: str) -> None:
    assert with_options(message) == message


def test_crop_names_options_in_warnings_and_leaves_the_names_of_files(tmp_path: Path) -> None:
    path = tmp_path / "padColor.png"
    path.write_bytes(encoded(photo("astronaut.png"), "PNG"))
    arguments = ["crop", str(path), "--mode", "subject", "--strategy", "entropy"]
    arguments += ["--focus", "0.5,0.5", "--target-size", "64", "-s", "80x60"]
    done = CliRunner().invoke(main, arguments)

    assert done.exit_code == 0, done.output
    assert done.stderr.splitlines() == [
        "Warning: --target-size: ignored, because --mode is subject",
        f"Warning: {path}: --strategy: ignored, because --focus is set",
    ]


def test_analyze_names_options_in_warnings(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(photo("astronaut.png"), "PNG"))
    arguments = ["analyze", str(path), "--pad-color", "red", "-m", "trim", "--pad-to-square"]
    done = CliRunner().invoke(main, [*arguments, "--no-pad-to-square", "--target-size", "64"])

    assert "--pad-to-square: ignored, because --target-size is set" in done.stderr
