"""Folders of pictures: their layout, and the resuming of an interrupted run."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Draw, SmartCrop
from tests.servers import interruptible

SMALL = ("--width", "40", "--height", "30")
RECORD = ".smart-crop.jsonl"


def tree(folder: Path) -> list[str]:
    """Return all files in a folder and its subfolders, except hidden ones."""
    files = (path for path in folder.rglob("[!.]*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in files)


def states(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of modification of each file: both change when it is written."""
    files = (path for path in folder.rglob("*.*") if path.is_file())
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def last_row(ran: subprocess.CompletedProcess[str]) -> list[int]:
    """Return the numbers of cropped, skipped and failed pictures in the table's last row."""
    (row,) = (line for line in ran.stdout.splitlines() if line.strip().startswith("all "))
    return [int(cell) for cell in row.split()[1:4]]


@pytest.fixture
def album(draw: Draw, tmp_path: Path) -> Path:
    """A folder with three pictures and other files."""
    for seed, name in enumerate(("a.jpg", "trip/b.JPEG", "trip/day 2/a.png")):
        draw(f"album/{name}", seed=seed)
    for name in ("note.txt", "trip/film.mp4", ".hidden.jpg", ".cache/c.jpg"):
        (tmp_path / "album" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "album" / name).write_text("no picture to crop")
    return tmp_path / "album"


def crop(call: SmartCrop, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call("crop", "album", "-o", "out", *SMALL, *arguments)


def test_results_keep_the_layout_of_the_pictures(
    smart_crop: SmartCrop, album: Path, tmp_path: Path
) -> None:
    ran = crop(smart_crop)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert tree(tmp_path / "out") == [
        "a_smartcrop.jpg",
        "trip/b_smartcrop.jpg",
        "trip/day 2/a_smartcrop.png",
    ]
    with Image.open(tmp_path / "out/trip/day 2/a_smartcrop.png") as image:
        assert image.size == (40, 30)


def test_a_table_of_counts_ends_the_run(call: SmartCrop, album: Path) -> None:
    (album / "trip/bad.png").write_text("no picture")
    ran = crop(call)
    rows = [line.split("  ")[0].strip() for line in ran.stdout.splitlines()]
    assert [row for row in rows if row] == [
        *("folder", "─" * len(rows[2]), ".", "trip", "trip/day 2", "all"),
        rows[-1],
    ]
    assert rows[-1].startswith("3 cropped, 0 skipped, 1 failed in ")
    assert last_row(ran) == [3, 0, 1]
    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: album/trip/bad.png: Invalid image: unrecognised format")


def test_a_setting_without_effect_is_named_once_with_the_count(
    call: SmartCrop, album: Path
) -> None:
    ran = crop(call, "--format", "png", "--quality", "50")
    reason = "--quality: ignored, because PNG has no quality setting"
    assert ran.stderr.splitlines() == [
        f"Warning: album/a.jpg: {reason}",
        f"Warning: 2 more: {reason}",
    ]


def test_pictures_of_an_earlier_run_are_skipped(
    call: SmartCrop, album: Path, tmp_path: Path
) -> None:
    crop(call)
    before = states(tmp_path / "out")
    ran = crop(call)
    assert (ran.returncode, last_row(ran)) == (0, [0, 3, 0])
    assert states(tmp_path / "out") == before
    assert last_row(crop(call, "--again")) == [3, 0, 0]


def test_changed_pictures_are_cropped_again(
    call: SmartCrop, draw: Draw, album: Path, tmp_path: Path
) -> None:
    crop(call)
    draw("album/a.jpg", seed=9)
    assert last_row(crop(call)) == [1, 2, 0]
    (tmp_path / "out/trip/b_smartcrop.jpg").unlink()
    assert last_row(crop(call)) == [1, 2, 0]
    (tmp_path / "out/trip/b_smartcrop.jpg").write_bytes(b"cut off")
    assert last_row(crop(call)) == [1, 2, 0]
    draw("album/new.jpg")
    assert last_row(crop(call)) == [1, 3, 0]
    assert last_row(crop(call, "--quality", "50")) == [4, 0, 0]
    assert last_row(crop(call)) == [4, 0, 0]
    assert last_row(crop(call, "--settings", '{"quality":95.0}')) == [0, 4, 0]


def test_pictures_that_failed_are_retried(call: SmartCrop, draw: Draw, album: Path) -> None:
    whole = (album / "a.jpg").read_bytes()
    (album / "a.jpg").write_bytes(whole[:-200])
    assert last_row(crop(call)) == [2, 0, 1]
    assert last_row(crop(call)) == [0, 2, 1]
    (album / "a.jpg").write_bytes(whole)
    assert last_row(crop(call)) == [1, 2, 0]


def test_a_picture_with_a_missing_size_is_cropped_again(
    call: SmartCrop, album: Path, tmp_path: Path
) -> None:
    def crop_sizes() -> list[int]:
        return last_row(call("crop", "album", "-o", "out", "--sizes", "40x30,1:1"))

    assert crop_sizes() == [3, 0, 0]
    assert tree(tmp_path / "out")[:2] == ["a_smartcrop_1-1.jpg", "a_smartcrop_40x30.jpg"]
    (tmp_path / "out/a_smartcrop_1-1.jpg").unlink()
    assert crop_sizes() == [1, 2, 0]


def test_results_are_not_cropped(call: SmartCrop, album: Path) -> None:
    for output in ("album/out", "album"):
        for cropped, before in ((3, 0), (0, 3)):
            ran = call("crop", "album", "-o", output, *SMALL)
            assert (ran.returncode, last_row(ran)) == (0, [cropped, before, 0])
        if output == "album/out":
            for path in sorted((album / "out").rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()


def test_several_folders_and_files_share_an_output(
    call: SmartCrop, draw: Draw, album: Path, tmp_path: Path
) -> None:
    draw("more/a.jpg", seed=5)
    draw("single.png", seed=6)
    ran = call("crop", "album", "more", "single.png", "-o", "out", *SMALL)
    assert (ran.returncode, last_row(ran)) == (0, [5, 0, 0])
    assert tree(tmp_path / "out") == [
        "a_smartcrop.jpg",
        "a_smartcrop_2.jpg",
        "single_smartcrop.png",
        "trip/b_smartcrop.jpg",
        "trip/day 2/a_smartcrop.png",
    ]
    again = call("crop", "album", "more", "single.png", "-o", "out", *SMALL)
    assert last_row(again) == [0, 5, 0]


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '"x"', "\0", '{"target":"a_smartcrop"}'])
def test_malformed_lines_of_the_record_are_ignored(
    call: SmartCrop, album: Path, tmp_path: Path, line: str
) -> None:
    crop(call)
    record = tmp_path / "out" / RECORD
    lines = record.read_text().splitlines()
    kept = [each for each in lines if json.loads(each)["target"] != "a_smartcrop"]
    record.write_text("\n".join([*kept, line, lines[0][:40]]) + "\n")
    assert last_row(crop(call)) == [1, 2, 0]
    assert last_row(crop(call)) == [0, 3, 0]


