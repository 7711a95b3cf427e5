"""Faults that are planted to show that the kill test finds them."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.fuzz.corpus import ROOT
from tests.fuzz.kill_clients import Case, Events, Load
from tests.needs import needs_linux

RESULT = b"result"
CASE = Case("png", b"form", hashlib.sha256(RESULT).hexdigest())
Answer = tuple[int, bytes]
CROPPED: Answer = (200, json.dumps({"downloadUrl": "/result"}).encode())


@contextmanager
def server(post: Answer, get: Answer) -> Iterator[int]:
    """Answer all requests of each method with one response, and yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, body = post if self.command == "POST" else get
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - the base class's names

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield listener.server_port
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def crop(post: Answer, get: Answer, *kills: str) -> Load:
    """Send one file after some kills, and return the load."""
    with server(post, get) as port:
        load = Load(port, [CASE], Events())
        for role in kills:
            load.events.note(role)
        load.crop(CASE)
    return load


def test_the_expected_result_is_no_fault() -> None:
    load = crop(CROPPED, (200, RESULT))
    assert load.faults == []
    assert load.outcomes == {"cropped": 1, "fetched and equal": 1}


@pytest.mark.parametrize("get", [(404, b""), (200, RESULT[:3]), (200, b"another"), (503, b"")])
def test_a_result_that_is_lost_half_or_wrong_is_a_fault(get: Answer) -> None:
    assert len(crop(CROPPED, get, "server", "decoder").faults) == 1


@pytest.mark.parametrize(
    ("status", "kills", "faults"),
    [(422, ["decoder"], 0), (422, [], 1), (500, ["decoder"], 1), (503, ["fork server"], 0)],
)
def test_a_failure_needs_a_kill(status: int, kills: list[str], faults: int) -> None:
    assert len(crop((status, b"{}"), (404, b""), *kills).faults) == faults


@pytest.mark.parametrize(("kills", "faults"), [(["decoder"], 1), (["server"], 0)])
def test_a_connection_fails_only_after_a_kill_of_the_server(kills: list[str], faults: int) -> None:
    load = Load(1, [CASE], Events())  # nothing listens on this port
    for role in kills:
        load.events.note(role)
    load.crop(CASE)
    assert len(load.faults) == faults


def test_more_failures_than_kills_are_a_fault() -> None:
    load = Load(1, [CASE], Events())
    load.outcomes["422 after a kill"] = 10
    load.judge_failures({"decoder": 2, "fork server": 1}, clients=4)
    assert load.faults == []

    load.judge_failures({"decoder": 1, "fork server": 1}, clients=4)
    assert len(load.faults) == 1


def test_kills_of_other_times_and_roles_do_not_count() -> None:
    events = Events()
    events.note("decoder")
    now = time.monotonic()
    assert events.between(now - 1, now, "decoder")
    assert not events.between(now - 1, now, "server")
    assert not events.between(now + 1, now + 2, "decoder")


_ORPHAN = """
import ctypes, os, signal, subprocess
from tests.fuzz import kill
ctypes.CDLL(None).prctl(kill._PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
assert kill._running_orphans(None) == []
subprocess.run(["sh", "-c", "sleep 60 &"])
left = kill._running_orphans(None)
for pid in left:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
print(len(left), kill._running_orphans(None))
"""


@needs_linux
def test_a_process_that_is_left_over_is_found() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _ORPHAN], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("1 []\n", "")
