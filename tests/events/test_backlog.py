"""A backlog with poison, duplicates and kills: nothing is lost, and nothing is cropped twice.

`BACKLOG_EVENTS=5000 make test ARGS="tests/events/test_backlog.py"` runs a larger one.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from mypy_boto3_s3 import S3Client

from tests.emulator import Function, emulated
from tests.events.backlog import MAX_ATTEMPTS, Queue, make_backlog, outcomes, summary
from tests.events.conftest import SMALL, Bucket
from tests.pictures import decoded
from tests.servers import Program

EVENTS = int(os.environ.get("BACKLOG_EVENTS", "200"))
FUNCTIONS = 2
KILLS = 2


@pytest.fixture
def bucket(uploads: S3Client) -> Bucket:
    return Bucket(uploads, f"backlog-{uuid4()}")


@pytest.fixture
def functions(seaweedfs: Program, bucket: Bucket, tmp_path: Path) -> Iterator[list[Function]]:
    environment = {
        **seaweedfs.environment,
        **bucket.environment,
        "SMART_CROP_JOB_RECORDS": "failed",
        "SMART_CROP_MAX_ATTEMPTS": str(MAX_ATTEMPTS),
    }
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                emulated("handler.lambda_events.handler", environment, tmp_path / f"{n}.log")
            )
            for n in range(FUNCTIONS)
        ]


def kill_some(functions: Sequence[Function], queue: Queue, ended: threading.Event) -> None:
    """Kill the functions while the queue delivers, in turns."""
    for number in range(KILLS):
        while queue.deliveries < EVENTS * (number + 1) // (KILLS + 1):
            if ended.wait(0.01):
                return
        functions[number % len(functions)].kill()


def test_each_picture_has_one_result_and_the_dead_letters_are_the_poison(
    functions: list[Function], bucket: Bucket, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    backlog = make_backlog(folder, EVENTS)
    assert len(backlog.bodies) == EVENTS
    backlog.upload(bucket)
    queue, ended = Queue(backlog.bodies), threading.Event()
    with ThreadPoolExecutor(9) as threads:
        killer = threads.submit(kill_some, functions, queue, ended)
        seconds = queue.feed(functions)
        ended.set()
        killer.result()
        stored = bucket.results()
        pictures = [key for key in stored if not key.startswith("jobs/")]
        contents = list(threads.map(bucket.result, pictures))

    # Nothing is lost: each picture has its result, and each hopeless upload a record.
    assert set(pictures) == {f"{key.removesuffix('.jpg')}_smartcrop.jpg" for key in backlog.good}
    assert {decoded(data or b"").size for data in contents} == {tuple(SMALL.values())}
    records = bucket.records()
    assert {each["state"] for each in records} == {"failed"}
    assert {each["key"]: each["error"]["code"] for each in records} == backlog.hopeless
    # Nothing is double: the results that were stored were cropped once, except by killed functions.
    assert queue.kills <= KILLS
    # A function that is killed after it has stored a result has not logged it.
    done = outcomes(functions)["done"]
    assert len(pictures) - queue.killed <= done <= len(pictures) + queue.killed
    assert len(records) == len(backlog.hopeless)
    # The dead letters are the poison, each once.
    assert sorted(map(str, queue.dead)) == sorted(backlog.poison)
    assert queue.deliveries == EVENTS + len(backlog.poison) * (MAX_ATTEMPTS - 1) + queue.killed
    with capsys.disabled():
        print(f"\n{summary(queue, backlog, seconds)}")
