"""Faults that are planted to show that each rule of the fuzzer finds them."""

import asyncio
import io
import logging
import subprocess
import sys
import time
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from handler import telemetry
from handler.errors import NotFound
from handler.malloc import keep_large_blocks
from handler.storage import connect, uploads
from tests.fuzz.client import Client, WorkerEnded
from tests.fuzz.growth import SETTLED_INPUTS, Growth
from tests.fuzz.inputs import Input
from tests.fuzz.oracle import Limits, judge_zip
from tests.fuzz.service import Service
from tests.fuzz.trial import Trials
from tests.hostile.specimens import specimen
from tests.needs import needs_linux

pytestmark = needs_linux

SETTINGS = '{"width": 40, "height": 40}'
PICTURE = Input("image", "png", specimen("png/rgb"), {"settings": SETTINGS})
# No busy machine takes so long.
LIMITS = Limits(seconds=60, mebibytes=32)
LITTLE_TIME = Limits(seconds=0.5, mebibytes=32)
ANSWER = {
    "downloadUrl": "/result",
    "processedSize": 4,
    "width": 40,
    "height": 40,
    "plan": {},
}
FAULTY_WORKER = "tests.fuzz.faulty_worker"

Rules = Callable[..., set[str]]


@pytest.fixture
def rules_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rules]:
    """Run an input on an app, and return the broken rules."""
    monkeypatch.setattr(uploads, "connect", connect)  # put back after the test

    def run(app: ASGIApp | None, limits: Limits = LIMITS) -> set[str]:
        trials = Trials(tmp_path, Service(tmp_path, app), limits)
        outcome, _ = asyncio.run(trials.run(PICTURE))
        return {find.rule for find in outcome.finds}

    yield run
    telemetry._logger.cache_clear()
    logging.Logger.manager.loggerDict.pop(telemetry.SERVICE, None)


def answering(response: Response, download: Response | None = None) -> ASGIApp:
    """Return an app that answers a form with one response, and a download with another."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = response if scope["method"] == "POST" or download is None else download
        await chosen(scope, receive, send)

    return app


def before_answering(action: Callable[[], Awaitable[None]]) -> ASGIApp:
    """Return an app that does something, and answers with an error."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await action()
        await JSONResponse(NotFound().answer(), 404)(scope, receive, send)

    return app


def test_the_service_breaks_no_rule(rules_broken: Rules) -> None:
    assert rules_broken(None) == set()


def test_a_status_of_an_internal_error_is_found(rules_broken: Rules) -> None:
    body = {"error": "Internal error", "code": "INTERNAL"}
    assert rules_broken(answering(JSONResponse(body, 500))) == {"status"}


@pytest.mark.parametrize("status", [501, 503])
def test_a_documented_status_is_not_found(rules_broken: Rules, status: int) -> None:
    body = {"error": "Feature not installed", "code": "FEATURE_NOT_INSTALLED"}
    assert rules_broken(answering(JSONResponse(body, status))) == set()


def test_an_exception_is_found(rules_broken: Rules) -> None:
    async def fail() -> None:
        raise LookupError("planted")

    assert rules_broken(before_answering(fail)) == {"exception"}


def test_a_logged_exception_is_found(rules_broken: Rules) -> None:
    async def log() -> None:
        telemetry.log("unexpected error", failure=LookupError("planted"))

    assert rules_broken(before_answering(log)) == {"exception"}


@pytest.mark.parametrize(
    "response",
    [
        HTMLResponse("<h1>Not found</h1>", 404),
        Response("{", 404, media_type="application/json"),
        JSONResponse(["error"], 404),
        JSONResponse({"error": "Not found"}, 404),
        JSONResponse({"error": "Not found", "code": "UNHEARD_OF"}, 404),
        JSONResponse({**NotFound().answer(), "details": 5}, 404),
        JSONResponse({**NotFound().answer(), "details": "Traceback (most recent call last)"}, 404),
    ],
)
def test_an_error_outside_the_grammar_is_found(rules_broken: Rules, response: Response) -> None:
    assert rules_broken(answering(response)) == {"grammar"}


