"""The objects that the events of each source name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.events.messages import (
    MalformedEvent,
    UploadedObject,
    is_batch_operation,
    is_queue,
    notified_objects,
    read_batch_job,
    read_messages,
)
from tests.conftest import UPLOADS
from tests.events.notifications import (
    KEY,
    batch_task,
    event_bridge,
    load,
    messages,
    s3_put,
)

ETAG = "d41d8cd98f00b204e9800998ecf8427e"
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def objects_of(event: dict[str, Any]) -> list[UploadedObject]:
    """Return the objects that an event of any source names."""
    if is_queue(event):
        return [each for message in read_messages(event) for each in message.objects()]
    if is_batch_operation(event):
        return [task.object for task in read_batch_job(event).tasks]
    return notified_objects(event)


@pytest.mark.parametrize(
    ("name", "etag"),
    [
        ("s3-put", ETAG),
        ("sqs-s3-put", ETAG),
        ("eventbridge-object-created", ETAG),
        ("sqs-eventbridge", ETAG),
        ("batch-operations-1.0", None),
        ("batch-operations-2.0", None),
    ],
)
def test_each_event_source_names_the_same_object(name: str, etag: str | None) -> None:
    assert objects_of(load(name)) == [UploadedObject(UPLOADS, KEY, etag=etag)]


@given(key=KEYS)
def test_keys_of_s3_are_decoded(key: str) -> None:
    expected = [UploadedObject(UPLOADS, key, etag=ETAG)]

    assert objects_of(s3_put(key)) == expected
    assert objects_of(messages([s3_put(key)])) == expected
    for schema in ("1.0", "2.0"):
        assert objects_of(batch_task(key, schema)) == [UploadedObject(UPLOADS, key)]


@given(key=KEYS)
def test_keys_of_event_bridge_are_not_encoded(key: str) -> None:
    assert objects_of(event_bridge(key)) == [UploadedObject(UPLOADS, key, etag=ETAG)]


def test_the_version_is_read_from_a_task_and_ignored_in_a_notification() -> None:
    task, put = batch_task("a.jpg"), s3_put("a.jpg")
    task["tasks"][0]["s3VersionId"] = "v1"
    put["Records"][0]["s3"]["object"]["versionId"] = "v1"

    assert [each.version for each in objects_of(task)] == ["v1"]
    assert [each.version for each in objects_of(put)] == [None]


def test_several_records_are_several_objects() -> None:
    assert [each.key for each in objects_of(s3_put("a.jpg", "b.jpg"))] == ["a.jpg", "b.jpg"]
    assert [
        each.key for each in objects_of(messages([s3_put("a.jpg", "b.jpg"), s3_put("c.jpg")]))
    ] == [
        "a.jpg",
        "b.jpg",
        "c.jpg",
    ]


@pytest.mark.parametrize(
    "event",
    [
        load("s3-test"),
        s3_put("a.jpg", name="ObjectRemoved:Delete"),
        s3_put("a.jpg", name="ObjectRestore:Completed"),
        s3_put("a.jpg", name="ObjectCreatedNot"),
        event_bridge("a.jpg", "Object Deleted"),
        {"detail-type": "Object Tags Added", "detail": {}},
        {"Records": []},
    ],
)
def test_events_without_a_new_object_are_ignored(event: dict[str, Any]) -> None:
    assert objects_of(event) == []
    assert objects_of(messages([event])) == []


@pytest.mark.parametrize("name", ["s3:ObjectCreated:Put", "ObjectCreated:CompleteMultipartUpload"])
def test_every_event_name_of_a_created_object_is_accepted(name: str) -> None:
    assert [each.key for each in objects_of(s3_put("a.jpg", name=name))] == ["a.jpg"]


MALFORMED: list[Any] = [
    {},
    {"key": "a.jpg"},
    {"Event": "s3:OtherEvent"},
    {"Records": None},
    {"Records": [{}]},
    {"Records": ["a.jpg"]},
    {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}}}]},
    {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "k"}}}]},
    {"Records": [{"eventName": "s3:\ud800", "s3": s3_put("a.jpg")["Records"][0]["s3"]}]},
    {"detail-type": "Object Created"},
    {"detail-type": "Object Created", "detail": {"bucket": {"name": 1}, "object": {"key": "k"}}},
    event_bridge("photos/\ud800.jpg"),
]


@pytest.mark.parametrize("event", [*MALFORMED, [], "text", None, 5])
def test_an_unknown_event_is_malformed(event: object) -> None:
    with pytest.raises(MalformedEvent):
        notified_objects(event)
    (message,) = read_messages(messages([json.dumps(event)]))
    with pytest.raises(MalformedEvent):
        message.objects()


@pytest.mark.parametrize("body", ["{", "[" * 100_000])
def test_a_message_that_is_not_json_is_malformed(body: str) -> None:
    (message,) = read_messages(messages([body]))
    with pytest.raises(MalformedEvent):
        message.objects()


@pytest.mark.parametrize(
    "event",
    [
        {"invocationSchemaVersion": "1.0"},
        {**batch_task("a.jpg"), "tasks": [{}]},
        {**batch_task("a.jpg"), "tasks": [{"taskId": "\ud800", "s3Key": "a.jpg"}]},
    ],
)
def test_a_task_without_an_object_is_malformed(event: dict[str, Any]) -> None:
    assert is_batch_operation(event)
    with pytest.raises(MalformedEvent):
        read_batch_job(event)


def test_deliveries_are_counted() -> None:
    (first,), (third,) = read_messages(messages(["{}"])), read_messages(messages(["{}"], attempt=3))

    assert (first.attempt, third.attempt) == (1, 3)
