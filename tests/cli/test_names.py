"""Names of results: next to their pictures, never over other files, and the same in every run."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Draw, SmartCrop

SMALL = ("--width", "40", "--height", "30")
RECORD = ".smart-crop.jsonl"


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files in a folder and its subfolders, by name, without the record."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def counts(stdout: str) -> str:
    return stdout.splitlines()[-1].partition(" in ")[0]


def test_without_output_a_result_is_next_to_its_picture(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("photo.jpg")
    draw("trip/b.png")

    ran = call("crop", "photo.jpg", "trip/b.png", *SMALL)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[:2] == [
        "photo.jpg -> photo_smartcrop.jpg (40x30)",
        "trip/b.png -> trip/b_smartcrop.png (40x30)",
    ]
    assert counts(ran.stdout) == "2 cropped, 0 skipped, 0 failed"
    assert sorted(contents(tmp_path)) == [
        *("photo.jpg", "photo_smartcrop.jpg", "trip/b.png", "trip/b_smartcrop.png"),
    ]
    assert sorted(tmp_path.rglob(RECORD)) == [tmp_path / RECORD, tmp_path / "trip" / RECORD]


def test_each_size_has_a_line(call: SmartCrop, draw: Draw) -> None:
    draw("photo.jpg")
    ran = call("crop", "photo.jpg", "--sizes", "40x30,20x20")
    assert ran.stdout.splitlines()[:2] == [
        "photo.jpg -> photo_smartcrop_40x30.jpg (40x30)",
        "photo.jpg -> photo_smartcrop_20x20.jpg (20x20)",
    ]


def test_results_that_a_pattern_matches_are_not_cropped(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    names = [draw(name).name for name in ("a.jpg", "b.jpg", "me_smartcrop.jpg")]
    call("crop", *names, *SMALL)
    before = contents(tmp_path)
    assert len(before) == 6

    ran = call("crop", *sorted(before), *SMALL)

    assert (ran.returncode, contents(tmp_path)) == (0, before)
    assert ran.stderr.splitlines() == [
        "Warning: a_smartcrop.jpg: skipped, because it is a result of a.jpg",
        "Warning: b_smartcrop.jpg: skipped, because it is a result of b.jpg",
        "Warning: me_smartcrop_smartcrop.jpg: skipped, because it is a result of me_smartcrop.jpg",
    ]
    assert counts(ran.stdout) == "0 cropped, 6 skipped, 0 failed"


def test_equal_names_next_to_each_other_are_numbered(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    for name in ("a.jpg", "a.jpeg", "deep/a.jpg"):
        draw(name)
    assert call("crop", "a.jpg", "a.jpeg", "deep/a.jpg", *SMALL).returncode == 0
    assert {"a_smartcrop.jpg", "a_smartcrop_2.jpg", "deep/a_smartcrop.jpg"} < set(
        contents(tmp_path)
    )


@pytest.mark.parametrize(
    ("output", "existing"),
    [
        ((), "a_smartcrop.jpg"),
        (("-o", "out"), "out/a_smartcrop.jpg"),
        (("-o", "b.webp"), "b.webp"),
    ],
)
def test_an_existing_file_is_replaced_only_on_request(
    output: tuple[str, ...], existing: str, call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("a.jpg")
    (tmp_path / existing).parent.mkdir(exist_ok=True)
    (tmp_path / existing).write_bytes(b"older")

    ran = call("crop", "a.jpg", *output, *SMALL)

    assert ran.returncode == 1
    assert ran.stderr == (
        f"Error: a.jpg: Cannot write the result: {existing} exists; --overwrite replaces it\n"
    )
    assert counts(ran.stdout) == "0 cropped, 0 skipped, 1 failed"
    assert (tmp_path / existing).read_bytes() == b"older"
    assert call("crop", "a.jpg", *output, *SMALL, "--overwrite").returncode == 0
    assert (tmp_path / existing).read_bytes() != b"older"


def test_no_size_is_written_if_one_exists(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    draw("a.jpg")
    (tmp_path / "a_smartcrop_20x20.jpg").write_bytes(b"older")
    assert call("crop", "a.jpg", "--sizes", "40x30,20x20").returncode == 1
    assert sorted(contents(tmp_path)) == ["a.jpg", "a_smartcrop_20x20.jpg"]


@pytest.mark.parametrize("output", ["a.jpg", "link.jpg", "./a.jpg"])
def test_the_picture_itself_is_never_replaced(
    output: str, call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    before = draw("a.jpg").read_bytes()
    (tmp_path / "link.jpg").symlink_to("a.jpg")
    for command in (("crop", "a.jpg", "--overwrite", "-o"), ("analyze", "a.jpg", "--overlay")):
        ran = call(*command, output)
        assert ran.returncode == 1
        assert "is itself one of the files to crop" in ran.stderr + ran.stdout
        assert (tmp_path / "a.jpg").read_bytes() == before


@pytest.mark.parametrize("arguments", [("in",), ("in/IMG_1.JPEG", "in/IMG_1.jpg")])
def test_a_picture_that_is_added_later_gets_another_name(
    arguments: tuple[str, ...], call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("in/IMG_1.jpg", seed=1)
    call("crop", *(name for name in arguments if (tmp_path / name).exists()), "-o", "out", *SMALL)
    before = contents(tmp_path / "out")
    draw("in/IMG_1.JPEG", seed=2)

    ran = call("crop", *arguments, "-o", "out", *SMALL)

    after = contents(tmp_path / "out")
    assert (ran.returncode, counts(ran.stdout)) == (0, "1 cropped, 1 skipped, 0 failed")
    assert list(before) == ["IMG_1_smartcrop.jpg"]
    assert sorted(after) == ["IMG_1_smartcrop.jpg", "IMG_1_smartcrop_2.jpg"]
    assert after["IMG_1_smartcrop.jpg"] == before["IMG_1_smartcrop.jpg"]
    for more in (("--again",), ("--overwrite", "--again")):
        ran = call("crop", *arguments, "-o", "out", *SMALL, *more)
        assert (ran.returncode, contents(tmp_path / "out")) == (0, after)


def test_a_picture_that_is_gone_keeps_its_name(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    draw("in/a.jpg", seed=1)
    call("crop", "in", "-o", "out", *SMALL)
    before = contents(tmp_path / "out")["a_smartcrop.jpg"]
    (tmp_path / "in/a.jpg").unlink()
    draw("in/a.jpeg", seed=2)
    call("crop", "in", "-o", "out", *SMALL)
    after = contents(tmp_path / "out")
    assert sorted(after) == ["a_smartcrop.jpg", "a_smartcrop_2.jpg"]
    assert after["a_smartcrop.jpg"] == before


def test_pictures_with_the_same_place_keep_their_names(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    for seed, name in enumerate(("one/a.jpg", "two/a.jpg", "three/a.jpg")):
        draw(name, seed=seed)
    call("crop", "one", "two", "three", "-o", "out", *SMALL)
    before = contents(tmp_path / "out")
    ran = call("crop", "three", "one", "two", "-o", "out", *SMALL, "--again")
    assert (ran.returncode, contents(tmp_path / "out")) == (0, before)
    ran = call("crop", "two", "-o", "out", *SMALL)
    assert counts(ran.stdout) == "0 cropped, 1 skipped, 0 failed"


def test_a_picture_can_be_known_as_a_file_and_in_its_folders(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("album/trip/b.jpg")
    for _ in range(2):
        for name in ("album", "album/trip", "album/trip/b.jpg"):
            assert call("crop", name, "-o", "out", *SMALL).returncode == 0
    assert sorted(contents(tmp_path / "out")) == ["b_smartcrop.jpg", "trip/b_smartcrop.jpg"]


@pytest.mark.parametrize("moved", [("in",), ("in", "out"), ("out",)])
def test_moved_pictures_are_known_by_their_place(
    moved: tuple[str, ...], call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    for seed, name in enumerate(("in/a.jpg", "in/a.jpeg", "in/deep/a.jpg")):
        draw(name, seed=seed)
    call("crop", "in", "-o", "out", *SMALL)
    (tmp_path / "new").mkdir()
    for name in moved:
        shutil.move(tmp_path / name, tmp_path / "new" / name)
    at = {name: f"new/{name}" if name in moved else name for name in ("in", "out")}
    ran = call("crop", at["in"], "-o", at["out"], *SMALL)
    assert counts(ran.stdout) == "0 cropped, 3 skipped, 0 failed"


def test_a_record_of_an_earlier_version_is_read(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("in/a.jpg")
    call("crop", "in", "-o", "out", *SMALL)
    record = tmp_path / "out" / RECORD
    line = json.loads(record.read_text())
    del line["path"]
    record.write_text(json.dumps(line) + "\n")
    draw("in/a.jpeg")
    ran = call("crop", "in", "-o", "out", *SMALL)
    assert counts(ran.stdout) == "1 cropped, 1 skipped, 0 failed"


@pytest.mark.parametrize("target", ["../a_smartcrop", "b_smartcrop", "a_smartcrop_x", "/a"])
def test_names_of_a_record_that_are_not_the_picture_s_are_ignored(
    target: str, call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("in/a.jpg")
    call("crop", "in", "-o", "out", *SMALL)
    record = tmp_path / "out" / RECORD
    record.write_text(json.dumps({**json.loads(record.read_text()), "target": target}) + "\n")
    (tmp_path / "out/a_smartcrop.jpg").unlink()
    assert call("crop", "in", "-o", "out", *SMALL).returncode == 0
    assert list(contents(tmp_path / "out")) == ["a_smartcrop.jpg"]


def test_results_of_former_formats_are_replaced_and_never_cropped(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("in/a.jpg")
    for format_ in ("jpeg", "webp", "jpeg"):
        ran = call("crop", "in", "-o", "in", *SMALL, "--format", format_)
        assert (ran.returncode, counts(ran.stdout)) == (0, "1 cropped, 0 skipped, 0 failed")
    assert sorted(contents(tmp_path / "in")) == [
        *("a.jpg", "a_smartcrop.jpg", "a_smartcrop.webp"),
    ]


def test_named_files_do_not_replace_results_of_other_settings(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("a.jpg")
    call("crop", "a.jpg", "-o", "out", *SMALL)
    before = contents(tmp_path / "out")

    same = call("crop", "a.jpg", "-o", "out", *SMALL)
    other = call("crop", "a.jpg", "-o", "out", "--width", "20")

    assert same.returncode == 0
    assert same.stdout.splitlines()[0] == "a.jpg: skipped, its result is up to date"
    assert (other.returncode, contents(tmp_path / "out")) == (1, before)
    assert call("crop", "a.jpg", "-o", "out", "--width", "20", "--overwrite").returncode == 0


def test_a_result_that_is_there_already_is_not_written_again(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("a.jpg")
    call("crop", "a.jpg", *SMALL)
    before = (tmp_path / "a_smartcrop.jpg").stat()

    ran = call("crop", "a.jpg", *SMALL)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[0] == "a.jpg: skipped, its result is up to date"
    assert counts(ran.stdout) == "0 cropped, 1 skipped, 0 failed"
    after = (tmp_path / "a_smartcrop.jpg").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_record_is_completed_after_a_run_that_was_killed(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("in/a.jpg")
    call("crop", "in", "-o", "out", *SMALL)
    (tmp_path / "out" / RECORD).unlink()
    ran = call("crop", "in", "-o", "out", *SMALL)
    assert counts(ran.stdout) == "1 cropped, 0 skipped, 0 failed"
    ran = call("crop", "in", "-o", "out", *SMALL)
    assert counts(ran.stdout) == "0 cropped, 1 skipped, 0 failed"


@pytest.mark.parametrize(
    ("flags", "size"),
    [
        (("--width", "48"), (48, 32)),
        (("--height", "48"), (72, 48)),
        (("--settings", '{"width": 48}'), (48, 32)),
        (("--settings", '{"width": 48}', "--height", "48"), (48, 48)),
        (("--width", "48", "--mode", "trim"), (33, 21)),
        ((), (1080, 1080)),
    ],
)
def test_one_side_alone_keeps_the_aspect(
    flags: tuple[str, ...], size: tuple[int, int], call: SmartCrop, draw: Draw
) -> None:
    draw("a.jpg", 96, 64)
    ran = call("crop", "a.jpg", *flags)
    assert f"({size[0]}x{size[1]})" in ran.stdout
    assert "not set" not in ran.stderr


def test_one_side_alone_is_another_setting_than_both(call: SmartCrop, draw: Draw) -> None:
    draw("in/a.jpg")
    for flags in (("--width", "48"), ("--width", "48", "--height", "1080")):
        ran = call("crop", "in", "-o", "out", *flags)
        assert counts(ran.stdout) == "1 cropped, 0 skipped, 0 failed"
    ran = call("crop", "in", "-o", "out", "--width", "48", "--height", "1080")
    assert counts(ran.stdout) == "0 cropped, 1 skipped, 0 failed"


def test_a_side_that_the_aspect_makes_too_long_is_reported(call: SmartCrop, draw: Draw) -> None:
    draw("a.png", 2, 200)
    ran = call("crop", "a.png", "--width", "1000")
    assert ran.stderr.startswith("Error: a.png: Invalid settings: height: expected a whole number")
