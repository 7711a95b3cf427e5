"""Flows through the code of the service, under the roles of a deployment.

A flow is a method that fails if the role lacks a permission. The functions run in this process, in
front of a proxy that can fail requests.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.aws import credentials
from handler.config import Config
from handler.events import create_handler, redelivery
from handler.storage import object_store
from tests.api.calls import CROP, PORTRAIT, small
from tests.cloud.deployment import Deployment
from tests.events.conftest import FakeContext
from tests.events.notifications import again, batch_task, event_bridge, messages, s3_put
from tests.faulty_store import FaultyStore
from tests.pictures import decoded, encoded, noise

EXISTING, PREFIX = "others-pictures", "team/"
BUS, NOTICES = "pictures", "notices"
_SMALL = {"width": 24, "height": 16}
# As PNG, this result is larger than the parts of a multipart upload.
_LARGE = {"width": 1500, "height": 1500, "format": "png"}
_NOISE = encoded(noise(900, 900), "JPEG")


@contextmanager
def variables(environment: Mapping[str, str]) -> Iterator[None]:
    """Run code with only these variables of AWS and the service."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("AWS_", "SMART_CROP_")):
                patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        # A request that is refused should not be repeated for long.
        patch.setattr(object_store, "_RETRY_TIMEOUT", timedelta(milliseconds=300))
        patch.setattr(redelivery, "_FIRST_DELAY", 1)
        credentials.session.cache_clear()
        yield


class Flows:
    """The flows of one role.

    Attributes:
        deployment: the deployment.
        role: path of the role in the template.
        credentials: credentials of the role.
    """

    role = ""

    def __init__(self, deployment: Deployment, proxy: FaultyStore) -> None:
        """Bind a deployment, and a proxy in front of its account."""
        self.deployment = deployment
        self.credentials = deployment.role(self.role)
        outputs = deployment.outputs()
        self.uploads, self.results = outputs["UploadsBucket"], outputs["ResultsBucket"]
        self._proxy = proxy
        self._root = deployment.account.client("s3")

    def run(self, name: str) -> None:
        """Run a flow.

        Raises:
            Exception: the flow does not work.
        """
        flow: Callable[[], None] = getattr(self, name)
        with variables(self.environment()):
            flow()

    def client(self, service: str) -> Any:
        """Return a client with the credentials of the role, for the calls that AWS makes itself."""
        return self.deployment.account.client(service, self.credentials)

    def environment(self) -> dict[str, str]:
        """Return the environment of the function."""
        return {
            **self.deployment.account.environment(self.credentials),
            "AWS_ENDPOINT_URL": self._proxy.url,
        }

    def _variables_of(self, function: str, qualifier: str) -> dict[str, str]:
        configured = self.deployment.account.client("lambda").get_function_configuration(
            FunctionName=self.deployment.physical_id(function), Qualifier=qualifier
        )
        found: dict[str, str] = configured["Environment"]["Variables"]
        return found

    def put(self, key: str, data: bytes = PORTRAIT, bucket: str | None = None) -> str:
        """Put an object as another program does, and return the id of its version."""
        put = self._root.put_object(Bucket=bucket or self.uploads, Key=key, Body=data)
        return str(put.get("VersionId", ""))

    def result(self, key: str) -> bytes:
        """Return the bytes of a result, as another program does."""
        found: bytes = self._root.get_object(Bucket=self.results, Key=key)["Body"].read()
        return found

    @contextmanager
    def _failing_uploads_of_results(self) -> Iterator[None]:
        results = f"/{self.results}/"

        def fault(method: str, path: str) -> Literal["refuse"] | None:
            return "refuse" if method == "PUT" and path.startswith(results) else None

        self._proxy.fault = fault
        try:
            yield
        finally:
            self._proxy.repair()

    def _no_parts_are_left(self) -> None:
        left = self._root.list_multipart_uploads(Bucket=self.results).get("Uploads", [])
        for each in left:
            self._root.abort_multipart_upload(
                Bucket=self.results, Key=each["Key"], UploadId=each["UploadId"]
            )
        assert left == []

    def write_logs(self, group: str) -> None:
        """Write a line to a log group, as Lambda does with the role of a function."""
        logs, stream = self.client("logs"), str(uuid4())
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        line = {"timestamp": int(time.time() * 1000), "message": "a line"}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[line])


