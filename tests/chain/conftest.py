"""The deployed chain on moto: buckets, the notification, the queue and its dead letters."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from mypy_boto3_s3 import S3Client
from mypy_boto3_sqs import SQSClient

from tests.emulator import Function, emulated
from tests.servers import Program, beside_python, free_ports, listens, running

UPLOADS, RESULTS = "uploads", "results"
MAX_RECEIVES = 3
REGION: Final = "eu-central-1"


@dataclass
class Chain:
    """S3 and SQS as deployed, and Lambda's delivery between them."""

    s3: S3Client
    sqs: SQSClient
    queue: str
    dead: str
    notices: str
    environment: Mapping[str, str]

    def deliver(self, function: Function) -> int:
        """Deliver all waiting messages to the function, as Lambda does, and return their number."""
        delivered = 0
        while received := self._receive(self.queue):
            event = {"Records": [_record(each) for each in received]}
            answer = function.invoke(event)
            again = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            for each in received:
                receipt = each["ReceiptHandle"]
                if each["MessageId"] in again:  # as if its visibility timeout had passed
                    self.sqs.change_message_visibility(
                        QueueUrl=self.queue, ReceiptHandle=receipt, VisibilityTimeout=0
                    )
                else:
                    self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=receipt)
            delivered += len(received)
        return delivered

    def dead_letters(self) -> list[str]:
        """Return the bodies of the dead letters."""
        return [each["Body"] for each in self._receive(self.dead)]

    def noticed(self) -> list[tuple[str, str]]:
        """Return the type and the key of each notice since the last call."""
        found = []
        while received := self._receive(self.notices):
            for each in received:
                event = json.loads(each["Body"])
                found.append((event["detail-type"], event["detail"]["key"]))
                self.sqs.delete_message(QueueUrl=self.notices, ReceiptHandle=each["ReceiptHandle"])
        return found

    def record(self, job_id: str) -> dict[str, Any]:
        data = self.s3.get_object(Bucket=RESULTS, Key=f"jobs/{job_id}.json")["Body"].read()
        return dict(json.loads(data))

    def results(self) -> set[str]:
        listed = self.s3.list_objects_v2(Bucket=RESULTS).get("Contents", [])
        return {each["Key"] for each in listed}

    def _receive(self, queue: str) -> list[Any]:
        received = self.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=5, MessageSystemAttributeNames=["All"]
        )
        return received.get("Messages", [])


def _record(message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:uploads",
        "awsRegion": REGION,
    }


@pytest.fixture(scope="module")
def moto(bare_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """moto's server in another process, with buckets for these tests only."""
    (port,) = free_ports(1)
    command = [beside_python("moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    log = tmp_path_factory.mktemp("moto") / "moto.log"
    with running(command, f"http://127.0.0.1:{port}", listens, log, {}) as program:
        yield program


@pytest.fixture(scope="module")
def chain(moto: Program) -> Iterator[Chain]:
    environment = {
        "AWS_ENDPOINT_URL": moto.url,
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": REGION,
        "SMART_CROP_STORE": f"s3://{RESULTS}",
        "SMART_CROP_UPLOADS": f"s3://{UPLOADS}",
        "SMART_CROP_DEFAULT_SETTINGS": '{"width":24,"height":16}',
        "SMART_CROP_MAX_ATTEMPTS": str(MAX_RECEIVES),
    }
    session = boto3.Session("id", "secret", region_name=REGION)
    s3 = session.client("s3", endpoint_url=moto.url)
    sqs = session.client("sqs", endpoint_url=moto.url)
    for bucket in (UPLOADS, RESULTS):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": _arn(sqs, dead), "maxReceiveCount": MAX_RECEIVES}
    queue = sqs.create_queue(
        QueueName="uploads", Attributes={"RedrivePolicy": json.dumps(redrive)}
    )["QueueUrl"]
    s3.put_bucket_notification_configuration(
        Bucket=UPLOADS,
        NotificationConfiguration={
            "QueueConfigurations": [
                {"QueueArn": _arn(sqs, queue), "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )
    environment["SMART_CROP_UPLOADS_QUEUE"] = queue
    environment["SMART_CROP_EVENT_BUS"] = "default"
    notices = sqs.create_queue(QueueName="notices")["QueueUrl"]
    events = session.client("events", endpoint_url=moto.url)
    events.put_rule(Name="notices", EventPattern=json.dumps({"source": ["smart-crop"]}))
    events.put_targets(Rule="notices", Targets=[{"Id": "queue", "Arn": _arn(sqs, notices)}])
    events.close()
    yield Chain(s3, sqs, queue, dead, notices, environment)
    s3.close()
    sqs.close()


def _arn(sqs: SQSClient, queue: str) -> str:
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return found["Attributes"]["QueueArn"]


@pytest.fixture(scope="module")
def function(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    """The function for events, in the emulator."""
    log: Path = tmp_path_factory.mktemp("chain") / "function.log"
    with emulated("handler.lambda_events.handler", chain.environment, log) as function:
        yield function
