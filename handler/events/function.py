"""The handler of the function for events, which answers each event source in its own form."""

from collections.abc import Callable
from typing import Any, Protocol

from handler.config import Config
from handler.events.messages import (
    Event,
    Message,
    Task,
    is_batch_operation,
    is_queue,
    notified_objects,
    read_batch_job,
    read_messages,
)
from handler.events.object_crop import ObjectCropper, Outcome
from handler.jobs.deployment import Deployment
from handler.settings import parse_settings
from handler.telemetry import log

# A job takes a second or two. One that begins with less time than this may be cut off.
_SECONDS_FOR_A_JOB = 10.0

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
        ValueError: there is no store of uploads, or it overlaps the store of results.
        SettingsNotJson, InvalidSettings: the default settings are rejected.
    """
    if config.uploads is None:
        raise ValueError("SMART_CROP_UPLOADS is not set")
    if _overlap(config.store, config.uploads):
        raise ValueError(
            "SMART_CROP_STORE must not overlap SMART_CROP_UPLOADS: results would be cropped again"
        )
    default = parse_settings(config.default_settings)
    deployment = Deployment(config)

    def handler(event: Event, context: Context) -> Answer:
        cropper = ObjectCropper(deployment, default, context.aws_request_id)
        invocation = _Invocation(cropper, context)
        if is_queue(event):
            return invocation.messages(event)
        if is_batch_operation(event):
            return invocation.batch_operation(event)
        return invocation.notification(event)

    return handler


class _Invocation:
    def __init__(self, cropper: ObjectCropper, context: Context) -> None:
        self._cropper = cropper
        self._context = context

    def messages(self, event: Event) -> Answer:
        """Process a batch of messages from SQS, and return those to redeliver.

        Powertools has a batch processor, which does no more than these lines. It would add 80 ms of
        CPU time to a cold start of 550 ms, measured side by side.
        """
        failed = [each.id for each in read_messages(event) if not self._message(each)]
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}

    def _message(self, message: Message) -> bool:
        request_id = self._context.aws_request_id
        if self._remaining_seconds() < _SECONDS_FOR_A_JOB:
            log(
                "not enough time left, message will be redelivered",
                message_id=message.id,
                request_id=request_id,
            )
            return False
        try:
            for object_ in message.objects():
                self._cropper.crop(object_, message.attempt, self._remaining_seconds())
        except Exception as error:
            log(
                "message will be redelivered",
                failure=error,
                message_id=message.id,
                attempt=message.attempt,
                request_id=request_id,
            )
            return False
        return True

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
            outcome = self._cropper.crop(task.object, 1, self._remaining_seconds())
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
                outcomes.append(self._cropper.crop(object_, 1, self._remaining_seconds()))
            except Exception as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return {"outcomes": [{"state": each.state, "text": each.text} for each in outcomes]}

    def _remaining_seconds(self) -> float:
        return self._context.get_remaining_time_in_millis() / 1000


def _overlap(one: str, other: str) -> bool:
    """Return whether one store is inside the other."""
    paths = [f"{url.rstrip('/')}/" for url in (one, other)]
    return paths[0].startswith(paths[1]) or paths[1].startswith(paths[0])
