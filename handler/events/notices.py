"""Notices of ended jobs: events of EventBridge.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from typing import Any

from handler.aws.credentials import ContainerCredentials
from handler.aws.endpoints import endpoint
from handler.aws.service_call import CallFailed, Service
from handler.events.object_outcome import Outcome
from handler.storage import JobRecord
from handler.telemetry import log

SOURCE = "smart-crop"
FINISHED, FAILED = "Smart Crop Job Finished", "Smart Crop Job Failed"

_ENDPOINTS = ("AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL")
# EventBridge accepts 256 KB for an event: its detail, and a few short texts.
_MAX_DETAIL_BYTES = 255 * 1024


class NoticeNotSent(Exception):
    """Raised if a job has ended, and the event bus did not accept the notice of it.

    Attributes:
        outcome: the outcome of the job.
    """

    def __init__(self, outcome: Outcome) -> None:
        """Keep the outcome of the job."""
        super().__init__("the event bus did not accept the notice")
        self.outcome = outcome


class Notices:
    """The notices of a deployment. Each is sent at least once; their order is not defined."""

    def __init__(self, bus: str | None, credentials: ContainerCredentials | None) -> None:
        """Bind an event bus.

        Args:
            bus: its name or ARN; None to send nothing.
            credentials: of the deployment; None for those that the usual variables name.
        """
        self._bus = bus
        self._service = Service(
            "events", endpoint("events", *_ENDPOINTS), "AWSEvents", "1.1", credentials
        )

    def send(self, record: JobRecord) -> bool:
        """Send the notice of an ended job, and return whether the bus accepted it."""
        if self._bus is None:
            return True
        entry = {
            "Source": SOURCE,
            "DetailType": FINISHED if record.state == "done" else FAILED,
            "Detail": _detail(record),
            "EventBusName": self._bus,
        }
        try:
            answer = self._service.call("PutEvents", {"Entries": [entry]})
            if answer.get("FailedEntryCount"):
                raise CallFailed(_reason(answer))
        except CallFailed as error:
            log("notice not sent", failure=error, job_id=record.job_id)
            return False
        return True


def _detail(record: JobRecord) -> str:
    """Return the record as JSON, without the answer if it is too large."""
    text = record.model_dump_json(by_alias=True, exclude_none=True)
    if len(text.encode()) <= _MAX_DETAIL_BYTES:
        return text
    return record.model_dump_json(by_alias=True, exclude_none=True, exclude={"answer", "settings"})


def _reason(answer: dict[str, Any]) -> str:
    failed = (each for each in answer.get("Entries", ()) if each.get("ErrorCode"))
    first: dict[str, Any] = next(failed, {})
    return f"{first.get('ErrorCode')}: {first.get('ErrorMessage')}"