def test_a_folder_without_pictures_is_a_warning(call: SmartCrop, tmp_path: Path) -> None:
    (tmp_path / "album").mkdir()
    ran = crop(call)
    assert (ran.returncode, ran.stderr) == (0, "Warning: No pictures were found\n")
    assert ran.stdout.splitlines()[-1].startswith("0 cropped, 0 skipped, 0 failed in ")


@pytest.mark.parametrize("output", ["out.jpg", "-"])
def test_the_output_of_a_folder_must_be_a_folder(
    call: SmartCrop, album: Path, tmp_path: Path, output: str
) -> None:
    (tmp_path / "out.jpg").write_bytes(b"")
    ran = call("crop", "album", "-o", output)
    assert ran.returncode == 2
    assert "--output: expected a folder for the results of a folder, " in ran.stderr
    assert f"received the file {output}" in ran.stderr


def test_the_output_of_several_sizes_must_be_a_folder(call: SmartCrop, draw: Draw) -> None:
    draw("a.png")
    ran = call("crop", "a.png", "-o", "out.jpg", "--sizes", "1:1,16:9")
    assert ran.returncode == 2
    assert "--output: expected a folder for several sizes, received the file out.jpg" in ran.stderr
    assert call("crop", "a.png", "-o", "out.jpg", "--sizes", "40x30").returncode == 0


def test_control_characters_of_names_are_escaped_in_the_table(call: SmartCrop, draw: Draw) -> None:
    draw("album/a\x1b[31m/b.png")
    draw("album/[bold]c/b.png")
    ran = crop(call)
    assert r"a\x1b[31m" in ran.stdout
    assert "[bold]c" in ran.stdout
    assert "\x1b" not in ran.stdout


@pytest.fixture
def many(draw: Draw, tmp_path: Path) -> Path:
    """A folder with so many pictures that they are cropped in worker processes."""
    for n in range(24):
        draw(f"album/{n:02}.png", 240, 160, seed=n)
    (tmp_path / "album/99.png").write_text("no picture")
    return tmp_path / "album"


def test_results_do_not_depend_on_the_number_of_processes(
    smart_crop: SmartCrop, many: Path, tmp_path: Path
) -> None:
    runs = [
        smart_crop("crop", "album", "-o", f"out{jobs}", "-j", jobs, "--sizes", "40x30,20x20")
        for jobs in ("1", "3")
    ]
    assert [ran.returncode for ran in runs] == [1, 1]
    assert runs[0].stderr == runs[1].stderr
    assert runs[0].stderr.startswith("Error: album/99.png: Invalid image: ")
    assert [last_row(ran) for ran in runs] == [[24, 0, 1], [24, 0, 1]]
    one, three = (tmp_path / "out1", tmp_path / "out3")
    assert tree(one) == tree(three)
    assert len(tree(one)) == 48
    for name in tree(one):
        assert (one / name).read_bytes() == (three / name).read_bytes()
    assert last_row(smart_crop("crop", "album", "-o", "out3", "--sizes", "40x30,20x20")) == [
        *(0, 24, 1)
    ]


@pytest.mark.parametrize("interrupt", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_is_resumed(
    script: Path, smart_crop: SmartCrop, many: Path, tmp_path: Path, interrupt: signal.Signals
) -> None:
    command = ["crop", "album", "-o", "out", "-j", "2", "--width", "3000", "--height", "2000"]
    record = tmp_path / "out" / RECORD
    with interruptible():
        started = subprocess.Popen(
            [script, *command],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    with started as process:
        while process.poll() is None and not (record.exists() and record.stat().st_size):
            time.sleep(0.01)
        os.killpg(process.pid, interrupt)
        out, errors = process.communicate(timeout=300)
    done = len(record.read_text().splitlines())
    assert 0 < done < 24
    if interrupt == signal.SIGINT:  # as from a terminal: the worker processes receive it too
        assert "Interrupted; run the same command again to resume" in errors
        assert "Traceback" not in errors
        assert not list((tmp_path / "out").glob(".*.tmp"))
        assert process.returncode == 130
        assert last_row(subprocess.CompletedProcess([], 1, out)) == [done, 0, 0]
        assert out.splitlines()[-1].startswith(f"{done} cropped, 0 skipped, 0 failed in ")

    ran = smart_crop(*command)
    assert last_row(ran)[:2] == [24 - done, done]
    assert len(tree(tmp_path / "out")) == 24
