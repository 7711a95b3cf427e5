"""Messages of S3, SQS, EventBridge and S3 Batch Operations about new objects.

The models are this package's own. The data classes of Powertools do not validate, decode the keys
of EventBridge, which are not encoded, and load those of all other AWS services at a cold start.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self
from urllib.parse import unquote_plus

from msgspec import Struct
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from handler.problems import shown
from handler.settings.strict_json import parse_json
from handler.settings.validation import problems_of, rejection
from handler.telemetry import log

Event = Mapping[str, Any]


class MalformedEvent(ValueError):
    """Raised if an event has none of the known forms. The queue keeps it as a dead letter."""


class UploadedObject(Struct, frozen=True):
    """An object that an event names.

    Attributes:
        bucket: name of its bucket.
        key: its key, decoded.
        version: id of the version to read; None for the current one. The version in a notification
            of a new object is ignored: notifications arrive in any order, and the result has to be
            that of the newest version.
        etag: its ETag at the time of the event, if the event has one.
    """

    bucket: str
    key: str
    version: str | None = None
    etag: str | None = None


class Message(Struct, frozen=True):
    """A message of a queue.

    Attributes:
        id: id of the message.
        body: its text.
        attempt: number of its delivery, from 1.
        receipt: handle of the delivery, by which its visibility is changed.
    """

    id: str
    body: str
    attempt: int
    receipt: str = ""

    def objects(self) -> list[UploadedObject]:
        """Return the new objects that the message names.

        Raises:
            MalformedEvent: the message is no notification.
        """
        try:
            notification = parse_json(self.body)
        except ValueError as error:
            raise MalformedEvent(
                f"message: expected valid JSON, received {shown(self.body)}"
            ) from error
        return notified_objects(notification)


class Task(Struct, frozen=True):
    """One object of an S3 Batch Operations job."""

    id: str
    object: UploadedObject


class BatchJob(Struct, frozen=True):
    """An invocation by S3 Batch Operations, which expects two of its values in the answer."""

    schema_version: str
    invocation_id: str
    tasks: list[Task]


def _check_encodable(text: str) -> str:
    """Reject lone surrogates, which JSON can escape. No name or id in AWS has them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise rejection("text that UTF-8 can encode", shown(text)) from None
    return text


_Text = Annotated[str, AfterValidator(_check_encodable)]


class _EventModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    @classmethod
    def read(cls, event: object) -> Self:
        try:
            return cls.model_validate(event)
        except ValidationError as error:
            problems = problems_of(error, cls, "event")
            raise MalformedEvent("; ".join(each.message for each in problems)) from None


class _Bucket(_EventModel):
    name: _Text


class _Object(_EventModel):
    key: _Text
    e_tag: _Text | None = None


class _Entity(_EventModel):
    bucket: _Bucket
    object: _Object


class _Record(_EventModel):
    event_name: _Text
    s3: _Entity


class _Notification(_EventModel):
    records: list[_Record] = Field(alias="Records")


class _BridgeObject(_EventModel):
    key: _Text
    etag: _Text | None = None


class _BridgeDetail(_EventModel):
    bucket: _Bucket
    object: _BridgeObject


class _BridgeEvent(_EventModel):
    detail: _BridgeDetail


class _MessageAttributes(_EventModel):
    receive_count: int = Field(default=1, alias="ApproximateReceiveCount")


class _Message(_EventModel):
    message_id: _Text
    body: str
    receipt_handle: str = ""
    attributes: _MessageAttributes = _MessageAttributes()


class _Queue(_EventModel):
    records: list[_Message] = Field(alias="Records")


class _Task(_EventModel):
    task_id: _Text
    s3_key: _Text
    s3_version_id: _Text | None = None
    s3_bucket_arn: _Text | None = None  # schema version 1.0
    s3_bucket: _Text | None = None  # schema version 2.0


class _BatchOperation(_EventModel):
    invocation_schema_version: _Text
    invocation_id: _Text
    tasks: list[_Task]


def is_queue(event: Event) -> bool:
    """Return whether an event is a batch of messages from SQS."""
    records = event.get("Records")
    return (
        isinstance(records, list)
        and bool(records)
        and isinstance(records[0], dict)
        and records[0].get("eventSource") == "aws:sqs"
    )


def is_batch_operation(event: Event) -> bool:
    """Return whether an event is an invocation by S3 Batch Operations."""
    return "invocationSchemaVersion" in event


def read_messages(event: Event) -> list[Message]:
    """Return the messages of a batch from SQS.

    Raises:
        MalformedEvent: the event is no such batch.
    """
    return [
        Message(each.message_id, each.body, each.attributes.receive_count, each.receipt_handle)
        for each in _Queue.read(event).records
    ]


def read_batch_job(event: Event) -> BatchJob:
    """Return the tasks of S3 Batch Operations, in either version of its schema.

    Raises:
        MalformedEvent: the event is no such invocation.
    """
    batch = _BatchOperation.read(event)
    tasks = []
    for task in batch.tasks:
        bucket = task.s3_bucket or (task.s3_bucket_arn or "").rpartition(":")[2]
        key = unquote_plus(task.s3_key)
        tasks.append(Task(task.task_id, UploadedObject(bucket, key, task.s3_version_id or None)))
    return BatchJob(batch.invocation_schema_version, batch.invocation_id, tasks)


def notified_objects(notification: object) -> list[UploadedObject]:
    """Return the new objects that a notification of S3 or EventBridge names.

    Notifications of anything else are ignored, also the test event of S3 for a new configuration.

    Raises:
        MalformedEvent: the event is no notification.
    """
    if not isinstance(notification, Mapping):
        raise MalformedEvent(f"event: expected an object, received {shown(notification)}")
    for field, read in _NOTIFICATIONS.items():
        if field in notification:
            return read(notification)
    raise MalformedEvent(_unknown(notification))


def _unknown(event: object) -> str:
    return f"event: expected a notification of S3 or EventBridge, received {shown(event)}"


def _from_s3(notification: Event) -> list[UploadedObject]:
    objects = []
    for record in _Notification.read(notification).records:
        if record.event_name.removeprefix("s3:").startswith("ObjectCreated:"):
            key = unquote_plus(record.s3.object.key)
            objects.append(UploadedObject(record.s3.bucket.name, key, etag=record.s3.object.e_tag))
        else:
            log("event ignored", reason=record.event_name)
    return objects


def _from_event_bridge(event: Event) -> list[UploadedObject]:
    if event["detail-type"] != "Object Created":
        log("event ignored", reason=event["detail-type"])
        return []
    detail = _BridgeEvent.read(event).detail
    return [UploadedObject(detail.bucket.name, detail.object.key, etag=detail.object.etag)]


def _from_new_configuration(event: Event) -> list[UploadedObject]:
    if event["Event"] != "s3:TestEvent":
        raise MalformedEvent(_unknown(event))
    log("event ignored", reason=event["Event"])
    return []


_NOTIFICATIONS: dict[str, Callable[[Event], list[UploadedObject]]] = {
    "Records": _from_s3,
    "detail-type": _from_event_bridge,
    "Event": _from_new_configuration,
}
"""Readers by the field that only their kind of notification has."""

FREQUENT: tuple[type[BaseModel], ...] = (_Queue, _Notification, _BridgeEvent)
"""The models of uploads, which are read from a queue."""
