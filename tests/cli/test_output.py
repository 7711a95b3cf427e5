"""The forms of the output of `crop`: text, JSON, errors only, and a dry run."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.cli.conftest import Draw, SmartCrop

SMALL = ("--size", "40x30", "--mode", "subject")


def objects(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_json_has_a_line_for_each_result(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    draw("a.png")
    (tmp_path / "bad.png").write_text("no picture")

    ran = call("crop", "a.png", "bad.png", "-o", "out", "--json", "--sizes", "40x30,20x20")

    first, second, bad = objects(ran)
    assert first["file"] == second["file"] == "a.png"
    assert [each["status"] for each in (first, second, bad)] == ["cropped", "cropped", "failed"]
    assert [each["result"] for each in (first, second)] == [
        "out/a_smartcrop_40x30.png",
        "out/a_smartcrop_20x20.png",
    ]
    assert (second["size"], second["width"], second["height"]) == ("20x20", 20, 20)
    assert first["bytes"] == (tmp_path / first["result"]).stat().st_size
    assert first["plan"]["source"] == {"width": 96, "height": 64}
    assert bad["code"] == "INVALID_IMAGE"
    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: bad.png: Invalid image: ")

    again = objects(call("crop", "a.png", "-o", "out", "--json", "--sizes", "40x30,20x20"))
    assert again == [{"file": "a.png", "status": "skipped", "reason": "its result is up to date"}]


def test_json_has_the_pictures_of_folders(call: SmartCrop, draw: Draw) -> None:
    for name in ("in/a.png", "in/deep/b.png"):
        draw(name)

    answers = objects(call("crop", "in", "-o", "out", "--json", *SMALL))

    assert [each["result"] for each in answers] == [
        "out/a_smartcrop.png",
        "out/deep/b_smartcrop.png",
    ]


def test_quiet_prints_errors_only(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    draw("a.png")

    ran = call("crop", "a.png", "missing.png", "-o", "out", "--quiet", "--settings", '{"x":1}')

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "Error: missing.png: Cannot read the file: No such file or directory\n"
    assert (tmp_path / "out/a_smartcrop.png").exists()


def test_a_dry_run_writes_nothing(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    for name in ("in/a.png", "in/deep/b.png"):
        draw(name)
    before = files_in(tmp_path)

    ran = call("crop", "in", "-o", "out", "--dry-run", *SMALL, "--format", "webp")

    assert ran.stdout.splitlines()[:2] == [
        "in/a.png -> out/a_smartcrop.webp",
        "in/deep/b.png -> out/deep/b_smartcrop.webp",
    ]
    assert ran.stdout.splitlines()[-1].startswith("2 to crop, 0 skipped, 0 failed in ")
    assert files_in(tmp_path) == before
    assert not (tmp_path / "out").exists()


def test_a_dry_run_has_the_outcomes_of_the_run(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    for seed, name in enumerate(("same.png", "other.png", "new.png")):
        draw(name, seed=seed)
    call("crop", "same.png", *SMALL)
    (tmp_path / "other_smartcrop.png").write_bytes(b"of another program")
    (tmp_path / "bad.png").write_text("no picture")
    names = ("same.png", "other.png", "new.png", "bad.png")

    dry, real = (call("crop", *names, "--json", *more, *SMALL) for more in (("--dry-run",), ()))

    assert [each["status"] for each in objects(dry)] == ["skipped", "failed", "to crop", "failed"]
    assert [each["status"] for each in objects(real)] == ["skipped", "failed", "cropped", "failed"]
    assert dry.stderr == real.stderr


def test_several_files_have_a_table_by_folder(call: SmartCrop, draw: Draw) -> None:
    for name in ("one/a.png", "one/b.png", "two/c.png"):
        draw(name)

    ran = call("crop", "one/a.png", "one/b.png", "two/c.png", "-o", "out", *SMALL)

    rows = {line.split()[0]: line.split()[1:4] for line in ran.stdout.splitlines() if line.strip()}
    assert rows["one"] == ["2", "0", "0"]
    assert rows["two"] == ["1", "0", "0"]
    assert rows["all"] == ["3", "0", "0"]
    assert rows["one/a.png"][0] == "->"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--json", "-o", "-"), "--json: expected an output other than -"),
        (("--json", "--quiet"), "--json: expected without --quiet, received both"),
        (("--watch", "--dry-run"), "--watch: expected without --dry-run, received both"),
        (("--watch",), "--watch: expected folders only, received a.png"),
        (("--wdith", "3"), "option: expected --width or"),
        (("-w",), "-w: expected a value, received none"),
        (("--enlarge=3",), "--enlarge: expected no value, received one"),
        (("-j", "0"), "--jobs: expected a whole number from 1 to 256, received 0"),
        (("-j", "two"), "--jobs: expected a whole number from 1 to 256, received two"),
        (("-s", "40"), "--size: expected WIDTHxHEIGHT such as 400x400, or a name that"),
        (("-s", "0x40"), "--size: expected WIDTHxHEIGHT such as 400x400, or a name that"),
        (("-s", "4x4", "-w", "3"), "--size: expected no other size, received --width as well"),
    ],
)
def test_an_error_of_usage_names_the_option(
    arguments: tuple[str, ...], message: str, call: SmartCrop, draw: Draw
) -> None:
    draw("a.png")

    ran = call("crop", "a.png", *arguments)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[-1].startswith(f"Error: {message}")


def test_unknown_commands_and_options_are_errors_of_usage(call: SmartCrop) -> None:
    for words, similar in ((("corp",), "crop or doctor, or another one"), (("--nope",), "one")):
        ran = call(*words)
        assert ran.returncode == 2
        assert f": expected {similar} that `smart-crop --help` lists, received" in ran.stderr


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (("-s", "48x20"), (48, 20)),
        (("--size", "facebook-profile"), (170, 170)),
        (("-w", "48"), (48, 32)),
        (("-H", "16"), (24, 16)),
        (("-s", "48x20", "--settings", '{"sizes": ["1:1"]}'), (48, 20)),
    ],
)
def test_short_options_set_the_size(
    options: tuple[str, ...], size: tuple[int, int], call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("a.png", 96, 64)

    ran = call("crop", "a.png", "-o", "out.jpg", "-m", "subject", "-q", "30", *options)

    assert ran.returncode == 0
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.size == size