class HttpFlows(Flows):
    """The flows of the API's clients."""

    role = "HttpRole"

    def __init__(self, deployment: Deployment, proxy: FaultyStore) -> None:
        """Start the function with the environment of the version behind the alias."""
        super().__init__(deployment, proxy)
        with variables(self.environment()):
            self._client = TestClient(create_app(Config.from_environment(self.environment())))

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **self._variables_of("HttpFunction", "live")}

    def crop_and_link(self) -> None:
        answer = self._client.post(CROP, **small())
        assert answer.status_code == 200, answer.text
        link = httpx.get(answer.json()["downloadUrl"])
        assert link.status_code == 200, link.text
        assert decoded(link.content).size == (48, 32)

    def failed_large_result(self) -> None:
        with self._failing_uploads_of_results():
            files = {"file": ("noise.jpg", _NOISE)}
            answer = self._client.post(CROP, files=files, data={"settings": json.dumps(_LARGE)})
        assert answer.status_code == 503, answer.text
        self._no_parts_are_left()

    def key(self) -> None:
        name = f"uploads/{uuid4()}/me.jpg"
        self.put(name)
        self._crops(name)

    def any_key(self) -> None:
        self.put("team/any.jpg")
        self._crops("team/any.jpg")

    def key_in_existing_bucket(self) -> None:
        self.put(f"{PREFIX}existing.jpg", bucket=EXISTING)
        self._crops(f"{PREFIX}existing.jpg", EXISTING)

    def missing_key(self) -> None:
        answer = self._client.post(CROP, json={"key": f"uploads/{uuid4()}/none.jpg"})
        assert answer.status_code == 404, answer.text

    def missing_key_in_existing_bucket(self) -> None:
        missing = {"bucket": EXISTING, "key": f"{PREFIX}{uuid4()}.jpg"}
        answer = self._client.post(CROP, json=missing)
        assert answer.status_code == 404, answer.text

    def unknown_job(self) -> None:
        answer = self._client.get(f"/api/v1/jobs/{uuid4()}")
        assert answer.status_code == 404, answer.text

    def form(self) -> None:
        planned = {"filename": "me.jpg", "contentType": "image/jpeg"}
        answer = self._client.post("/api/v1/uploads", json=planned)
        assert answer.status_code == 201, answer.text
        form = answer.json()
        files = {"file": ("me.jpg", PORTRAIT, "image/jpeg")}
        posted = httpx.post(form["url"], data=form["fields"], files=files)
        assert posted.status_code == 204, posted.text

    def log(self) -> None:
        self.write_logs(self.deployment.physical_id("HttpLogs"))

    def _crops(self, key: str, bucket: str | None = None) -> None:
        named = {"key": key, "bucket": bucket} if bucket else {"key": key}
        answer = self._client.post(CROP, json={**named, "settings": _SMALL})
        assert answer.status_code == 200, answer.text


