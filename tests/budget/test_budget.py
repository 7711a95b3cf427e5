"""The budget of a job, and the answers to jobs that exceed it."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from handler.codec.costs import DECODING
from handler.codec.decoders.isolated import Allowance
from handler.codec.formats import FORMATS
from handler.codec.picture import Limits, open_picture
from handler.config import Config
from handler.core.geometry import Size
from handler.errors import OutOfTime, OverBudget
from handler.jobs import budget
from handler.jobs.budget import Budget, check, check_time
from handler.jobs.estimate import Estimate, estimate_at
from handler.jobs.job import Job, run_job
from handler.settings import parse_settings
from tests.budget.pictures import PICTURES
from tests.pictures import decoded, encoded, noise

MEBIBYTE = 1 << 20


def estimate(data: bytes, **values: Any) -> Estimate:
    settings, _ = parse_settings(json.dumps(values))
    picture = open_picture(data, Limits(1 << 30))
    format_ = FORMATS[picture.format.output]
    return estimate_at(picture, picture.size, settings.requests(), format_)


def test_jobs_that_run_at_once_share_the_memory() -> None:
    one, four = (Budget.of(Config(memory_mb=2256, jobs=jobs)) for jobs in (1, 4))
    assert one.bytes == 2000 * MEBIBYTE
    assert four.bytes == 500 * MEBIBYTE


def test_a_small_picture_is_served_with_any_memory() -> None:
    small = Budget.of(Config(memory_mb=128, jobs=8))
    assert small.allows(estimate(PICTURES["jpeg"](Size(1000, 1000)), width=100, height=100))


def test_the_memory_of_a_function_is_its_own() -> None:
    environment = {"AWS_LAMBDA_RUNTIME_API": "x", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}
    config = Config.from_environment(environment)
    assert (config.memory_mb, config.jobs) == (1769, 1)
    chosen = Config.from_environment({**environment, "SMART_CROP_MEMORY_MB": "900"})
    assert chosen.memory_mb == 900


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"memory.max": "max"}, None),
        ({"memory.max": str(512 * MEBIBYTE)}, 512),
        ({"a/b/memory.max": str(300 * MEBIBYTE)}, 300),
        ({"memory/a/b/memory.limit_in_bytes": str(200 * MEBIBYTE)}, 200),
        ({"memory.max": str(512 * MEBIBYTE), "a/b/memory.max": str(256 * MEBIBYTE)}, 256),
        ({}, None),
    ],
)
def test_the_limit_of_a_container_is_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    expected: int | None,
) -> None:
    group = tmp_path / "cgroup"
    group.write_text("4:memory:/a/b\n0::/a/b\n")
    for name, text in files.items():
        path = tmp_path / "fs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(budget, "_CGROUPS", tmp_path / "fs")
    monkeypatch.setattr(budget, "_OWN_GROUPS", group)
    budget.available_memory.cache_clear()
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found = budget.available_memory()
    budget.available_memory.cache_clear()
    assert found == (machine if expected is None else expected * MEBIBYTE)


def test_an_error_names_estimate_budget_and_a_picture_that_fits() -> None:
    allowed = Budget(300_000_000, 10)

    def cost_at(size: Size) -> Estimate:
        return Estimate(size.area * 10, size.area / 5e6)

    with pytest.raises(OverBudget) as raised:
        check(allowed, cost_at(Size(10_000, 10_000)), Size(10_000, 10_000), cost_at)
    assert raised.value.answer() == {
        "error": "Image or results too large",
        "code": "OVER_BUDGET",
        "details": "memory: expected at most 300 MB, received a job that needs up to 1,000 MB; "
        "time: expected at most 10 s of CPU time, received a job that needs up to 20.0 s; "
        "an image of 5,476 × 5,476 pixels fits; SMART_CROP_MEMORY_MB would have to be 1,210 MB",
    }


@pytest.mark.parametrize(
    ("runtime", "setting"), [("x", "HttpMemory"), ("", "SMART_CROP_MEMORY_MB")]
)
def test_an_error_names_the_setting_with_which_the_job_fits(runtime: str, setting: str) -> None:
    environment = {"AWS_LAMBDA_RUNTIME_API": runtime} if runtime else {}
    environment |= {"SMART_CROP_MEMORY_MB": "384", "SMART_CROP_JOBS": "1"}
    config = Config.from_environment(environment)
    data = PICTURES["png palette"](Size(6000, 4000))
    settings, _ = parse_settings('{"width": 100, "height": 100}')
    with pytest.raises(OverBudget) as raised:
        run_job(Job(data, None, settings), config)

    advice = re.search(rf"{setting} would have to be ([\d,]+) MB$", str(raised.value))
    assert advice
    enough = int(advice[1].replace(",", ""))
    run_job(Job(data, None, settings), config.model_copy(update={"memory_mb": enough}))
    with pytest.raises(OverBudget):
        run_job(Job(data, None, settings), config.model_copy(update={"memory_mb": enough - 1}))


def test_an_error_says_if_no_function_has_the_memory() -> None:
    large = Estimate(20_000 * MEBIBYTE, 1)
    with pytest.raises(OverBudget, match=r"EventsMemory .* 20,256 MB, and 10,240 MB is the most"):
        check(Budget(1000, 10, 1, "EventsMemory"), large, Size(9, 9), lambda _: large)


@pytest.mark.parametrize(("left", "fits"), [(None, True), (30, True), (3, False), (-5, False)])
def test_a_job_that_may_not_end_in_time_is_rejected(left: float | None, fits: bool) -> None:
    deadline = None if left is None else time.monotonic() + left
    check_time(Estimate(0, 1.9), deadline)  # short jobs are always tried
    if fits:
        check_time(Estimate(0, 5), deadline)
    else:
        with pytest.raises(OutOfTime, match=r"needs up to 5\.0 s of CPU time"):
            check_time(Estimate(0, 5), deadline)


def test_a_worker_process_has_no_more_memory_and_time_than_the_job() -> None:
    cost, pixels = DECODING["jp2"], 50_000_000
    free = Allowance.of(cost, pixels, 1000)
    limited = Allowance.of(cost, pixels, 1000, time.monotonic() + 3, 500 * MEBIBYTE)

    assert free.memory - limited.memory > 900 * MEBIBYTE
    assert limited.memory - Allowance.of(cost, 0, 0, None, 0).memory == 500 * MEBIBYTE
    assert free.cpu_seconds > limited.cpu_seconds == 3


def test_an_error_advises_smaller_results_if_no_picture_fits() -> None:
    with pytest.raises(OverBudget, match="smaller or fewer results fit"):
        check(Budget(1000, 10), Estimate(2000, 1), Size(9, 9), lambda _: Estimate(2000, 1))


@pytest.mark.parametrize(
    "settings",
    [
        {"width": 16_383, "height": 16_383},
        {"sizes": ["16383x8000", "8000x16383"]},
        {"mode": "trim", "targetSize": 16_383},
        # The square around a line, whose size is known once the content is found.
        {"mode": "trim", "padToSquare": True, "background": "#000001"},
    ],
)
def test_results_larger_than_the_memory_are_rejected(settings: dict[str, object]) -> None:
    config = Config(memory_mb=1769, jobs=1, cpu_seconds=1000)
    chosen, _ = parse_settings(json.dumps(settings))
    line = encoded(noise(16_000, 3), "PNG")

    with pytest.raises(OverBudget, match="memory: expected at most"):
        run_job(Job(line, None, chosen), config)


@pytest.mark.parametrize("format_", ["jpeg", "png", "webp", "tiff"])
def test_results_as_wide_as_webp_allows_are_made(format_: str) -> None:
    chosen, _ = parse_settings(json.dumps({"width": 16_383, "height": 40, "format": format_}))

    finished = run_job(Job(encoded(noise(300, 200)), None, chosen), Config(memory_mb=1769, jobs=1))

    assert decoded(finished.results[0].data).size == (16_383, 40)


def test_a_picture_that_fits_by_the_error_is_accepted() -> None:
    size = Size(4000, 3000)
    config = Config(memory_mb=256 + 64, jobs=1)
    settings, _ = parse_settings('{"width": 100, "height": 100}')
    with pytest.raises(OverBudget) as raised:
        run_job(Job(PICTURES["png palette"](size), None, settings), config)
    words = str(raised.value).split("an image of ")[1].split(" pixels")[0]
    fitting = Size(*(int(each.replace(",", "")) for each in words.split(" × ")))
    assert fitting.area > size.area / 2
    run_job(Job(PICTURES["png palette"](fitting), None, settings), config)


def test_a_jpeg_2000_of_a_few_kilobytes_is_rejected_before_it_is_decoded() -> None:
    data = PICTURES["jp2"](Size(2000, 1500))
    # The size is in the image header, and in the header of the codestream.
    for place in (48, data.index(b"\xff\x51") + 6):
        data = _with_side(data, place)
    settings, _ = parse_settings("{}")
    with pytest.raises(OverBudget, match="memory: expected at most 1,586 MB"):
        run_job(Job(data, None, settings), Config(memory_mb=1769, jobs=1))


def _with_side(data: bytes, place: int) -> bytes:
    return data[:place] + (10_000).to_bytes(4, "big") * 2 + data[place + 8 :]


def test_all_sizes_of_a_job_count() -> None:
    data = PICTURES["jpeg"](Size(1000, 1000))
    one = estimate(data, width=3000, height=3000)
    many = estimate(data, sizes=[f"300{n}x3000" for n in range(5)])
    assert many.seconds > 3 * one.seconds
    assert many.bytes > one.bytes


def test_a_job_that_takes_longer_than_estimated_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("handler.jobs.affordable.check", lambda *_: None)
    settings, _ = parse_settings('{"sizes": ["900x900", "800x800", "700x700"]}')
    data = PICTURES["jpeg"](Size(1000, 1000))
    with pytest.raises(OverBudget, match="smaller or fewer results fit"):
        run_job(Job(data, None, settings), Config(cpu_seconds=0.001))
