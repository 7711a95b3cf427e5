"""Crops per second over HTTP, compared with a server on fastify with sharp."""

import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.bench import peers
from tests.bench.intervals import of_median, of_ratio
from tests.bench.load_clients import Load, form
from tests.bench.pictures import Photo, make
from tests.bench.speed import Say
from tests.servers import beside_python, free_ports, listens, running

_PHOTOS = {"2 MP": Photo(1632, 1224, "jpeg"), "12 MP": Photo(4000, 3000, "jpeg")}
CLIENTS = (1, 4, 16, 64)
_SETTINGS = {"mode": "subject", "width": 1080, "height": 1080, "quality": 95}
_ROUNDS, _QUICK_ROUNDS = 3, 1
# Many clients send their forms at once, and the first answers come late.
_WARM_UP_SECONDS = {1: 2.0, 4: 2.0, 16: 3.0, 64: 6.0}
_SECONDS, _QUICK_SECONDS = 8.0, 4.0
_SIDES = ("ours", "fastify")


def measure_throughput(quick: bool, say: Say) -> list[dict[str, Any]]:
    """Return requests per second and latencies of both servers, measured in turns.

    Raises:
        peers.Unavailable: the peers cannot be installed.
    """
    peers.install()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, photo in _PHOTOS.items():
            body = form(make(photo).read_bytes(), json.dumps(_SETTINGS))
            for clients in CLIENTS:
                say(f"throughput: {name}, {clients} clients")
                rows.append(_measure(name, clients, body, Path(folder), quick))
    return rows


def _measure(name: str, clients: int, body: bytes, folder: Path, quick: bool) -> dict[str, Any]:
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in _SIDES}
    for _ in range(_QUICK_ROUNDS if quick else _ROUNDS):
        for side in _SIDES:
            seconds = _QUICK_SECONDS if quick else _SECONDS
            runs[side].append(_run(side, clients, body, folder, seconds))
    row: dict[str, Any] = {"photo": name, "clients": clients}
    for side, each in runs.items():
        rates = [run["rate"] for run in each]
        latencies = [seconds for run in each for seconds in run["latencies"]]
        row[side] = {
            "rate": median(rates),
            "interval": of_median(rates),
            "median": median(latencies),
            "p99": quantiles(latencies, n=100, method="inclusive")[98],
            "rejected": sum(run["rejected"] for run in each),
            "cpu": median(run["cpu"] for run in each),
        }
    row["ratio"] = row["ours"]["rate"] / row["fastify"]["rate"]
    row["interval"] = of_ratio(*([run["rate"] for run in runs[side]] for side in _SIDES))
    return row


def _run(side: str, clients: int, body: bytes, folder: Path, seconds: float) -> dict[str, Any]:
    """Start a server, send requests, and return those that finished after the warm-up."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(dir=folder) as results:
        command = _command(side, port, results)
        log = folder / "server.log"
        with running(command, url, listens, log, _environment()) as server:
            load = Load(url, body)
            begin = time.monotonic() + _WARM_UP_SECONDS[clients]
            before = _cpu_seconds(server.process.pid)
            load.run(clients, _WARM_UP_SECONDS[clients] + seconds, 2 * clients)
            cpu = _cpu_seconds(server.process.pid) - before
    counted = [took for at, took in load.finished if begin <= at <= load.end]
    if len(counted) < 2:
        raise RuntimeError(f"{side} finished {len(counted)} requests of {clients} clients")
    return {
        "rate": len(counted) / (load.end - begin),
        "latencies": counted,
        "rejected": load.rejected,
        "cpu": cpu / len(load.finished),
    }


def _cpu_seconds(group: int) -> float:
    """Return the CPU seconds of all processes of a server, with those that have ended."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # the process has ended
            # The process group and the times of proc_pid_stat(5).
            fields = process.read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15])) if int(fields[2]) == group else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _command(side: str, port: int, results: str) -> list[str]:
    if side == "fastify":
        return ["node", str(peers.HERE / "fastify_server.mjs"), str(port), results]
    return [beside_python("smart-crop"), "serve", "--port", str(port), "--store", results]


def _environment() -> dict[str, str]:
    """Return what both servers have in addition: byte code, as in the image."""
    return {"PYTHONDONTWRITEBYTECODE": ""}
