"""Cold start: from the start of the process to the response of the first crop, on Lambda's runtime.

The peer is the same app with boto3 instead of obstore: once with the optimised start of
`handler.cold_start`, and once without. The events function crops an upload. The restored function
has been started before, and its time begins with the restore of its snapshot.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.imports import import_times
from tests.bench.intervals import of_median
from tests.bench.peers import Unavailable
from tests.bench.pictures import Photo, make
from tests.bench.restored_start import cpu_clock, crop_after_restore
from tests.bench.speed import Say
from tests.fuzz import process
from tests.servers import Program, beside_python, free_ports, listens, running

_ROOT = Path(__file__).parents[2]
_EMULATOR = _ROOT / ".tools" / "rie" / "aws-lambda-rie"
_ENTRIES = {
    "ours": "handler.lambda_http.handler",
    "events": "handler.lambda_events.handler",
    "boto3": "tests.bench.boto3_lambda.handler",
    "plain boto3": "tests.bench.boto3_plain_lambda.handler",
}
_RESTORED = "restored"
# Programs for the parts of the HTTP function's start. Each does more than the one before, and exits
# without cleaning up.
_CLIENT, _END = "import awslambdaric.bootstrap", "import os; os._exit(0)"
_PARTS = {
    "interpreter": _END,
    "runtime client": f"{_CLIENT}; {_END}",
    "imports and app": f"{_CLIENT}; import {_ENTRIES['ours'].rpartition('.')[0]}; {_END}",
}
_PHOTO = Photo(1632, 1224, "jpeg")
_BUCKET = "results"
_UPLOADS, _KEY = "uploads", "photo.jpg"
_BOUNDARY = "smart-crop-bench"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# Enable byte code, even if the shell disables it, and read certificates from one file, both as in
# the image.
_ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "",
    **({"SSL_CERT_FILE": _CERTIFICATES} if os.path.exists(_CERTIFICATES) else {}),
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_LAMBDA_FUNCTION_NAME": "smart-crop",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    "SMART_CROP_STORE": f"s3://{_BUCKET}",
    "SMART_CROP_UPLOADS": f"s3://{_UPLOADS}",
}

# An event of S3 Batch Operations, whose response contains the outcome.
_TASK = {
    "invocationSchemaVersion": "1.0",
    "invocationId": "bench",
    "job": {"id": "bench"},
    "tasks": [{"taskId": "1", "s3BucketArn": f"arn:aws:s3:::{_UPLOADS}", "s3Key": _KEY}],
}

# Budgets: milliseconds of CPU, and the ratio to the peer's.
_BUDGET = 700
_BUDGET_RATIO = 0.65


def measure_cold_starts(quick: bool, say: Say) -> dict[str, Any]:
    """Measure CPU and wall milliseconds of each entry in turns, and the parts of ours.

    Raises:
        Unavailable: the emulator is not installed.
    """
    if not _EMULATOR.exists():
        raise Unavailable("the Lambda emulator is not installed: make setup")
    photo = make(_PHOTO).read_bytes()
    starts: dict[str, list[dict[str, float]]] = {name: [] for name in (*_ENTRIES, _RESTORED)}
    parts: dict[str, list[float]] = {name: [] for name in _PARTS}
    with tempfile.TemporaryDirectory() as folder, _object_store(Path(folder), photo) as environment:
        for number in range(-1, 5 if quick else 9):
            say(f"cold start {number}")
            started = _start_each(str(number), photo, environment, Path(folder))
            used = {name: _cpu_of(program, environment) for name, program in _PARTS.items()}
            if number >= 0:  # the first round writes the byte code
                for name, start in started.items():
                    starts[name].append(start)
                for name, milliseconds in used.items():
                    parts[name].append(milliseconds)
    medians = {
        name: {key: median(run[key] for run in runs) for key in runs[0]}
        for name, runs in starts.items()
    }
    spread = {name: of_median([run["cpu"] for run in runs]) for name, runs in starts.items()}
    return medians | {
        "intervals": spread,
        "ratio": medians["ours"]["cpu"] / medians["boto3"]["cpu"],
        "budget": _BUDGET,
        "budget_ratio": _BUDGET_RATIO,
        "parts": _differences(
            {name: median(runs) for name, runs in parts.items()}, medians["ours"]["cpu"]
        ),
        "packages": import_times("handler.lambda_http", os.environ | _ENVIRONMENT),
    }


def _start_each(
    store: str, photo: bytes, environment: dict[str, str], folder: Path
) -> dict[str, dict[str, float]]:
    """Start each entry, restore ours, and return their CPU and wall milliseconds.

    Args:
        store: folder of the results. The events function would find those of an earlier start.
        photo: the picture that each crops.
        environment: environment of the functions.
        folder: folder of the logs.
    """
    own = environment | {"SMART_CROP_STORE": f"s3://{_BUCKET}/{store}"}
    started = {
        name: _start(entry, _TASK if name == "events" else _upload(photo), own, folder)
        for name, entry in _ENTRIES.items()
    }
    restored = crop_after_restore(_ENTRIES["ours"], _upload(photo), environment, folder)
    return started | {_RESTORED: restored}


def _differences(cumulative: dict[str, float], whole: float) -> dict[str, float]:
    ends = [0.0, *cumulative.values()]
    parts = {name: ends[i + 1] - ends[i] for i, name in enumerate(cumulative)}
    return parts | {"first crop": whole - ends[-1]}


def _cpu_of(program: str, environment: dict[str, str]) -> float:
    """Return the milliseconds of CPU of a Python process from start to end."""
    started = subprocess.Popen(
        [sys.executable, "-c", program], cwd=_ROOT, env={**os.environ, **environment}
    )
    usage = os.wait4(started.pid, 0)[2]
    return (usage.ru_utime + usage.ru_stime) * 1000


@contextmanager
def _object_store(folder: Path, photo: bytes) -> Iterator[dict[str, str]]:
    """Run moto's S3 with an upload; yield the environment for it."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [beside_python("moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with running(command, url, listens, folder / "store.log", {}):
        for path, data in ((_BUCKET, None), (_UPLOADS, None), (f"{_UPLOADS}/{_KEY}", photo)):
            kind = {"Content-Type": "image/jpeg"}  # with the default, a form, moto would wait
            put = urllib.request.Request(f"{url}/{path}", data, kind, method="PUT")
            urllib.request.urlopen(put).close()
        yield _ENVIRONMENT | {"AWS_ENDPOINT_URL": url}


