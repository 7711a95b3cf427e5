import io
import json
import os
import pty
import re
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from handler.cli.resume import FILENAME
from handler.config import Config
from handler.jobs.job import Job, run_job
from handler.settings import parse_settings
from tests.cli.conftest import Draw, SmartCrop
from tests.servers import interruptible

SMALL = ("--width", "40", "--height", "30")


def names_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder, without the record of runs."""
    return sorted(path.name for path in folder.iterdir() if path.name != FILENAME)


def without_table(text: str) -> list[str]:
    """Return the lines of a run's output that are not those of the table of counts."""
    is_table = re.compile(r" *($|folder |─|(all|\S+) +[0-9,]+ +[0-9,]+ +[0-9,]+ )").match
    return [line for line in text.splitlines() if not is_table(line)]


def lines_of(ran: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines of standard output without the table; the time is cut off the last one."""
    *lines, last = without_table(ran.stdout)
    counts, _, seconds = last.partition(" in ")
    assert re.fullmatch(r"[0-9]+\.[0-9] s", seconds)
    return [*lines, counts]


def test_the_output_folder_is_created(smart_crop: SmartCrop, draw: Draw) -> None:
    source = draw("portrait.png")
    ran = smart_crop("crop", source, "-o", "some/where", *SMALL)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert lines_of(ran) == [
        f"{source} -> some/where/portrait_smartcrop.png (40x30)",
        "1 cropped, 0 skipped, 0 failed",
    ]
    assert names_in(source.parent / "some/where") == ["portrait_smartcrop.png"]
    with Image.open(source.parent / "some/where/portrait_smartcrop.png") as image:
        assert (image.format, image.size) == ("PNG", (40, 30))


def test_a_result_is_that_of_the_service(call: SmartCrop, draw: Draw) -> None:
    source = draw("a.jpg")
    text = '{"width":40,"height":30,"strategy":"entropy","padding":20,"quality":60}'
    call("crop", source, "-o", "out.jpg", "--settings", text)
    job = Job(source.read_bytes(), None, parse_settings(text)[0])
    (expected,) = run_job(job, Config(max_pixels=10**6)).results
    assert (source.parent / "out.jpg").read_bytes() == expected.data


def test_flags_equal_json(smart_crop: SmartCrop, draw: Draw) -> None:
    source = draw("a.jpg")
    text = '{"mode":"subject","strategy":"entropy","width":40,"height":50,"quality":40,"padding":9}'
    flags = "--mode subject --strategy entropy --width 40 --height 50 --quality 40 --padding 9"
    smart_crop("crop", source, "-o", "json.jpg", "--settings", text)
    smart_crop("crop", source, "-o", "flags.jpg", *flags.split())
    smart_crop("crop", source, "-o", "plain.jpg", "--width", "40", "--height", "50")
    by_json, by_flags, plain = (
        (source.parent / f"{name}.jpg").read_bytes() for name in ("json", "flags", "plain")
    )
    assert by_json == by_flags != plain


def test_the_other_files_are_cropped_if_some_fail(
    smart_crop: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("first.jpg")
    whole = draw("last.png").read_bytes()
    (tmp_path / "note.jpg").write_text("not a picture")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    bad = ["note.jpg", "missing.jpg", "loop.jpg", "empty.jpg", "cut.png"]
    ran = smart_crop("crop", "first.jpg", *bad, "last.png", "-o", "out", *SMALL)
    assert ran.returncode == 1
    assert lines_of(ran) == [
        "first.jpg -> out/first_smartcrop.jpg (40x30)",
        "last.png -> out/last_smartcrop.png (40x30)",
        "2 cropped, 0 skipped, 5 failed",
    ]
    assert names_in(tmp_path / "out") == ["first_smartcrop.jpg", "last_smartcrop.png"]
    lines = ran.stderr.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [["Error", name] for name in bad]
    reasons = [line.split(": ", 2)[2] for line in lines]
    assert reasons[0].startswith("Invalid image: unrecognised format")
    assert reasons[1:] == [
        "Cannot read the file: No such file or directory",
        "Cannot read the file: Too many levels of symbolic links",
        "No image file provided",
        "Processing failed: The PNG data are damaged or incomplete",
    ]


def test_more_files_than_cores_are_cropped(smart_crop: SmartCrop, draw: Draw) -> None:
    sources = [draw(f"{n}.png", seed=n) for n in range((os.cpu_count() or 1) * 3 + 1)]
    ran = smart_crop("crop", *sources, "-o", "out", *SMALL)
    assert ran.returncode == 0
    out = sources[0].parent / "out"
    assert set(names_in(out)) == {f"{path.stem}_smartcrop.png" for path in sources}
    smart_crop("crop", sources[3], "-o", "alone.png", *SMALL)
    assert (out / "3_smartcrop.png").read_bytes() == (out.parent / "alone.png").read_bytes()


def test_equal_stems_are_numbered(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    draw("a/me.png", seed=1)
    draw("b/me.png", seed=2)
    draw("c/ME.webp", seed=3)
    ran = call("crop", "a/me.png", "b/me.png", "c/ME.webp", "-o", "out", *SMALL)
    assert ran.returncode == 0
    assert names_in(tmp_path / "out") == [
        "ME_smartcrop_3.webp",
        "me_smartcrop.png",
        "me_smartcrop_2.png",
    ]
    call("crop", "b/me.png", "-o", "second.png", *SMALL)
    second = (tmp_path / "out/me_smartcrop_2.png").read_bytes()
    assert second == (tmp_path / "second.png").read_bytes()


def test_no_result_replaces_a_file_to_crop(call: SmartCrop, draw: Draw) -> None:
    draw("a.png", seed=1)
    other = draw("a_smartcrop.png", seed=2)
    before = other.read_bytes()
    ran = call("crop", "a.png", "a_smartcrop.png", "-o", ".", *SMALL)
    assert ran.returncode == 1
    assert other.read_bytes() == before
    assert "a_smartcrop.png is itself one of the files to crop" in ran.stderr
    assert (other.parent / "a_smartcrop_smartcrop.png").exists()


@pytest.mark.parametrize(
    ("output", "flags", "written"),
    [
        ("x.webp", (), "WEBP"),
        ("x.TIF", (), "TIFF"),
        ("x.jpeg", (), "JPEG"),
        ("x.jpeg", ("--format", "gif"), "GIF"),
        ("x.jpeg", ("--settings", '{"format":"auto"}'), "PNG"),
        ("x.photo", ("--format", "webp"), "WEBP"),
    ],
)
def test_the_format_is_the_requested_one_or_that_of_the_extension(
    output: str, flags: tuple[str, ...], written: str, call: SmartCrop, draw: Draw
) -> None:
    source = draw("a.png")
    ran = call("crop", source, "-o", output, *flags, *SMALL)
    assert (ran.returncode, ran.stderr) == (0, "")
    with Image.open(source.parent / output) as image:
        assert image.format == written


SEVERAL = "--output: expected a folder for several files"
FOLDER = "--output: expected a folder for the results of a folder"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("a.png", "-o", "x.heic"), "--output: expected a file with the extension avif, gif"),
        (("a.png", "a.png", "-o", "x.jpg"), f"{SEVERAL}, received the file x.jpg"),
        (("a.png", "a.png", "-o", "-"), f"{SEVERAL}, received the file -"),
        (("-o", "out"), "FILE: expected at least one, received none"),
        ((".",), f"{FOLDER}, received none; add -o DIR"),
        (("a.png", "."), f"{FOLDER}, received none; add -o DIR"),
    ],
)
def test_an_invalid_command_is_rejected(
    arguments: tuple[str, ...], reason: str, call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("a.png")
    ran = call("crop", *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert reason in ran.stderr
    assert names_in(tmp_path) == ["a.png"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("--quality", "101", "--face-preset", "huge"),
            "Error: --face-preset: expected one of closeup, head-shoulders, upper-body, "
            'half-body, received "huge"; '
            "--quality: expected a whole number from 1 to 100, received 101\n",
        ),
        (
            ("--settings", "{"),
            'Error: --settings: expected valid JSON, received "{"\n',
        ),
        (
            ("--settings", '{"width": 0}'),
            "Error: --settings, width: expected a whole number from 1 to 16,383, received 0\n",
        ),
    ],
)
def test_rejected_settings_are_reported_once(
    arguments: tuple[str, ...], line: str, call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("a.png")
    ran = call("crop", "a.png", "a.png", "-o", "out", *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.endswith(f"\n\n{line}")
    assert names_in(tmp_path) == ["a.png"]


def test_an_unknown_setting_is_a_warning(call: SmartCrop, draw: Draw) -> None:
    source = draw("a.png")
    ran = call("crop", source, source, "-o", "out", "--settings", '{"widht":40}', *SMALL)
    assert (ran.returncode, ran.stderr) == (0, "Warning: widht: unknown setting, ignored\n")


LONG = "x" * 300


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("a.png/out", "Error: Cannot write the result: a.png/out: Not a directory\n"),
        (LONG, f"Error: Cannot write the result: {LONG}: File name too long\n"),
        (f"{LONG}.png", f"Error: a.png: Cannot write the result: {LONG}.png: File name too long\n"),
    ],
)
def test_an_output_that_cannot_be_written_is_reported_in_one_line(
    output: str, line: str, call: SmartCrop, draw: Draw
) -> None:
    draw("a.png")
    ran = call("crop", "a.png", "-o", output, *SMALL)
    assert (ran.returncode, ran.stderr) == (1, line)


def test_a_result_replaces_an_older_one_atomically(call: SmartCrop, draw: Draw) -> None:
    source = draw("a.png")
    target, kept = source.with_name("out.png"), source.with_name("kept.png")
    target.write_bytes(b"older")
    os.link(target, kept)  # a write in place would change this file too
    call("crop", source, "-o", target, "--overwrite", *SMALL)
    assert kept.read_bytes() == b"older"
    assert target.read_bytes().startswith(b"\x89PNG")
    assert names_in(source.parent) == ["a.png", "kept.png", "out.png"]


@pytest.mark.parametrize("damaged", [False, True])
def test_a_failure_keeps_an_older_result(
    damaged: bool, smart_crop: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    source = draw("a.png")
    if damaged:
        source.write_bytes(source.read_bytes()[:-200])
    (tmp_path / "out.png").write_bytes(b"older")

    def run_out_of_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    limit = None if damaged else run_out_of_space
    ran = smart_crop("crop", source, "-o", "out.png", "--overwrite", preexec_fn=limit)
    reason = "PNG data are damaged" if damaged else "Cannot write the result: out.png: File too"
    assert ran.returncode == 1
    assert reason in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert (tmp_path / "out.png").read_bytes() == b"older"
    assert names_in(tmp_path) == ["a.png", "out.png"]


def test_a_symbolic_link_is_kept(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    draw("a.png")
    (tmp_path / "link.png").symlink_to("real.png")
    call("crop", "a.png", "-o", "link.png", *SMALL)
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "real.png").read_bytes().startswith(b"\x89PNG")


def test_a_pipe_is_written_to_and_kept(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    draw("a.png")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Opened for both, so that neither side waits for the other; the result fits into its buffer.
    with os.fdopen(os.open(pipe, os.O_RDWR), "rb", buffering=0) as reader:
        ran = call("crop", "a.png", "-o", "pipe", *SMALL)
        assert (ran.returncode, ran.stderr, pipe.is_fifo()) == (0, "", True)
        assert reader.read(4) == b"\x89PNG"


def test_standard_input_is_cropped_to_standard_output(script: Path, draw: Draw) -> None:
    with draw("a.png").open("rb") as source:
        ran = subprocess.run(
            [script, "crop", "-", "-o", "-", "--format", "jpeg", *SMALL],
            stdin=source,
            capture_output=True,
            timeout=300,
            check=True,
        )
    with Image.open(io.BytesIO(ran.stdout)) as image:
        assert (image.format, image.size) == ("JPEG", (40, 30))


def test_the_result_of_standard_input_is_named_stdin(
    smart_crop: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    with draw("a.png").open("rb") as source:
        smart_crop("crop", "-", "-o", "out", *SMALL, stdin=source)
    assert names_in(tmp_path / "out") == ["stdin_smartcrop.png"]


def test_limits_of_the_environment_apply(
    call: SmartCrop, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = draw("a.png", 30, 20)
    monkeypatch.setenv("SMART_CROP_MAX_PIXELS", "599")
    ran = call("crop", source, "-o", "out")
    assert ran.returncode == 1
    assert "Invalid image: expected at most 599 pixels, received 30 × 20" in ran.stderr
    source.write_bytes(source.read_bytes() + bytes(599 * 8))
    ran = call("crop", source, "-o", "out")
    assert "Invalid image: the file is larger than 4,792 bytes" in ran.stderr


def test_a_wrong_variable_is_reported_in_one_line(
    call: SmartCrop, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMART_CROP_MAX_PIXELS", "many")
    ran = call("crop", draw("a.png"), "-o", "out")
    assert ran.returncode == 1
    assert ran.stderr == (
        'Error: SMART_CROP_MAX_PIXELS: expected a whole number of at least 1, received "many"\n'
    )


def test_control_characters_of_names_are_escaped(call: SmartCrop) -> None:
    ran = call("crop", "a\n\x1b[31mb [bold]:smile:.jpg", "-o", "out")
    assert ran.stderr == (
        r"Error: a\n\x1b[31mb [bold]:smile:.jpg: Cannot read the file: No such file or directory"
        "\n"
    )


@pytest.mark.parametrize(("count", "shown"), [(1, False), (3, True)])
def test_a_terminal_shows_the_progress_of_several_files(
    count: int, shown: bool, script: Path, draw: Draw, tmp_path: Path
) -> None:
    sources = [draw(f"{n}.png") for n in range(count)]
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        ran = subprocess.run(
            [script, "crop", *sources, "-o", tmp_path / "out", *SMALL],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm"},
            timeout=300,
            check=False,
        )
        os.close(theirs)
        seen = b""
        # Reading a terminal without writers raises an error.
        while chunk := _read_or_end(terminal):
            seen += chunk
    assert ran.returncode == 0
    assert [os.fsencode(line) for line in without_table(ran.stdout.decode())[:-1]] == [
        os.fsencode(f"{path} -> {tmp_path}/out/{path.stem}_smartcrop.png (40x30)")
        for path in sources
    ]
    assert (f"{count}/{count}".encode() in seen) is shown


def _read_or_end(terminal: io.FileIO) -> bytes:
    try:
        return terminal.read(4096) or b""
    except OSError:
        return b""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_with_the_counts(jobs: str, script: Path, draw: Draw, tmp_path: Path) -> None:
    sources = [draw(f"{n}.png", 240, 160, seed=n).name for n in range(7)]
    # Each takes so long that this process sees the first result before the last one is made.
    large = ("--width", "6000", "--height", "4000")
    with interruptible():
        started = subprocess.Popen(
            [script, "crop", *sources, "nothing.png", "-j", jobs, *large],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    with started as process:
        while process.poll() is None and not list(tmp_path.glob("*_smartcrop.png")):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # as from a terminal
        out, errors = process.communicate(timeout=300)
    done = sorted(path.name for path in tmp_path.glob("*_smartcrop.png"))
    assert 0 < len(done) < 7
    *lines, last = without_table(out)
    assert sorted(line.split()[2] for line in lines) == done
    assert last.startswith(f"{len(done)} cropped, 0 skipped, 0 failed in ")
    assert errors.splitlines()[-1] == "Warning: Interrupted; run the same command again to resume"
    assert process.returncode == 130
    assert not list(tmp_path.glob(".*.tmp"))


def test_crop_renders_the_plan_of_analyze(call: SmartCrop, draw: Draw) -> None:
    source = draw("a.png", 96, 48)
    analyzed = json.loads(call("analyze", source, "--width", "48", "--height", "48").stdout)
    call("crop", source, "-o", "out.png", "--width", "48", "--height", "48")
    box = analyzed["plan"]["crop"]
    corners = (box["left"], box["top"], box["left"] + box["width"], box["top"] + box["height"])
    with Image.open(source) as image, Image.open(source.with_name("out.png")) as cropped:
        assert (box["width"], box["height"]) == (48, 48)
        assert image.crop(corners).tobytes() == cropped.convert("RGB").tobytes()
