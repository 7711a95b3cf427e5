"""Measurement of what a crop costs on AWS, which infra/cost.py multiplies with prices.

    make cost

It measures CPU seconds, requests to S3 and bytes of log of a warm crop in the emulator of the
Lambda runtime. It writes them to infra/measured.json, and the tables of infra/README.md. The CPU
time hardly depends on other programs; the time of requests to S3 is added to it.
"""

import argparse
import io
import json
import platform
import re
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import boto3
from PIL import Image

from infra import cost
from tests.bench.pictures import Photo, make
from tests.emulator import Function, emulated
from tests.events.notifications import messages, s3_put
from tests.faulty_store import FaultyStore, in_front_of
from tests.lambda_.events import upload_event
from tests.seaweedfs import ACCESS_KEY, BUCKET, SECRET_KEY, running_seaweedfs

_UPLOADS = "uploads"
_PHOTO = Photo(4000, 3000, "jpeg")
# A photo of a phone that fits into a request to Lambda.
_BYTES = 3_400_000
_WARM_UPS = 3
_SIZE = {"width": 1080, "height": 1080}
_READS = ("GET", "HEAD")


def main() -> None:
    """Measure all cases, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="crops of each case")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), rounds)
    cost.MEASURED.write_text(json.dumps(found, indent=2) + "\n")
    cost.main()
    print(cost.text())


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """Return the content of measured.json."""
    photo = _photo()
    (folder / "store").mkdir()
    cases: dict[str, dict[str, Any]] = {}
    with running_seaweedfs(folder / "store") as store, in_front_of(store.url) as proxy:
        measurement = Measurement(store.environment, proxy, folder, photo, rounds)
        for mode in ("subject", "face"):
            cases[f"{mode}, over HTTP, photos of {len(photo) / 1e6:.1f} MB"] = measurement.http(
                mode
            )
            cases[f"{mode}, by event"] = measurement.event(mode)
    return {
        "machine": _machine(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "rounds": rounds,
        "cases": cases,
    }


class Measurement:
    """Crops in functions that are started for each case."""

    def __init__(
        self,
        environment: Mapping[str, str],
        proxy: FaultyStore,
        folder: Path,
        photo: bytes,
        rounds: int,
    ) -> None:
        """Prepare the buckets.

        Args:
            environment: environment of the store.
            proxy: a proxy in front of the store, which counts requests.
            folder: folder for logs.
            photo: the photo that is cropped.
            rounds: number of crops.
        """
        self._environment = {
            **environment,
            "SMART_CROP_STORE": f"s3://{BUCKET}",
            "SMART_CROP_UPLOADS": f"s3://{_UPLOADS}",
        }
        self._proxy, self._folder, self._photo, self._rounds = proxy, folder, photo, rounds
        self._s3 = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        )
        self._s3.create_bucket(Bucket=_UPLOADS)

    def http(self, mode: str) -> dict[str, Any]:
        """Measure crops of forms."""
        event = upload_event("/api/v1/tools/smart-crop", self._photo, {"mode": mode, **_SIZE})
        arrived = len(event["body"]) * 3 // 4

        def crop(function: Function) -> None:
            answer = function.invoke(event)
            assert answer["statusCode"] == 200, answer

        return {**self._measure("handler.lambda_http.handler", crop), "request_bytes": arrived}

    def event(self, mode: str) -> dict[str, Any]:
        """Measure crops of uploads, whose events come from the queue."""
        settings = {"smart-crop": json.dumps({"mode": mode, **_SIZE})}

        def crop(function: Function) -> None:
            key = f"{uuid4()}/photo.jpg"
            self._s3.put_object(Bucket=_UPLOADS, Key=key, Body=self._photo, Metadata=settings)
            answer = function.invoke(messages([s3_put(key)]))
            assert answer == {"batchItemFailures": []}, answer

        return {**self._measure("handler.lambda_events.handler", crop), "request_bytes": 0}

    def _measure(self, handler: str, crop: Any) -> dict[str, Any]:
        log = self._folder / f"{uuid4()}.log"
        with emulated(handler, self._environment, log) as function:
            for _ in range(_WARM_UPS):
                crop(function)
            begin = len(function.program.written())
            times = []
            for _ in range(self._rounds):
                before = function.cpu_seconds()
                crop(function)
                times.append(function.cpu_seconds() - before)
            written = function.program.written()[begin:]
        requests = self._requests(handler, crop)
        return {
            "seconds": round(median(times), 3),
            "writes": sum(method not in _READS for method in requests),
            "reads": sum(method in _READS for method in requests),
            "log_bytes": round(len(written) / self._rounds),
        }

    def _requests(self, handler: str, crop: Any) -> list[str]:
        """Return the methods of the requests of one crop to S3."""
        environment = {**self._environment, "AWS_ENDPOINT_URL": self._proxy.url}
        log = self._folder / f"{uuid4()}.log"
        with emulated(handler, environment, log) as function:
            crop(function)
            self._proxy.asked.clear()
            crop(function)
            return [method for method, _ in self._proxy.asked]


def _photo() -> bytes:
    """Return a photo of 12 megapixels, encoded to about the size of a phone's."""
    with Image.open(make(_PHOTO)) as image:
        pixels = image.convert("RGB")
    for quality in range(90, 0, -1):
        out = io.BytesIO()
        pixels.save(out, "JPEG", quality=quality)
        if out.tell() <= _BYTES:
            return out.getvalue()
    raise ValueError("the photo is larger at every quality")


def _machine() -> str:
    """Return the name of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.M)
    return found[1] if cpuinfo.exists() and found else platform.processor()


if __name__ == "__main__":
    main()
