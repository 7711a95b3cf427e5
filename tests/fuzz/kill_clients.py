"""The clients of `make kill-test`: they crop, fetch each result and compare it."""

import hashlib
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from handler.config import Config
from handler.jobs.job import Job, run_job
from handler.settings import parse_settings
from tests.api.calls import CROP, MULTIPART, form, part
from tests.fuzz.specimens import large_specimens
from tests.pictures import encoded, photo

_SETTINGS = '{"width": 200, "height": 150, "format": "png"}'
_TIMEOUT_SECONDS = 60
_PAUSE_SECONDS = 0.1
# A kill is noted before it happens, and a request may reach a process that is just ending.
_BEFORE_SECONDS = 1.0
# Time in which a server starts, or a client notices that its connection is gone.
_DOWN_SECONDS = 30.0
_AFTER_KILL = " after a kill"


@dataclass(frozen=True, slots=True)
class Case:
    """A file, its request, and the expected result.

    Attributes:
        name: name of the format.
        body: the form.
        digest: SHA-256 of the result.
    """

    name: str
    body: bytes
    digest: str


def cases() -> list[Case]:
    """Return a file of each format, with the result of an undisturbed crop in this process."""
    size = (900, 600)
    files = {
        "jpeg": encoded(photo(size=size)),
        "png": encoded(photo(size=size), "PNG"),
        "webp": encoded(photo(size=size), "WEBP"),
        "gif": encoded(photo(size=size).quantize(64), "GIF"),
        "bmp": encoded(photo(size=size), "BMP"),
        **large_specimens(size),
    }
    return [_case(name, data) for name, data in files.items()]


def _case(name: str, data: bytes) -> Case:
    settings, _ = parse_settings(_SETTINGS)
    (result,) = run_job(Job(data, "picture", settings), Config()).results
    body = form(
        part('form-data; name="settings"', _SETTINGS.encode()),
        part('form-data; name="file"; filename="picture"', data),
    )
    return Case(name, body, hashlib.sha256(result.data).hexdigest())


@dataclass
class Events:
    """Kills so far, by the killed process."""

    times: list[tuple[float, str]] = field(default_factory=list)

    def note(self, role: str) -> None:
        """Note that a process is killed now."""
        self.times.append((time.monotonic(), role))

    def between(self, start: float, end: float, *roles: str) -> bool:
        """Return whether a process with one of these roles was killed in a period."""
        return any(start <= at <= end and role in roles for at, role in list(self.times))


@dataclass
class Load:
    """The requests of all clients.

    Attributes:
        port: port of the server.
        cases: files to send.
        events: the kills, which excuse failures.
        outcomes: requests by outcome.
        faults: descriptions of what must not happen.
        results: path and case of each result that a client received.
    """

    port: int
    cases: list[Case]
    events: Events
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    results: list[tuple[str, Case]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self, seed: int) -> None:
        """Send requests until the test ends."""
        rng = Random(seed)
        while not self.ended.is_set():
            self.crop(rng.choice(self.cases))

    def crop(self, case: Case) -> None:
        """Send a file, and check the answer and the result."""
        start = time.monotonic()
        headers = {"Content-Type": MULTIPART}
        try:
            status, body = self._request("POST", CROP, case.body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._judge_lost(case, start, error)
            time.sleep(_PAUSE_SECONDS)
            return
        if status == 200:
            path = json.loads(body)["downloadUrl"]
            self.results.append((path, case))
            self.outcomes["cropped"] += 1
            self.fetch(path, case)
            return
        text = body.decode(errors="replace")
        killed = self.events.between(
            start - _BEFORE_SECONDS, time.monotonic(), "decoder", "fork server", "server"
        )
        if status in (422, 503) and killed:
            self.outcomes[f"{status}{_AFTER_KILL}"] += 1
        else:
            self.faults.append(f"{case.name}: {status} without a kill: {text[:200]}")

    def is_up(self) -> bool:
        """Return whether the server answers."""
        try:
            return self._request("GET", "/api/v1/health")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def fetch(self, path: str, case: Case) -> None:
        """Fetch a result, if necessary from the next server, and compare it."""
        found = self._fetched(path)
        if found is None:
            self.faults.append(f"{case.name}: result not fetched in {_DOWN_SECONDS:g} s")
            return
        status, body = found
        if status != 200:
            self.faults.append(f"{case.name}: result lost, {status} for {path}")
        elif hashlib.sha256(body).hexdigest() != case.digest:
            self.faults.append(f"{case.name}: wrong result of {len(body)} bytes at {path}")
        else:
            self.outcomes["fetched and equal"] += 1

    def judge_failures(self, kills: Mapping[str, int], clients: int) -> None:
        """Add a fault if more requests failed than the kills can explain.

        The kill of a decoder fails the request of one client, any other those of all.
        """
        failed = sum(n for outcome, n in self.outcomes.items() if outcome.endswith(_AFTER_KILL))
        others = sum(amount for role, amount in kills.items() if role != "decoder")
        # A fork server counts as a decoder until it is seen with a child.
        explained = kills.get("decoder", 0) + clients * (others + 1)
        if failed > explained:
            self.faults.append(f"{failed} requests failed, kills explain {explained}")

    def _fetched(self, path: str) -> tuple[int, bytes] | None:
        deadline = time.monotonic() + _DOWN_SECONDS
        while time.monotonic() < deadline:
            try:
                return self._request("GET", path)
            except (OSError, http.client.HTTPException):
                time.sleep(_PAUSE_SECONDS)
        return None

    def _judge_lost(self, case: Case, start: float, error: Exception) -> None:
        now = time.monotonic()
        if self.events.between(start - _DOWN_SECONDS, now, "server"):
            self.outcomes["no connection after a kill of the server"] += 1
        else:
            self.faults.append(f"{case.name}: no answer without a kill of the server: {error!r}")

    def _request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body or None, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def start_clients(load: Load, count: int, seed: int) -> Callable[[], None]:
    """Start clients, and return a function that ends them."""
    threads = [
        threading.Thread(target=load.run, args=(seed + number,), daemon=True)
        for number in range(count)
    ]
    for thread in threads:
        thread.start()

    def stop() -> None:
        load.ended.set()
        for thread in threads:
            thread.join()

    return stop
