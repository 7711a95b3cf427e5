"""Services of AWS in moto's server: SQS and EventBridge."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from mypy_boto3_sqs import SQSClient
from mypy_boto3_sqs.literals import QueueAttributeNameType

from tests.servers import Program, beside_python, free_ports, listens, running

REGION: Final = "us-east-1"
"""The region of the store in other tests, too."""


@contextmanager
def moto_server(log: Path) -> Iterator[Program]:
    """Start moto's server in another process, with state for one test or module."""
    (port,) = free_ports(1)
    command = [beside_python("moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with running(command, f"http://127.0.0.1:{port}", listens, log, {}) as program:
        yield program


@dataclass
class Queue:
    """A queue, as Lambda and another client see it."""

    sqs: SQSClient
    url: str

    def send(self, *bodies: object) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(body))

    def receive(self) -> list[Any]:
        """Return the messages that are visible, as SQS returns them."""
        received = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        return received.get("Messages", [])

    def event(self) -> dict[str, Any]:
        """Receive the messages that are visible, and return the event of Lambda for them."""
        return {
            "Records": [
                {
                    "messageId": each["MessageId"],
                    "receiptHandle": each["ReceiptHandle"],
                    "body": each["Body"],
                    "attributes": each["Attributes"],
                    "eventSource": "aws:sqs",
                }
                for each in self.receive()
            ]
        }

    def arn(self) -> str:
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        return found["Attributes"]["QueueArn"]


def session() -> boto3.Session:
    """Return a session with any credentials, which moto accepts."""
    return boto3.Session("id", "secret", region_name=REGION)


def create_queue(
    server: str, name: str, attributes: Mapping[QueueAttributeNameType, str] | None = None
) -> Queue:
    """Create a queue on moto's server."""
    sqs = session().client("sqs", endpoint_url=server)
    return Queue(sqs, sqs.create_queue(QueueName=name, Attributes=attributes or {})["QueueUrl"])
