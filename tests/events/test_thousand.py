"""A thousand events, of which 100 fail and 200 are duplicates: none is lost or repeated."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from mypy_boto3_s3 import S3Client

from tests.emulator import Function, emulated
from tests.events.conftest import SMALL, Bucket
from tests.events.notifications import messages, s3_put
from tests.pictures import decoded, encoded, gradient
from tests.servers import Program

EVENTS = 1000
POISON = EVENTS // 10
DUPLICATES = EVENTS // 5
GOOD = EVENTS - POISON - DUPLICATES
BATCH = 10
MAX_ATTEMPTS = 3

PICTURE = encoded(gradient(32, 24))
MALFORMED = "malformed"
# The uploaded bytes and their settings. A malformed message names no object.
KINDS: dict[str, tuple[bytes | None, object]] = {
    "INVALID_IMAGE": (b"no picture", None),
    "PROCESSING_FAILED": (PICTURE[:-60], None),
    "INVALID_SETTINGS": (PICTURE, {"width": -1}),
    "NOT_FOUND": (None, None),
    MALFORMED: (None, None),
}


class Queue:
    """A queue that redelivers failed messages, and moves them to the dead letters in the end."""

    def __init__(self, bodies: Sequence[object]) -> None:
        self._waiting = {1: list(bodies)}
        self.dead: list[object] = []

    def feed(self, function: Function) -> int:
        """Deliver all messages to the function, and return the number of deliveries."""
        deliveries = 0
        for attempt in range(1, MAX_ATTEMPTS + 1):
            waiting = self._waiting.get(attempt, [])
            deliveries += len(waiting)
            again: list[object] = []
            for start in range(0, len(waiting), BATCH):
                batch = waiting[start : start + BATCH]
                answer = function.invoke(messages(batch, attempt))
                failures = answer["batchItemFailures"]
                again.extend(batch[int(each["itemIdentifier"])] for each in failures)
            self._waiting[attempt + 1] = again
        self.dead = self._waiting[MAX_ATTEMPTS + 1]
        return deliveries


@pytest.fixture
def bucket(uploads: S3Client) -> Bucket:
    return Bucket(uploads, f"thousand-{uuid4()}")


@pytest.fixture
def function(seaweedfs: Program, bucket: Bucket, tmp_path: Path) -> Any:
    environment = {
        **seaweedfs.environment,
        **bucket.environment,
        "SMART_CROP_MAX_ATTEMPTS": str(MAX_ATTEMPTS),
        "SMART_CROP_JOB_RECORDS": "failed",
    }
    log = tmp_path / "function.log"
    with emulated("handler.lambda_events.handler", environment, log) as function:
        yield function


def test_each_picture_has_one_result_and_each_failure_a_record(
    function: Function, bucket: Bucket, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(7)
    good = [f"{folder}/{number}.jpg" for number in range(GOOD)]
    kinds = {f"{folder}/bad/{n}.jpg": list(KINDS)[n % len(KINDS)] for n in range(POISON)}
    put: dict[str, tuple[bytes | None, object]] = dict.fromkeys(good, (PICTURE, None))
    put |= {key: KINDS[kind] for key, kind in kinds.items()}
    bodies: list[object] = [s3_put(key) for key in good]
    bodies += [s3_put(key) for key in chance.sample(good, DUPLICATES)]
    bodies += [
        f'{{"lost": "{key}"' if kind == MALFORMED else s3_put(key) for key, kind in kinds.items()
    ]
    chance.shuffle(bodies)
    assert len(bodies) == EVENTS

    with ThreadPoolExecutor(8) as threads:
        present = [(key, data, settings) for key, (data, settings) in put.items() if data]
        list(threads.map(lambda each: bucket.put(*each), present))
        queue = Queue(bodies)
        deliveries = queue.feed(function)
        stored = bucket.results()
        everything = dict(zip(stored, threads.map(bucket.result, stored), strict=True))

    records = [json.loads(data or b"") for key, data in everything.items() if "jobs/" in key]
    pictures = {key: data for key, data in everything.items() if "jobs/" not in key}
    assert set(pictures) == {f"{key.removesuffix('.jpg')}_smartcrop.jpg" for key in good}
    assert {decoded(data or b"").size for data in pictures.values()} == {tuple(SMALL.values())}
    reasons = {each["key"]: each["error"]["code"] for each in records if each["state"] == "failed"}
    assert reasons == {key: kind for key, kind in kinds.items() if kind != MALFORMED}
    # A finished job has no record but the metadata of its result.
    assert len(records) == len(reasons)
    malformed = [key for key, kind in kinds.items() if kind == MALFORMED]
    assert sorted(map(str, queue.dead)) == sorted(f'{{"lost": "{key}"' for key in malformed)
    # Each object was cropped once: a duplicate finds the job done.
    lines = [json.loads(x) for x in function.program.written().splitlines() if x.startswith("{")]
    made = Counter(each["outcome"] for each in lines if each.get("message") == "job")
    assert made["done"] == len(good)
    assert len(malformed) * (MAX_ATTEMPTS - 1) == deliveries - EVENTS
    with capsys.disabled():
        print(
            f"\n{EVENTS} events ({DUPLICATES} twice, {POISON} poison), {deliveries} deliveries: "
            f"{len(pictures)} results, {dict(Counter(reasons.values()))}, {len(queue.dead)} dead"
        )
