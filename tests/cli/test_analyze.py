import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from handler.config import Config
from handler.jobs.job import Job
from handler.jobs.service import Service
from handler.settings import parse_settings
from handler.storage import ResultStore, connect
from tests.cli.conftest import Draw, SmartCrop

SMALL = ("--width", "4", "--height", "4")


def objects(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_each_file_has_a_line_in_the_order_of_the_arguments(
    smart_crop: SmartCrop, draw: Draw
) -> None:
    sizes = [(900, 700), (40, 30), (60, 90), (50, 50), (200, 10)]
    names = [f"{n}.png" for n in range(len(sizes))]
    for n, size in enumerate(sizes):
        draw(names[n], *size)
    ran = smart_crop("analyze", *names, *SMALL)
    assert (ran.returncode, ran.stderr) == (0, "")
    answers = objects(ran)
    assert [set(answer) for answer in answers] == [{"file", "plan"}] * len(sizes)
    assert [answer["file"] for answer in answers] == names
    sources = [answer["plan"]["source"] for answer in answers]
    assert sources == [{"width": width, "height": height} for width, height in sizes]


def test_the_plan_is_that_of_the_service(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    source = draw("a.jpg")
    text = '{"width":40,"height":30,"strategy":"entropy","padding":20,"size":1}'
    ran = call("analyze", source, "--settings", text)
    settings, warnings = parse_settings(text)
    service = Service(Config(), ResultStore(connect((tmp_path / "store").as_uri()), 60))
    expected = service.analyze(Job(source.read_bytes(), None, settings, warnings))
    answer = expected.model_dump(mode="json", by_alias=True, exclude={"overlay_url"})
    assert objects(ran) == [{"file": str(source), **answer}]


def test_the_plan_is_drawn_on_its_picture(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    source = draw("a.jpg")
    ran = call("analyze", source, "--overlay", str(tmp_path / "why.png"))
    (answer,) = objects(ran)
    with Image.open(tmp_path / "why.png") as drawn:
        assert drawn.format == "PNG"
        assert drawn.size == tuple(answer["plan"]["source"].values())


def test_the_plans_of_several_files_are_drawn_into_a_folder(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    sources = [draw("a.jpg"), draw("b.png")]
    ran = call("analyze", *sources, "--overlay", str(tmp_path / "why"))
    assert ran.returncode == 0
    assert sorted(path.name for path in (tmp_path / "why").iterdir()) == [
        "a_overlay.png",
        "b_overlay.png",
    ]


def test_a_folder_stands_for_all_pictures_in_it(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    for name in ("in/b.png", "in/deep/a.jpg"):
        draw(name)
    (tmp_path / "in/note.txt").write_text("no picture")
    ran = call("analyze", "in", "--overlay", "why", "--width", "40", "--height", "30")
    assert [answer["file"] for answer in objects(ran)] == ["in/b.png", "in/deep/a.jpg"]
    assert sorted(path.name for path in (tmp_path / "why").rglob("*.png")) == [
        "a_overlay.png",
        "b_overlay.png",
    ]
    assert (tmp_path / "why/deep/a_overlay.png").exists()


def test_each_size_has_its_plan_and_its_drawing(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("a.png")
    ran = call("analyze", "a.png", "--sizes", "40x30,20x60", "--overlay", "why/")
    (answer,) = objects(ran)
    assert [each["name"] for each in answer["results"]] == ["40x30", "20x60"]
    assert answer["plan"] == answer["results"][0]["plan"] != answer["results"][1]["plan"]
    assert sorted(path.name for path in (tmp_path / "why").iterdir()) == [
        "a_overlay_20x60.png",
        "a_overlay_40x30.png",
    ]


def test_flags_equal_json_and_take_precedence(call: SmartCrop, draw: Draw) -> None:
    source = draw("a.png")
    text = '{"strategy":"entropy","width":40,"height":30}'
    by_json = call("analyze", source, "--settings", text)
    flags = ("--strategy", "entropy", "--width", "40")
    by_flags = call("analyze", source, *flags, "--height", "30")
    by_both = call("analyze", source, *flags, "--settings", '{"width":999,"height":30}')
    assert objects(by_json)[0]["plan"]["strategy"] == "entropy"
    assert by_json.stdout == by_flags.stdout == by_both.stdout


def test_a_file_that_fails_has_a_line_with_its_error(
    smart_crop: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    draw("good.png")
    (tmp_path / "empty.png").touch()
    (tmp_path / "note.txt").write_text("not a picture")
    (tmp_path / "cut.jpg").write_bytes(draw("whole.jpg").read_bytes()[:-300])
    names = ["missing.png", "empty.png", "note.txt", "cut.jpg", "good.png"]
    ran = smart_crop("analyze", *names)
    assert (ran.returncode, ran.stderr) == (1, "")
    answers = objects(ran)
    assert [answer["file"] for answer in answers] == names
    assert [answer.get("code") for answer in answers] == [
        "FILE_UNREADABLE",
        "NO_IMAGE",
        "INVALID_IMAGE",
        "PROCESSING_FAILED",
        None,
    ]
    assert answers[0] == {
        "file": "missing.png",
        "error": "Cannot read the file",
        "details": "No such file or directory",
        "code": "FILE_UNREADABLE",
    }
    assert all(answer["error"] for answer in answers[:-1])
    assert "plan" in answers[-1]


def test_rejected_settings_are_an_error_of_usage(call: SmartCrop, draw: Draw) -> None:
    draw("a.png")
    ran = call("analyze", "a.png", "missing.png", "--padding", "51")
    assert (ran.returncode, ran.stdout) == (2, "")
    message = "--padding: expected a whole number from 0 to 50, received 51"
    assert ran.stderr.endswith(f"\n\nError: {message}\n")


def test_unknown_settings_are_also_a_warning_on_standard_error(
    smart_crop: SmartCrop, draw: Draw
) -> None:
    ran = smart_crop("analyze", draw("a.png"), "--settings", '{"widht":4}', *SMALL)
    assert ran.returncode == 0
    assert ran.stderr == "Warning: widht: unknown setting, ignored\n"
    assert objects(ran)[0]["warnings"] == ["widht: unknown setting, ignored"]


def test_a_dash_is_standard_input(smart_crop: SmartCrop, draw: Draw) -> None:
    with draw("a.png", 70, 50).open("rb") as source:
        ran = smart_crop("analyze", "-", stdin=source)
    assert objects(ran)[0]["file"] == "-"
    assert objects(ran)[0]["plan"]["source"] == {"width": 70, "height": 50}


@pytest.mark.parametrize("locale", ["C.UTF-8", "POSIX"])
def test_a_file_with_any_name_is_one_line_of_json(
    locale: str, script: Path, tmp_path: Path
) -> None:
    name = b"a\nb \xff \xc3\xa9.jpg"
    ran = subprocess.run(
        [os.fsencode(script), b"analyze", name],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": locale},
        timeout=300,
        check=False,
    )
    assert (ran.returncode, ran.stderr, ran.stdout.count(b"\n")) == (1, b"", 1)
    assert os.fsencode(json.loads(ran.stdout)["file"]) == name


def test_a_closed_pipe_ends_the_run_without_a_message(script: Path, draw: Draw) -> None:
    sources = [draw(f"{n}.png") for n in range(40)]
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [script, "analyze", *sources], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (1, b"")
