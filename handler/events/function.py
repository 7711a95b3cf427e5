"""The function: takes an event of any shape, and answers in the words of who sent it."""

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

# A job takes a second or two; one that is begun with less is likely to be cut off.
_SECONDS_FOR_A_JOB = 10.0

# What S3 Batch Operations calls outcomes.
_RESULT_CODES = {
    "done": "Succeeded",
    "ignored": "Succeeded",
    "failed": "PermanentFailure",
    "outside_store": "PermanentFailure",
}
_MAX_RESULT_STRING = 1000


class Context(Protocol):
    """What is used of Lambda's context."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        ...


Answer = dict[str, Any]
Handler = Callable[[Event, Context], Answer]


def create_handler(config: Config) -> Handler:
    """Build the function for a deployment.

    Raises:
        ValueError: the stores are not configured, or results would be uploads themselves.
        SettingsNotJson, InvalidSettings: the default settings are wrong.
    """
    if config.uploads is None:
        raise ValueError("SMART_CROP_UPLOADS is not set")
    if _overlap(config.store, config.uploads):
        raise ValueError("Results must not go where uploads are: each would be cropped again")
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
        """A batch from SQS; messages that are answered come again, and no others.

        Powertools has a batch processor. Loading it would take 80 ms of CPU at a cold start that
        takes 550 without it, measured side by side, and do no more than these lines.
        """
        again = [each.id for each in read_messages(event) if not self._message(each)]
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in again]}

    def _message(self, message: Message) -> bool:
        request_id = self._context.aws_request_id
        if self._remaining_seconds() < _SECONDS_FOR_A_JOB:
            log("too late to begin", message_id=message.id, request_id=request_id)
            return False
        try:
            for object_ in message.objects():
                self._cropper.crop(object_, message.attempt, self._remaining_seconds())
        except Exception as error:
            log(
                "message comes again",
                failure=error,
                message_id=message.id,
                attempt=message.attempt,
                request_id=request_id,
            )
            return False
        return True

    def batch_operation(self, event: Event) -> Answer:
        """Tasks of S3 Batch Operations, which tries those again that failed for now."""
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
            log("task comes again", failure=error, task_id=task.id, request_id=request_id)
            code, text = "TemporaryFailure", str(error)
        else:
            code, text = _RESULT_CODES[outcome.state], outcome.text
        return {"taskId": task.id, "resultCode": code, "resultString": text[:_MAX_RESULT_STRING]}

    def notification(self, event: Event) -> Answer:
        """One of S3 or EventBridge, invoking the function itself.

        Raises:
            Exception: of the objects that have to be tried again, the first one's.
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
    """Whether one store is inside the other."""
    paths = [f"{url.rstrip('/')}/" for url in (one, other)]
    return paths[0].startswith(paths[1]) or paths[1].startswith(paths[0])