def _start(
    entry: str, event: dict[str, Any], environment: dict[str, str], folder: Path
) -> dict[str, float]:
    """Start the runtime, crop once, and return CPU and wall milliseconds."""
    body = json.dumps(event).encode()
    front, inner = (f"127.0.0.1:{port}" for port in free_ports(2))
    emulator = [str(_EMULATOR), "--runtime-interface-emulator-address", front]
    emulator += ["--runtime-api-address", inner, sys.executable, "-m", "awslambdaric", entry]
    with running(emulator, f"http://{front}", listens, folder / "emulator.log", environment) as rie:
        begun = time.monotonic()
        path = f"http://{front}/2015-03-31/functions/function/invocations"
        with urllib.request.urlopen(path, body) as response:
            answer = json.load(response)
        wall = time.monotonic() - begun
        if answer.get("statusCode") != 200 and not _is_done(answer):
            raise RuntimeError(f"{entry} answered {answer}: {rie.written()[-2000:]}")
        return {"cpu": _cpu_of_runtime(rie), "wall": wall * 1000}


def _cpu_of_runtime(rie: Program) -> float:
    """Return milliseconds of CPU of Python, the only child of the emulator, since its start."""
    (runtime,) = process.children(rie.process.pid)
    return cpu_clock(runtime)


def _is_done(answer: dict[str, Any]) -> bool:
    return [each["resultCode"] for each in answer.get("results", [])] == ["Succeeded"]


def _upload(data: bytes) -> dict[str, Any]:
    """Return an event of API Gateway's HTTP API, version 2.0: a form with one file."""
    head = 'Content-Disposition: form-data; name="file"; filename="photo.jpg"\r\n'
    body = f"--{_BOUNDARY}\r\n{head}Content-Type: image/jpeg\r\n\r\n".encode()
    body += data + f"\r\n--{_BOUNDARY}--\r\n".encode()
    path = "/api/v1/tools/smart-crop"
    http = {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": f"multipart/form-data; boundary={_BOUNDARY}"},
        "requestContext": {"http": http, "stage": "$default", "requestId": "bench"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
