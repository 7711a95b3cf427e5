"""Messages that are delivered again: after which time, in which order, and how often."""

import json
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from handler.aws import service_call
from handler.events.redelivery import delay_after
from tests.aws_services import Queue, create_queue, moto_server
from tests.events.conftest import Bucket, FakeContext, Handle
from tests.events.notifications import again, messages, s3_put
from tests.faulty_store import FaultyStore

HIDDEN = 720
"""Visibility timeout of the queue, in seconds, as in the template."""


@pytest.fixture(scope="module")
def moto(bare_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto_server(tmp_path_factory.mktemp("moto") / "moto.log") as program:
        yield program.url


@pytest.fixture
def queue(moto: str) -> Iterator[Queue]:
    queue = create_queue(moto, f"uploads-{uuid4()}", {"VisibilityTimeout": str(HIDDEN)})
    yield queue
    queue.sqs.close()


class Delays:
    """The visibility timeouts that the function sets, which SQS does not show."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: list[int] = []
        call = service_call.Service.call

        def watched(service: service_call.Service, operation: str, values: object) -> object:
            assert operation == "ChangeMessageVisibilityBatch"
            assert isinstance(values, dict)
            self.seconds += [each["VisibilityTimeout"] for each in values["Entries"]]
            return call(service, operation, values)

        monkeypatch.setattr(service_call.Service, "call", watched)


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> Delays:
    return Delays(monkeypatch)


def test_delays_double() -> None:
    assert [delay_after(attempt) for attempt in range(1, 9)] == [
        *(10, 20, 40, 80, 160, 320, 640, 900)
    ]
    assert delay_after(1000) == 900


def test_a_failed_message_is_delivered_again_after_ten_seconds(
    make_handler: Callable[..., Handle],
    queue: Queue,
    store: FaultyStore,
    delays: Delays,
    bucket: Bucket,
    folder: str,
) -> None:
    for name in "ab":
        bucket.put(f"{folder}/{name}.jpg")
    queue.send(s3_put(f"{folder}/a.jpg"), s3_put(f"{folder}/b.jpg"))
    store.fault = lambda _, path: "refuse" if path.endswith("a_smartcrop.jpg") else None
    event = queue.event()
    failing = next(each for each in event["Records"] if "a.jpg" in each["body"])

    answer = make_handler(uploads_queue=queue.url)(event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": failing["messageId"]}]}
    assert delays.seconds == [10]


def test_the_delay_grows_with_the_deliveries(
    make_handler: Callable[..., Handle],
    queue: Queue,
    delays: Delays,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message is visible at once, so that the test need not wait."""
    attempts: list[int] = []

    def delay(attempt: int) -> int:
        attempts.append(attempt)
        return 0

    monkeypatch.setattr("handler.events.function.delay_after", delay)
    handle = make_handler(uploads_queue=queue.url)
    queue.send("malformed")

    for _ in range(4):
        event = queue.event()
        assert len(event["Records"]) == 1
        handle(event)

    assert attempts == [1, 2, 3, 4]
    assert delays.seconds == [0, 0, 0, 0]


class Ending(FakeContext):
    """A context whose seconds are given, in the order in which they are asked for."""

    def __init__(self, *seconds: float) -> None:
        self._left = iter(seconds)

    def get_remaining_time_in_millis(self) -> int:
        return int(next(self._left) * 1000)


def test_messages_that_had_no_time_are_visible_at_once(
    make_handler: Callable[..., Handle], queue: Queue, delays: Delays, bucket: Bucket, folder: str
) -> None:
    for name in "ab":
        bucket.put(f"{folder}/{name}.jpg")
    queue.send(s3_put(f"{folder}/a.jpg"), s3_put(f"{folder}/b.jpg"))

    answer = make_handler(uploads_queue=queue.url)(queue.event(), Ending(30, 30, 9))

    assert len(answer["batchItemFailures"]) == 1
    assert delays.seconds == [0]
    assert len(bucket.records()) == 1
    (given_back,) = queue.receive()
    assert given_back["Attributes"]["ApproximateReceiveCount"] == "2"


def test_the_messages_that_were_delivered_most_often_come_first(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    for name in "abc":
        bucket.put(f"{folder}/{name}.jpg")
    event = messages([s3_put(f"{folder}/{name}.jpg") for name in "abc"])
    event["Records"][2]["attributes"]["ApproximateReceiveCount"] = "3"

    answer = handle(event, Ending(30, 30, 9, 9))

    assert answer == again(0, 1)
    assert bucket.record()["key"] == f"{folder}/c.jpg"


def test_the_last_delivery_is_tried_with_little_time(
    make_handler: Callable[..., Handle], bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    event = messages([s3_put(f"{folder}/a.jpg")], attempt=3)

    assert make_handler(max_attempts=3)(event, Ending(9, 9)) == again()

    assert bucket.record()["state"] == "done"


def test_no_message_becomes_a_dead_letter_without_an_attempt(
    make_handler: Callable[..., Handle], moto: str, bucket: Bucket, folder: str
) -> None:
    """Each invocation has time for one picture of a batch of five."""
    dead = create_queue(moto, f"dead-{uuid4()}")
    redrive = json.dumps({"deadLetterTargetArn": dead.arn(), "maxReceiveCount": 5})
    queue = create_queue(
        moto, f"slow-{uuid4()}", {"VisibilityTimeout": str(HIDDEN), "RedrivePolicy": redrive}
    )
    names = [f"{folder}/{number}.jpg" for number in range(5)]
    for name in names:
        bucket.put(name)
    queue.send(*(s3_put(name) for name in names))
    handle = make_handler(uploads_queue=queue.url, max_attempts=5)

    while (event := queue.event())["Records"]:
        failed = handle(event, Ending(30, 30, *[9.0] * 20))["batchItemFailures"]
        for each in event["Records"]:
            if {"itemIdentifier": each["messageId"]} not in failed:
                queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=each["receiptHandle"])

    assert dead.receive() == []
    assert {each["key"] for each in bucket.records()} == set(names)
    assert {each["state"] for each in bucket.records()} == {"done"}


def test_a_queue_that_cannot_be_reached_changes_no_answer(
    make_handler: Callable[..., Handle], logged: Callable[[], str]
) -> None:
    handle = make_handler(uploads_queue="http://127.0.0.1:1/123456789012/uploads")

    assert handle(messages(["{"])) == again(0)

    assert "visibility not changed" in logged()


def test_a_receipt_that_is_not_valid_changes_no_answer(
    make_handler: Callable[..., Handle], queue: Queue, logged: Callable[[], str]
) -> None:
    assert make_handler(uploads_queue=queue.url)(messages(["{"])) == again(0)

    assert "reason=ReceiptHandleIsInvalid" in logged()
