"""The handler of the function for events, which answers each event source in its own form."""

from collections.abc import Callable
from typing import Any, Protocol

from handler.config import Config
from handler.events.messages import (
    Event,
    Message,
    Task,
    UploadedObject,
    is_batch_operation,
    is_queue,
    notified_objects,
    read_batch_job,
    read_messages,
)
from handler.events.notices import NoticeNotSent, Notices
from handler.events.object_crop import ObjectCropper
from handler.events.object_settings import DefaultSettings
from handler.events.outcome import Outcome
from handler.events.redelivery import Redelivery, delay_after
from handler.jobs.deployment import Deployment
from handler.storage import overlap
from handler.telemetry import log

# A job takes a second or two. One that begins with less time than this may be cut off.
_SECONDS_FOR_A_JOB = 10.0
# The last delivery of a message is tried with less time. A record of the attempt takes up to three
# seconds.
_SECONDS_FOR_THE_LAST = 4.0

# Outcomes in the terms of S3 Batch Operations.
_RESULT_CODES = {
    "done": "Succeeded",
    "ignored": "Succeeded",
    "failed": "PermanentFailure",
    "outside_store": "PermanentFailure",
}
_MAX_RESULT_STRING = 1000


class Context(Protocol):
    """The part of Lambda's context object that the handler uses."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function times out."""
        ...


Answer = dict[str, Any]
Handler = Callable[[Event, Context], Answer]


def create_handler(config: Config) -> Handler:
    """Return the handler of a deployment.

    Raises:
        ValueError: there is no store of uploads, or the store of results overlaps it or the other
            bucket.
    """
    if config.uploads is None:
        raise ValueError("SMART_CROP_UPLOADS is not set")
    if name := overlap(config.store, config.uploads, config.existing_bucket):
        raise ValueError(
            f"SMART_CROP_STORE must not overlap {name}: results would be cropped again"
        )
    if config.memory_name == "HttpMemory":
        config = config.model_copy(update={"memory_name": "EventsMemory"})
    deployment = Deployment(config)
    default = DefaultSettings(config.default_settings)
    notices = Notices(config.event_bus, deployment.credentials)
    queue = Redelivery(config.uploads_queue, deployment.credentials)

    def handler(event: Event, context: Context) -> Answer:
        cropper = ObjectCropper(deployment, default, notices, context.aws_request_id)
        if is_queue(event):
            return _Messages(cropper, context, queue, config.max_attempts).process(event)
        invocation = _Invocation(cropper, context)
        if is_batch_operation(event):
            return invocation.batch_operation(event)
        return invocation.notification(event)

    return handler


def _remaining_seconds(context: Context) -> float:
    return context.get_remaining_time_in_millis() / 1000


class _Messages:
    """The messages of a batch from SQS.

    Powertools has a batch processor, which does no more than these lines. It would add 80 ms of
    CPU time to a cold start of 550 ms, measured side by side.
    """

    def __init__(
        self, cropper: ObjectCropper, context: Context, queue: Redelivery, max_attempts: int
    ) -> None:
        self._cropper = cropper
        self._context = context
        self._queue = queue
        self._max_attempts = max_attempts

    def process(self, event: Event) -> Answer:
        """Process a batch, and return the messages to redeliver."""
        messages = read_messages(event)
        again = {}
        # Those that have waited longest come first, so that no message runs out of deliveries
        # because others of its batches took the time.
        for each in sorted(messages, key=lambda message: -message.attempt):
            delay = self._message(each)
            if delay is not None:
                again[each] = delay
        self._queue.schedule(again)
        failed = [each.id for each in messages if each in again]
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}

    def _message(self, message: Message) -> int | None:
        """Process a message, and return the seconds until another attempt; None if it is done."""
        is_last = message.attempt >= self._max_attempts
        least = _SECONDS_FOR_THE_LAST if is_last else _SECONDS_FOR_A_JOB
        if _remaining_seconds(self._context) < least:
            self._log("not enough time left, message will be redelivered", message)
            return 0
        try:
            for object_ in message.objects():
                self._crop(object_, message, is_last=is_last)
        except Exception as error:
            self._log("message will be redelivered", message, error)
            return delay_after(message.attempt)
        return None

    def _crop(self, object_: UploadedObject, message: Message, *, is_last: bool) -> None:
        try:
            self._cropper.crop(object_, message.attempt, _remaining_seconds(self._context))
        except NoticeNotSent:
            # The result exists: a notice alone makes no dead letter.
            if not is_last:
                raise

    def _log(self, text: str, message: Message, failure: Exception | None = None) -> None:
        log(
            text,
            failure=failure,
            message_id=message.id,
            attempt=message.attempt,
            request_id=self._context.aws_request_id,
        )


class _Invocation:
    """Objects that are not in messages of a queue."""

    def __init__(self, cropper: ObjectCropper, context: Context) -> None:
        self._cropper = cropper
        self._context = context

    def batch_operation(self, event: Event) -> Answer:
        """Process tasks of S3 Batch Operations, which retries those with a temporary failure."""
        job = read_batch_job(event)
        return {
            "invocationSchemaVersion": job.schema_version,
            "treatMissingKeysAs": "TemporaryFailure",
            "invocationId": job.invocation_id,
            "results": [self._task(task) for task in job.tasks],
        }

    def _task(self, task: Task) -> Answer:
        try:
            outcome = self._crop(task.object)
        except Exception as error:
            request_id = self._context.aws_request_id
            log("task will be retried", failure=error, task_id=task.id, request_id=request_id)
            code, text = "TemporaryFailure", str(error)
        else:
            code, text = _RESULT_CODES[outcome.state], outcome.text
        return {"taskId": task.id, "resultCode": code, "resultString": text[:_MAX_RESULT_STRING]}

    def notification(self, event: Event) -> Answer:
        """Process a notification of S3 or EventBridge that invokes the function directly.

        Raises:
            Exception: at least one object has to be retried; the error of the first of them.
        """
        outcomes: list[Outcome] = []
        failures: list[Exception] = []
        for object_ in notified_objects(event):
            try:
                outcomes.append(self._crop(object_))
            except Exception as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return {"outcomes": [{"state": each.state, "text": each.text} for each in outcomes]}

    def _crop(self, object_: UploadedObject) -> Outcome:
        try:
            return self._cropper.crop(object_, 1, _remaining_seconds(self._context))
        except NoticeNotSent as error:  # it is logged
            return error.outcome
