"""`make kill-test`: processes of the server are killed at random moments, under load.

make kill-test                       ten minutes
make kill-test ARGS="--minutes 1"    one minute

No picture may be wrong, no result lost or half, and no process left over.
"""

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from handler.codec.decoders.isolated import fork_server
from handler.filenames import is_result_name
from tests.fuzz import process
from tests.fuzz.corpus import ROOT
from tests.fuzz.kill_clients import Events, Load, cases, start_clients
from tests.servers import free_ports

# prctl(2): orphans of descendants become children of this process, which can count them.
_PR_SET_CHILD_SUBREAPER = 36
_START_SECONDS = 30
# Time in which orphans end by themselves.
_GRACE_SECONDS = 10
# Weights of the roles, and the mean pause between two kills.
_ROLES = {"decoder": 12, "fork server": 3, "server": 1}
_PAUSE_SECONDS = 0.4
# Time to wait for a decoder, which may live for milliseconds.
_HUNT_SECONDS = 1.0


class Server:
    """The server, which is started again after it was killed."""

    def __init__(self, port: int, store: Path, log: Path, events: Events) -> None:
        """Store the arguments."""
        self._port = port
        self._store = store
        self._log = log
        self._events = events
        self._forks = False
        self._process = self._start()

    def kill(self, rng: Random) -> str | None:
        """Kill a process of a random role, and return the role, or None if none was found."""
        role = rng.choices(list(_ROLES), list(_ROLES.values()))[0]
        if role == "server":
            self._events.note(role)
            self._process.kill()
            self._process.wait()
            self._process = self._start()
            return role
        deadline = time.monotonic() + _HUNT_SECONDS
        while time.monotonic() < deadline:
            if victims := self._of_role(role):
                self._events.note(role)
                with suppress(ProcessLookupError):
                    os.kill(rng.choice(victims), signal.SIGKILL)
                    return role
            if role == "fork server":
                break
        return None

    def family(self) -> set[int]:
        """Return the ids of the server and its descendants."""
        return {self._process.pid, *process.descendants(self._process.pid)}

    def stop(self) -> None:
        """Kill the server for the last time."""
        self._events.note("server")
        self._process.kill()
        self._process.wait()

    def _of_role(self, role: str) -> list[int]:
        """Return the processes of a role.

        Children of the server decode one picture each. If they have children themselves, they are
        fork servers, and their children decode.
        """
        parents = process.parents()
        children = [pid for pid, parent in parents.items() if parent == self._process.pid]
        family = process.descendants(self._process.pid, parents)
        others = [pid for pid in family if pid not in children]
        self._forks |= bool(others)
        decoders, fork_servers = (others, children) if self._forks else (children, [])
        return sorted(fork_servers if role == "fork server" else decoders)

    def _start(self) -> "subprocess.Popen[bytes]":
        # The installed command may belong to another working tree.
        command = [sys.executable, "-c", "from handler.cli import main; main()", "serve"]
        command += ["--port", str(self._port), "--store", self._store.as_uri()]
        with self._log.open("ab") as log:
            started = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        load = Load(self._port, [], self._events)
        deadline = time.monotonic() + _START_SECONDS
        while not load.is_up():
            if time.monotonic() > deadline or started.poll() is not None:
                raise RuntimeError(f"The server does not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)
        return started


def main() -> int:
    """Run the test, and return the exit status: 1 with faults."""
    arguments = _parser().parse_args()
    console = Console(width=None if Console().is_terminal else 160, highlight=False)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    folder = Path(tempfile.mkdtemp(prefix="smart-crop-kill-"))
    try:
        with console.status("starting") as status:
            load, kills = _run(arguments, folder, status.update)
        _report(console, load, kills)
        half = _half_written(folder / "store")
        console.print(f"{half} half-written files under temporary names, which are never served")
    finally:
        shutil.rmtree(folder)
    return 1 if load.faults else 0


def _run(
    arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]
) -> tuple[Load, Counter[str]]:
    events, kills = Events(), Counter[str]()
    (port,) = free_ports(1)
    load = Load(port, cases(), events)
    fork_server().close()  # of this process, which made the expected results
    server = Server(port, folder / "store", folder / "log", events)
    stop_clients = start_clients(load, arguments.clients, arguments.seed)
    try:
        rng = Random(arguments.seed)
        end = time.monotonic() + 60 * arguments.minutes
        while time.monotonic() < end:
            time.sleep(rng.expovariate(1 / _PAUSE_SECONDS))
            if role := server.kill(rng):
                kills[role] += 1
                before = kills.total()
                say(f"{before} kills, {len(load.results)} results, {len(load.faults)} faults")
                if role == "server":
                    load.faults += _orphans(server)
        stop_clients()
        load.judge_failures(kills, arguments.clients)
        for path, case in load.results:
            load.fetch(path, case)
    finally:
        server.stop()
    load.faults += _orphans(None)
    return load, kills


def _orphans(server: Server | None) -> list[str]:
    """Return a fault for each process whose server is gone, if it does not end by itself."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while left := _running_orphans(server):
        if time.monotonic() > deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return [f"process left over: {process.command_of(pid)[:200]}" for pid in left]
        time.sleep(0.05)
    return []


def _running_orphans(server: Server | None) -> list[int]:
    """Return this process's descendants outside the running server, and wait for ended ones."""
    running = set[int]() if server is None else server.family()
    left = []
    for pid in process.descendants(os.getpid()):
        if pid not in running:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            # A process that runs a new program has no command line for a moment.
            if not process.has_ended(pid):
                left.append(pid)
    return left


def _half_written(store: Path) -> int:
    files = [path for path in store.rglob("*") if path.is_file()]
    return sum(not is_result_name(path.name) for path in files)


def _report(console: Console, load: Load, kills: Counter[str]) -> None:
    table = Table(title="Kills and requests", title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("", justify="right")
    for role, amount in kills.items():
        table.add_row(f"kills of a {role}", f"{amount:,}")
    for outcome, amount in sorted(load.outcomes.items()):
        table.add_row(f"requests: {outcome}", f"{amount:,}")
    table.add_row("faults", f"{len(load.faults):,}")
    console.print(table)
    for fault, amount in Counter(load.faults).most_common(40):
        console.print(f"{amount} × {fault}", markup=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make kill-test", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, default=10, help="duration")
    parser.add_argument("--clients", type=int, default=4, help="clients at a time")
    parser.add_argument("--seed", type=int, default=1, help="seed of the moments")
    return parser


if __name__ == "__main__":
    sys.exit(main())
