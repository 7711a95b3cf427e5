"""The chain from an upload to its result: S3, notification, queue, function and client."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from tests.api.calls import PORTRAIT
from tests.chain.conftest import RESULTS, UPLOADS, Chain
from tests.emulator import Function
from tests.pictures import decoded


@pytest.fixture
def client(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The API of the same deployment."""
    for name, value in chain.environment.items():
        monkeypatch.setenv(name, value)
    return TestClient(create_app(Config.from_environment(chain.environment)))


def test_an_uploaded_picture_is_cropped(chain: Chain, function: Function) -> None:
    folder = str(uuid4())
    settings = {"smart-crop": '{"width":40,"height":30}'}
    chain.s3.put_object(Bucket=UPLOADS, Key=f"{folder}/été 1+1.jpg", Body=PORTRAIT)
    chain.s3.put_object(Bucket=UPLOADS, Key=f"{folder}/own.jpg", Body=PORTRAIT, Metadata=settings)

    assert chain.deliver(function) >= 2  # S3 sends a test event first
    assert chain.deliver(function) == 0

    sizes = {
        key: decoded(chain.s3.get_object(Bucket=RESULTS, Key=key)["Body"].read()).size
        for key in chain.results()
        if key.startswith(folder)
    }
    assert sizes == {
        f"{folder}/été 1+1_smartcrop.jpg": (24, 16),
        f"{folder}/own_smartcrop.jpg": (40, 30),
    }
    assert chain.dead_letters() == []


Upload = Callable[[bytes, dict[str, Any]], dict[str, Any]]


@pytest.fixture
def upload(client: TestClient) -> Upload:
    """Request a form, post the file, and return the response to the first request."""

    def send(data: bytes, settings: dict[str, Any]) -> dict[str, Any]:
        planned = {"filename": "me.jpg", "contentType": "image/jpeg", "settings": settings}
        response = client.post("/api/v1/uploads", json=planned)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        posted = httpx.post(
            answer["url"], data=answer["fields"], files={"file": ("me.jpg", data, "image/jpeg")}
        )
        assert posted.status_code == 204, posted.text
        return answer

    return send


def test_an_upload_is_queued_then_done_and_its_link_serves_the_result(
    chain: Chain, function: Function, client: TestClient, upload: Upload
) -> None:
    answer = upload(PORTRAIT, {"width": 48, "height": 36})
    queued = client.get(answer["jobUrl"]).json()
    chain.deliver(function)

    done = client.get(answer["jobUrl"]).json()

    assert (queued["state"], queued["jobId"]) == ("queued", answer["jobId"])
    assert (done["state"], done["jobId"]) == ("done", answer["jobId"])
    assert (done["width"], done["height"]) == (48, 36)
    assert done["filename"] == "me_smartcrop.jpg"
    fetched = httpx.get(done["downloadUrl"])
    assert len(fetched.content) == done["processedSize"]
    assert decoded(fetched.content).size == (48, 36)
    assert done["createdAt"] == queued["createdAt"]


def test_an_upload_that_is_no_picture_is_queued_then_failed(
    chain: Chain, function: Function, client: TestClient, upload: Upload
) -> None:
    answer = upload(b"no picture", {})
    chain.deliver(function)

    failed = client.get(answer["jobUrl"]).json()

    assert (failed["state"], failed["code"]) == ("failed", "INVALID_IMAGE")
    assert failed["error"].startswith("Invalid image: ")
    assert chain.dead_letters() == []


def test_the_job_of_a_deleted_picture_fails(
    chain: Chain, function: Function, client: TestClient, upload: Upload
) -> None:
    answer = upload(PORTRAIT, {})
    chain.s3.delete_object(Bucket=UPLOADS, Key=answer["key"])
    chain.deliver(function)

    failed = client.get(answer["jobUrl"]).json()

    assert (failed["state"], failed["code"]) == ("failed", "NOT_FOUND")


def test_a_malformed_message_becomes_a_dead_letter(chain: Chain, function: Function) -> None:
    chain.sqs.send_message(QueueUrl=chain.queue, MessageBody="{")

    chain.deliver(function)

    assert chain.dead_letters() == ["{"]
    # The function sets the time of each delivery, with the signature that AWS requires.
    assert "message will be redelivered" in function.program.written()
    assert "visibility not changed" not in function.program.written()


def test_the_end_of_each_job_is_noticed_once(chain: Chain, function: Function) -> None:
    folder = str(uuid4())
    chain.deliver(function)
    chain.noticed()
    for name, data in (("good.jpg", PORTRAIT), ("bad.jpg", b"no picture"), ("a.txt", b"text")):
        chain.s3.put_object(Bucket=UPLOADS, Key=f"{folder}/{name}", Body=data)

    chain.deliver(function)

    assert sorted(chain.noticed()) == [
        ("Smart Crop Job Failed", f"{folder}/bad.jpg"),
        ("Smart Crop Job Finished", f"{folder}/good.jpg"),
    ]
    assert "notice not sent" not in function.program.written()


def test_an_uploaded_picture_can_be_cropped_again_by_its_key(
    chain: Chain, function: Function, client: TestClient, upload: Upload
) -> None:
    answer = upload(PORTRAIT, {})
    chain.deliver(function)

    again = client.post(
        "/api/v1/tools/smart-crop",
        json={"key": answer["key"], "settings": {"width": 20, "height": 20}},
    ).json()

    assert UUID(again["jobId"]) != UUID(answer["jobId"])
    assert decoded(httpx.get(again["downloadUrl"]).content).size == (20, 20)