@pytest.mark.parametrize("result", [b"\x89PNG", specimen("png/rgb"), specimen("png/rgb")[:400]])
def test_a_result_that_is_not_the_requested_one_is_found(
    rules_broken: Rules, result: bytes
) -> None:
    answer = JSONResponse({**ANSWER, "processedSize": len(result)})
    assert rules_broken(answering(answer, Response(result))) == {"result"}


def test_a_result_of_half_the_bytes_is_found(rules_broken: Rules) -> None:
    result = specimen("png/rgb")
    answer = JSONResponse({**ANSWER, "width": 64, "height": 48, "processedSize": len(result)})
    assert rules_broken(answering(answer, Response(result[:100]))) == {"result"}


def test_a_slow_input_is_found(rules_broken: Rules) -> None:
    async def sleep() -> None:
        time.sleep(2 * LITTLE_TIME.seconds)

    assert rules_broken(before_answering(sleep), LITTLE_TIME) == {"hang"}


def test_an_input_that_needs_much_memory_is_found(rules_broken: Rules) -> None:
    async def allocate() -> None:
        bytearray(b"x" * (2 * LIMITS.mebibytes << 20))

    # The allocator keeps what an earlier picture has freed, and the input would reuse it.
    keep_large_blocks()
    bytearray(b"x" * (2 * LIMITS.mebibytes << 20))
    assert rules_broken(before_answering(allocate)) == {"memory"}


def test_a_child_that_is_left_over_is_found(
    rules_broken: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzz.trial._GRACE_SECONDS", 0.1)
    # Another test may have started the fork server, with which not every input is checked.
    monkeypatch.setattr("tests.fuzz.trial._LOOK_EVERY", 1)
    children: list[subprocess.Popen[bytes]] = []

    async def start() -> None:
        children.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))

    try:
        assert rules_broken(before_answering(start)) == {"child"}
    finally:
        for each in children:
            each.communicate()


@pytest.mark.parametrize(("fault", "rule"), [("crash", "crash"), ("hang", "hang")])
def test_a_process_that_ends_or_does_not_answer_is_found(
    tmp_path: Path, fault: str, rule: str
) -> None:
    with Client(tmp_path / "log", LIMITS, FAULTY_WORKER, patience=10) as client:
        with pytest.raises(WorkerEnded) as ended:
            client.try_input(Input("image", "png", fault.encode()))
        assert ended.value.find.rule == rule

        assert client.try_input(Input("image", "png", b"fine")) == {"finds": []}


def found_by(samples: list[int], files: int = 10) -> list[str]:
    """Return the places that a process with these samples, one in 250 inputs, is found at."""
    growth = Growth()
    return [
        find.place
        for number, rss in enumerate(samples, 1)
        for find in growth.add(250 * number, rss, 10 if number < 30 else files)
    ]


def test_memory_that_grows_is_found_once() -> None:
    assert SETTLED_INPUTS == 250 * 20
    assert found_by([200_000 + 2_000 * each for each in range(60)]) == ["memory in use"]


def test_memory_that_is_flat_after_the_start_is_not_found() -> None:
    start = [100_000 + 10_000 * each for each in range(20)]
    assert found_by([*start, *[295_000, 290_000] * 20]) == []
    assert found_by([*start, *[290_000] * 10, 900_000, *[290_000] * 10]) == []


def test_open_files_that_grow_are_found() -> None:
    assert found_by([200_000] * 40, files=40) == ["open files"]


def zipped(*files: tuple[str, bytes]) -> bytes:
    """Return a ZIP of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "names", "finds"),
    [
        (zipped(("a.png", specimen("png/rgb"))), ["a.png"], 0),
        (zipped(("a.png", specimen("png/rgb"))), ["a.png", "b.png"], 1),
        (zipped(("a.png", specimen("png/rgb")[:200])), ["a.png"], 1),
        (zipped(("a.png", specimen("png/rgb")))[:-30], ["a.png"], 1),
    ],
)
def test_a_zip_that_is_not_the_listed_one_is_found(
    data: bytes, names: list[str], finds: int
) -> None:
    assert len(list(judge_zip(data, names))) == finds
