"""Notices of ended jobs, as another client receives them from the event bus."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from handler.events.notices import Notices
from handler.storage import JobRecord
from tests.aws_services import Queue, create_queue, moto_server, session
from tests.conftest import UPLOADS
from tests.events.conftest import Bucket, Handle
from tests.events.notifications import again, batch_task, messages, s3_put


class Bus:
    """An event bus, and a queue that receives the notices of the function."""

    def __init__(self, server: str) -> None:
        self.name = f"bus-{uuid4()}"
        self._queue: Queue = create_queue(server, f"notices-{uuid4()}")
        self._events = session().client("events", endpoint_url=server)
        self._events.create_event_bus(Name=self.name)
        pattern = json.dumps({"source": ["smart-crop"]})
        self._events.put_rule(Name=self.name, EventBusName=self.name, EventPattern=pattern)
        target = {"Id": "queue", "Arn": self._queue.arn()}
        self._events.put_targets(Rule=self.name, EventBusName=self.name, Targets=[target])

    def notices(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the type and the detail of each notice since the last call."""
        found = []
        while received := self._queue.receive():
            for each in received:
                event = json.loads(each["Body"])
                assert event["source"] == "smart-crop"
                found.append((event["detail-type"], event["detail"]))
                self._queue.sqs.delete_message(
                    QueueUrl=self._queue.url, ReceiptHandle=each["ReceiptHandle"]
                )
        return found

    def close(self) -> None:
        self._events.close()
        self._queue.sqs.close()


@pytest.fixture(scope="module")
def moto(bare_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto_server(tmp_path_factory.mktemp("moto") / "moto.log") as program:
        yield program.url


@pytest.fixture
def bus(s3: str, moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", moto)
    bus = Bus(moto)
    yield bus
    bus.close()


@pytest.fixture
def handle(make_handler: Callable[..., Handle], bus: Bus) -> Handle:
    """The handler of a deployment with an event bus."""
    return make_handler(job_records="failed", event_bus=bus.name)


FINISHED, FAILED = "Smart Crop Job Finished", "Smart Crop Job Failed"


def test_a_finished_job_is_noticed_with_its_record(
    handle: Handle, bus: Bus, bucket: Bucket, folder: str
) -> None:
    etag = bucket.put(f"{folder}/a.jpg")

    handle(s3_put(f"{folder}/a.jpg"))

    ((kind, detail),) = bus.notices()
    assert kind == FINISHED
    assert (detail["state"], detail["bucket"]) == ("done", UPLOADS)
    assert (detail["key"], detail["etag"]) == (f"{folder}/a.jpg", etag)
    assert bucket.result(f"{detail['folder']}/{detail['answer']['filename']}")
    assert detail["answer"]["width"] == 24
    assert "downloadUrl" not in detail["answer"]
    assert bucket.records() == []


def test_a_failed_job_is_noticed_with_its_error(
    handle: Handle, bus: Bus, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", b"no picture")

    handle(batch_task(f"{folder}/a.jpg"))

    ((kind, detail),) = bus.notices()
    assert (kind, detail["state"]) == (FAILED, "failed")
    assert detail["error"]["code"] == "INVALID_IMAGE"
    assert detail == bucket.record()


def test_ignored_objects_and_second_events_are_not_noticed(
    handle: Handle, bus: Bus, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    handle(messages([s3_put(f"{folder}/a.jpg")]))
    assert len(bus.notices()) == 1

    handle(messages([s3_put(f"{folder}/a.jpg", f"{folder}/", "a.txt", f"{folder}/a.pdf")]))

    assert bus.notices() == []


def test_a_job_that_fails_in_its_last_attempt_is_noticed(
    make_handler: Callable[..., Handle],
    bus: Bus,
    bucket: Bucket,
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket.put(f"{folder}/a.jpg")
    handle = make_handler(event_bus=bus.name, max_attempts=2)

    def crash(*_: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr("handler.jobs.service.run_job", crash)
    event = [s3_put(f"{folder}/a.jpg")]
    assert handle(messages(event, attempt=1)) == again(0)
    assert bus.notices() == []
    assert handle(messages(event, attempt=2)) == again(0)

    ((kind, detail),) = bus.notices()
    assert (kind, detail["error"]["code"]) == (FAILED, "INTERNAL")


def test_a_notice_that_the_bus_does_not_accept_is_sent_with_the_next_delivery(
    handle: Handle,
    bus: Bus,
    bucket: Bucket,
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
    logged: Callable[[], str],
) -> None:
    bucket.put(f"{folder}/a.jpg")
    event = [s3_put(f"{folder}/a.jpg")]
    with monkeypatch.context() as broken:
        broken.setattr("handler.aws.service_call.Service.call", _rejected)
        assert handle(messages(event)) == again(0)
    assert "notice not sent" in logged()
    made = bucket.results()
    assert set(made) == {f"{folder}/a_smartcrop.jpg"}

    assert handle(messages(event, attempt=2)) == again()

    assert [kind for kind, _ in bus.notices()] == [FINISHED]
    assert bucket.results() == made  # the picture was not cropped again


def _rejected(*_: object) -> dict[str, object]:
    entry = {"ErrorCode": "InternalException", "ErrorMessage": "try again"}
    return {"FailedEntryCount": 1, "Entries": [entry]}


@pytest.mark.parametrize("last", [messages, lambda _, attempt: batch_task("{key}")])
def test_a_missing_bus_makes_no_dead_letter(
    make_handler: Callable[..., Handle],
    bucket: Bucket,
    folder: str,
    last: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:1")
    bucket.put(f"{folder}/a.jpg")
    event = last([s3_put(f"{folder}/a.jpg")], attempt=5)
    for task in event.get("tasks", ()):
        task["s3Key"] = f"{folder}/a.jpg"

    answer = make_handler(event_bus="gone")(event)

    assert answer == again() or answer["results"][0]["resultCode"] == "Succeeded"
    assert bucket.result(f"{folder}/a_smartcrop.jpg")


def test_a_record_that_is_too_large_for_an_event_is_shortened(bus: Bus) -> None:
    answer = {"filename": "a.jpg", "warnings": ["é" * 1000] * 200}
    record = JobRecord(job_id=str(uuid4()), state="done", key="a.jpg", answer=answer)

    assert Notices(bus.name, None).send(record)

    ((kind, detail),) = bus.notices()
    assert (kind, detail["key"], detail["state"]) == (FINISHED, "a.jpg", "done")
    assert "answer" not in detail


def test_a_deployment_without_a_bus_sends_nothing(
    make_handler: Callable[..., Handle], bus: Bus, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")

    make_handler()(s3_put(f"{folder}/a.jpg"))

    assert bus.notices() == []
