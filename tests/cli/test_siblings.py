"""Runs without ``-o`` that continue: each folder of the pictures has a record of its results."""

from pathlib import Path

from tests.cli.conftest import Draw, SmartCrop

SMALL = ("--size", "40x30")
RECORD = ".smart-crop.jsonl"


def counts(stdout: str) -> str:
    return stdout.splitlines()[-1].partition(" in ")[0]


def test_a_run_goes_on_where_it_stopped(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "trip/c.jpg"):
        draw(name)
    call("crop", "a.jpg", "trip/c.jpg", *SMALL)
    states = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*_smartcrop.jpg")}
    assert len(states) == 2

    ran = call("crop", "a.jpg", "b.jpg", "trip/c.jpg", *SMALL)

    assert counts(ran.stdout) == "1 cropped, 2 skipped, 0 failed"
    assert (tmp_path / "b_smartcrop.jpg").exists()
    assert {path: path.stat().st_mtime_ns for path in states} == states


def test_a_result_that_is_gone_is_made_again(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    names = [draw(name).name for name in ("a.jpg", "b.jpg")]
    call("crop", *names, *SMALL)
    (tmp_path / "a_smartcrop.jpg").unlink()

    assert counts(call("crop", *names, *SMALL).stdout) == "1 cropped, 1 skipped, 0 failed"


def test_again_replaces_the_own_results_and_no_other_file(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    names = [draw(name).name for name in ("a.jpg", "b.jpg")]
    call("crop", *names, *SMALL)
    draw("a.jpg", seed=2)
    draw("c.jpg")
    (tmp_path / "c_smartcrop.jpg").write_bytes(b"mine")
    before = (tmp_path / "a_smartcrop.jpg").read_bytes()

    changed = call("crop", *names, *SMALL)
    ran = call("crop", *names, "c.jpg", *SMALL, "--again")

    assert "a_smartcrop.jpg exists; --overwrite replaces it" in changed.stderr
    assert "c_smartcrop.jpg exists; --overwrite replaces it" in ran.stderr
    assert (tmp_path / "a_smartcrop.jpg").read_bytes() != before
    assert (tmp_path / "c_smartcrop.jpg").read_bytes() == b"mine"


def test_a_picture_keeps_its_name_if_another_with_its_stem_is_added(
    call: SmartCrop, draw: Draw, tmp_path: Path
) -> None:
    for name in ("a.jpg", "b.png", "b.jpg"):
        draw(name)
    call("crop", "a.jpg", "b.png", *SMALL)

    ran = call("crop", "a.jpg", "b.jpg", "b.png", *SMALL)

    assert counts(ran.stdout) == "1 cropped, 2 skipped, 0 failed"
    results = {path.name for path in tmp_path.glob("b_smartcrop*")}
    assert results == {"b_smartcrop.png", "b_smartcrop_2.jpg"}


def test_one_picture_alone_has_no_record(call: SmartCrop, draw: Draw, tmp_path: Path) -> None:
    draw("a.jpg")
    ran = call("crop", "a.jpg", *SMALL)

    assert counts(ran.stdout) == "1 cropped, 0 skipped, 0 failed"
    assert not (tmp_path / RECORD).exists()
