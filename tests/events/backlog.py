"""A backlog of events, and a queue that delivers it to functions as Lambda does."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any
from urllib.parse import quote_plus

from tests.emulator import Function
from tests.events.conftest import Bucket
from tests.events.notifications import event_bridge, messages, s3_put
from tests.pictures import encoded, gradient

MAX_ATTEMPTS = 3
_BATCH = 5
# Positions between two messages about an object: more than two functions receive at a time.
_DISTANCE = 4 * _BATCH
_PICTURE = encoded(gradient(32, 24))
# Uploads that fail for good, with the code in the record of the job: bytes and settings.
HOPELESS: dict[str, tuple[bytes | None, object]] = {
    "INVALID_IMAGE": (b"no picture", None),
    "PROCESSING_FAILED": (_PICTURE[:-60], None),
    "INVALID_SETTINGS": (_PICTURE, {"width": -1}),
    "NOT_FOUND": (None, None),
}
# Messages that no attempt can process.
_POISON = ('{{"lost": "{}"', '{{"other": "{}"}}', '{{"Records": [{{"id": "{}"}}]}}', '["{}"]')


@dataclass
class Backlog:
    """Events of a folder: pictures, duplicates, hopeless uploads and poison, out of order.

    Attributes:
        good: keys of pictures.
        hopeless: code of the error by key.
        poison: bodies of messages that no attempt can process.
        bodies: bodies of all messages in the order of their delivery.
    """

    good: list[str]
    hopeless: dict[str, str]
    poison: list[str]
    bodies: list[object] = field(default_factory=list)

    def upload(self, bucket: Bucket) -> None:
        """Upload all objects."""
        put: dict[str, tuple[bytes | None, object]] = dict.fromkeys(self.good, (_PICTURE, None))
        put |= {key: HOPELESS[code] for key, code in self.hopeless.items()}
        with ThreadPoolExecutor(4) as threads:
            present = [(key, data, settings) for key, (data, settings) in put.items() if data]
            list(threads.map(lambda each: bucket.put(*each), present))


def make_backlog(folder: str, events: int, seed: int = 7) -> Backlog:
    """Return a backlog: 10 % poison, 20 % duplicates, 4 % hopeless, and the rest pictures.

    Args:
        folder: folder of the uploads.
        events: number of messages.
        seed: seed of their order.
    """
    chance = random.Random(seed)
    poison = [_POISON[n % len(_POISON)].format(f"{folder}-{n}") for n in range(events // 10)]
    codes = list(HOPELESS)
    hopeless = {f"{folder}/bad/{n}.jpg": codes[n % len(codes)] for n in range(events // 25)}
    duplicates = events // 5
    count = events - len(poison) - len(hopeless) - duplicates
    good = [f"{folder}/{number}.jpg" for number in range(count)]
    bodies: list[object] = [*poison, *map(s3_put, hopeless), *map(s3_put, good)]
    # A duplicate comes in another form, as from an existing bucket, or in the same one.
    for number, key in enumerate(chance.sample(good, duplicates)):
        bodies.append(event_bridge(key) if number % 2 else s3_put(key))
    chance.shuffle(bodies)
    _spread(bodies, chance)
    return Backlog(good, hopeless, poison, bodies)


def _spread(bodies: list[object], chance: random.Random) -> None:
    """Move messages about the same object away from each other.

    Two functions that receive the same object at the same time both crop it.
    """
    while close := _close_duplicates(bodies):
        for number in close:
            other = chance.randrange(len(bodies))
            bodies[number], bodies[other] = bodies[other], bodies[number]


def _close_duplicates(bodies: Sequence[object]) -> list[int]:
    keys = [_key(body) for body in bodies]
    return [n for n, key in enumerate(keys) if key and key in keys[n + 1 : n + 1 + _DISTANCE]]


def _key(body: object) -> str:
    if not isinstance(body, dict):
        return ""
    if "Records" in body:
        return str(body["Records"][0]["s3"]["object"]["key"])
    return quote_plus(body["detail"]["object"]["key"], safe="/")


class Queue:
    """A queue that redelivers failed messages, and moves them to the dead letters in the end.

    Attributes:
        dead: bodies of the dead letters.
        deliveries: number of deliveries.
        seconds: time from the arrival of the backlog to the deletion of each other message.
        kills: number of invocations whose function was killed.
        killed: number of deliveries in them.
    """

    def __init__(self, bodies: Sequence[object]) -> None:
        """Fill the queue."""
        self._waiting = [(body, 1) for body in bodies]
        self._waiting.reverse()
        self._lock = threading.Lock()
        self._begin = 0.0
        self.dead: list[object] = []
        self.deliveries = self.kills = self.killed = 0
        self.seconds: list[float] = []

    def feed(self, functions: Sequence[Function]) -> float:
        """Deliver all messages to the functions at once, and return the seconds until the end."""
        self._begin = time.monotonic()
        with ThreadPoolExecutor(len(functions)) as threads:
            list(threads.map(self._poll, functions))
        return time.monotonic() - self._begin

    def _poll(self, function: Function) -> None:
        for bodies, attempt in self._received():
            answer: Any = function.invoke(messages(bodies, attempt))
            with self._lock:
                self.deliveries += len(bodies)
                if "batchItemFailures" not in answer:  # the function was killed
                    self.kills += 1
                    self.killed += len(bodies)
                    self._waiting[:0] = [(body, attempt) for body in bodies]
                    continue
                failed = {int(each["itemIdentifier"]) for each in answer["batchItemFailures"]}
                for number, body in enumerate(bodies):
                    self._end(body, attempt, failed=number in failed)

    def _end(self, body: object, attempt: int, *, failed: bool) -> None:
        if not failed:
            self.seconds.append(time.monotonic() - self._begin)
        elif attempt == MAX_ATTEMPTS:
            self.dead.append(body)
        else:  # behind all others, as after the visibility timeout
            self._waiting.insert(0, (body, attempt + 1))

    def _received(self) -> Iterator[tuple[list[object], int]]:
        """Yield batches of messages with the same number of deliveries, until none waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    return
                body, attempt = self._waiting.pop()
                bodies = [body]
                while len(bodies) < _BATCH and self._waiting and self._waiting[-1][1] == attempt:
                    bodies.append(self._waiting.pop()[0])
            yield bodies, attempt


def summary(queue: Queue, backlog: Backlog, seconds: float) -> str:
    """Return the figures of a run, in one line."""
    percentiles = quantiles(queue.seconds, n=100)
    return (
        f"{len(backlog.bodies)} events in {seconds:.0f} s "
        f"({len(backlog.bodies) / seconds:.0f} a second), {queue.deliveries} deliveries, "
        f"{queue.kills} killed, {len(queue.dead)} dead letters; from event to result: "
        f"p50 {percentiles[49]:.1f} s, p95 {percentiles[94]:.1f} s, max {max(queue.seconds):.1f} s"
    )


def outcomes(functions: Sequence[Function]) -> Counter[str]:
    """Return how often jobs ended with each outcome, by the logs of the functions."""
    lines = (line for each in functions for line in each.program.written().splitlines())
    logged = (json.loads(line) for line in lines if line.startswith("{"))
    return Counter(str(each["outcome"]) for each in logged if each.get("message") == "job")
