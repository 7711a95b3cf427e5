"""The time after which SQS delivers a message again.

Without it, a failed message stays hidden for the visibility timeout of the queue, which is six
times the function's timeout.

SQS counts every delivery, and moves a message to the dead letters after the last one; nothing
undoes the count of a message that had no time. Therefore the function begins with the messages that
were delivered most often, and tries the last delivery of a message even if little time is left. No
message becomes a dead letter without an attempt at it.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from handler.aws.credentials import ContainerCredentials
from handler.aws.service_call import CallFailed, Service
from handler.events.messages import Message
from handler.telemetry import log

_ENDPOINT = "AWS_ENDPOINT_URL_SQS"
_FIRST_DELAY = 10
# Deployments may allow many deliveries; a message should not wait for hours.
_LONGEST_DELAY = 900
# Of the entries of one call.
_MOST_ENTRIES = 10


def delay_after(attempt: int) -> int:
    """Return the seconds until a message is delivered again: 10, 20, 40, 80 and so on.

    Args:
        attempt: number of the delivery that failed, from 1.
    """
    return int(min(_FIRST_DELAY * 2 ** min(attempt - 1, 10), _LONGEST_DELAY))


class Redelivery:
    """The queue that messages come from, as far as the function changes their visibility."""

    def __init__(self, url: str | None, credentials: ContainerCredentials | None) -> None:
        """Bind a queue.

        Args:
            url: its URL; None to leave the visibility to the queue.
            credentials: of the deployment; None for those that the usual variables name.
        """
        self._url = url
        parts = urlsplit(url or "")
        # The address of a queue begins with that of the service.
        address = os.environ.get(_ENDPOINT) or f"{parts.scheme}://{parts.netloc}"
        self._service = Service("sqs", address, "AmazonSQS", "1.0", credentials)

    def schedule(self, seconds: Mapping[Message, int]) -> None:
        """Set the time after which messages are delivered again. A failure is logged only.

        Args:
            seconds: time for each message.
        """
        if self._url is None:
            return
        waiting = [(message, delay) for message, delay in seconds.items() if message.receipt]
        for start in range(0, len(waiting), _MOST_ENTRIES):
            self._change(self._url, waiting[start : start + _MOST_ENTRIES])

    def _change(self, url: str, part: Sequence[tuple[Message, int]]) -> None:
        entries: list[dict[str, Any]] = [
            {
                "Id": str(number),
                "ReceiptHandle": message.receipt,
                "VisibilityTimeout": delay,
            }
            for number, (message, delay) in enumerate(part)
        ]
        try:
            answer = self._service.call(
                "ChangeMessageVisibilityBatch", {"QueueUrl": url, "Entries": entries}
            )
        except CallFailed as error:
            log("visibility not changed", failure=error)
            return
        for each in answer.get("Failed", ()):
            log("visibility not changed", reason=each.get("Code"))