class EventFlows(Flows):
    """The flows of the events function, and of Lambda with its role."""

    role = "EventsRole"

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **self._variables_of("EventsFunction", "$LATEST")}

    def handle(self, event: dict[str, Any]) -> Any:
        """Handle an event in a new function."""
        handler = create_handler(Config.from_environment(self.environment()))
        return handler(event, FakeContext())

    def event(self) -> None:
        key = f"team/{uuid4()}.jpg"
        self.put(key)
        assert self.handle(messages([s3_put(key, bucket=self.uploads)])) == again()
        assert decoded(self.result(key.replace(".jpg", "_smartcrop.jpg"))).size == (1080, 1080)

    def event_of_existing_bucket(self) -> None:
        key = f"{PREFIX}{uuid4()}.jpg"
        self.put(key, bucket=EXISTING)
        event = event_bridge(key)
        event["detail"]["bucket"]["name"] = EXISTING
        assert self.handle(messages([event])) == again()
        result = f"{EXISTING}/{key.replace('.jpg', '_smartcrop.jpg')}"
        assert decoded(self.result(result)).size == (1080, 1080)

    def duplicate(self) -> None:
        key = f"team/{uuid4()}.jpg"
        self.put(key)
        event = messages([s3_put(key, bucket=self.uploads)])
        assert self.handle(event) == again()
        self._proxy.repair()
        assert self.handle(event) == again()
        assert [path for method, path in self._proxy.asked if method == "PUT"] == []

    def failed_large_result(self) -> None:
        key = f"team/{uuid4()}.jpg"
        self._root.put_object(
            Bucket=self.uploads,
            Key=key,
            Body=_NOISE,
            Metadata={"smart-crop": json.dumps(_LARGE)},
        )
        with self._failing_uploads_of_results():
            assert self.handle(messages([s3_put(key, bucket=self.uploads)])) == again(0)
        self._no_parts_are_left()

    def missing_object(self) -> None:
        self._is_missing(f"team/{uuid4()}.jpg", self.uploads)

    def missing_object_in_existing_bucket(self) -> None:
        self._is_missing(f"{PREFIX}{uuid4()}.jpg", EXISTING)

    def version(self) -> None:
        self._version_of(self.uploads)

    def version_in_existing_bucket(self) -> None:
        self._version_of(EXISTING)

    def notice(self) -> None:
        sqs = self.deployment.account.client("sqs")
        url = sqs.get_queue_url(QueueName=NOTICES)["QueueUrl"]
        sqs.purge_queue(QueueUrl=url)
        key = f"team/{uuid4()}.jpg"
        self.put(key)
        self.handle(messages([s3_put(key, bucket=self.uploads)]))
        received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", [])
        assert len(received) == 1
        notice = json.loads(received[0]["Body"])
        assert (notice["source"], notice["detail"]["key"]) == ("smart-crop", key)

    def retry(self) -> None:
        sqs = self.deployment.account.client("sqs")
        url, key = self.deployment.outputs()["UploadsQueue"], f"team/{uuid4()}.jpg"
        self.put(key)
        sent = json.dumps(s3_put(key, bucket=self.uploads))
        id_ = sqs.send_message(QueueUrl=url, MessageBody=sent)["MessageId"]
        event = messages([sent])
        event["Records"][0]["receiptHandle"] = self._received(url)[id_]
        with self._failing_uploads_of_results():
            assert self.handle(event) == again(0)
        time.sleep(1.1)  # the visibility timeout of the queue is minutes
        assert id_ in self._received(url)

    def poll(self) -> None:
        """Receive and delete a message, as Lambda does with the role of the function."""
        sqs, url = self.client("sqs"), self.deployment.outputs()["UploadsQueue"]
        self.deployment.account.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        message, *_ = sqs.receive_message(QueueUrl=url)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def undelivered(self) -> None:
        """Send a failed event to the dead letters, as Lambda does with the role of the function."""
        url = self.deployment.outputs()["UndeliveredQueue"]
        self.client("sqs").send_message(QueueUrl=url, MessageBody="{}")

    def log(self) -> None:
        self.write_logs(self.deployment.physical_id("EventsLogs"))

    def _received(self, url: str) -> dict[str, str]:
        """Return the receipts of all waiting messages by id, and hide the messages."""
        sqs = self.deployment.account.client("sqs")
        found: dict[str, str] = {}
        while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found |= {each["MessageId"]: each["ReceiptHandle"] for each in received}
        return found

    def _is_missing(self, key: str, bucket: str) -> None:
        (result,) = self.handle(batch_task(key, bucket=bucket))["results"]
        assert result["resultString"].startswith("NOT_FOUND"), result

    def _version_of(self, bucket: str) -> None:
        key = f"{PREFIX}{uuid4()}.jpg"
        version = self.put(key, bucket=bucket)
        assert version
        task = batch_task(key, bucket=bucket)
        task["tasks"][0]["s3VersionId"] = version
        (result,) = self.handle(task)["results"]
        assert result["resultCode"] == "Succeeded", result


class BatchFlows(Flows):
    """The flow of S3 Batch Operations with its role."""

    role = "BatchOperationsRole"

    def read_list(self) -> None:
        key = "batch-operations/list.csv"
        self._root.put_object(Bucket=self.results, Key=key, Body=b"bucket,key")
        self.client("s3").get_object(Bucket=self.results, Key=key)

    def read_version_of_list(self) -> None:
        key = "batch-operations/list.csv"
        put = self._root.put_object(Bucket=self.results, Key=key, Body=b"bucket,key")
        version = put.get("VersionId", "null")
        self.client("s3").get_object(Bucket=self.results, Key=key, VersionId=version)

    def report(self) -> None:
        self.client("s3").put_object(
            Bucket=self.results, Key="batch-operations/job-1/report.csv", Body=b""
        )

    def invoke(self) -> None:
        arn = self.deployment.outputs()["EventsFunctionArn"]
        self.client("lambda").invoke(FunctionName=arn, Payload=b"{}")
