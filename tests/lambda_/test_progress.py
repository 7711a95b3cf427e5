"""Clients of SnapOtter 2 behind API Gateway, where no connection stays open."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.api.calls import CROP, PORTRAIT
from tests.lambda_.conftest import Invoke, run
from tests.lambda_.events import HOST, http_event
from tests.progress.watching import JOBS, named, states_in

IMAGE_CROP = "/api/v1/tools/image/smart-crop"


def crop_event(job_id: str, path: str = IMAGE_CROP, **headers: str) -> dict[str, Any]:
    request = httpx.Request("POST", f"https://{HOST}{path}", **named(job_id))
    body = request.read()
    sent = {"content-type": request.headers["content-type"], **headers}
    return http_event("POST", path, headers=sent, body=body)


def progress_event(job_id: str) -> dict[str, Any]:
    return http_event("GET", f"{JOBS}/{job_id}/progress")


def test_the_path_in_a_section_crops(invoke: Invoke) -> None:
    job_id = str(uuid4())

    answer = invoke(crop_event(job_id))

    assert answer["statusCode"] == 200
    assert answer["headers"]["x-job-id"] == job_id


def test_an_unknown_job_is_asked_for_again(invoke: Invoke) -> None:
    answer = invoke(progress_event(str(uuid4())))

    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert answer["headers"]["content-type"].startswith("text/event-stream")
    assert answer["body"] == 'data: {"type":"heartbeat"}\n\nretry: 2000\n\n'


def test_the_end_of_a_job_is_one_event(invoke: Invoke) -> None:
    job_id = str(uuid4())
    crop = json.loads(invoke(crop_event(job_id))["body"])

    (state,) = states_in(invoke(progress_event(job_id))["body"])

    assert (state["jobId"], state["phase"], state["percent"]) == (job_id, "complete", 100)
    assert state["result"]["jobId"] == crop["jobId"]
    assert httpx.get(state["result"]["downloadUrl"]).status_code == 200


def test_the_preference_for_an_early_answer_is_ignored(invoke: Invoke) -> None:
    answer = invoke(crop_event(str(uuid4()), prefer="respond-async"))

    assert answer["statusCode"] == 200
    assert "preference-applied" not in answer["headers"]


def test_the_state_of_a_job_has_new_links(invoke: Invoke) -> None:
    job_id = str(uuid4())
    invoke(crop_event(job_id, CROP))

    job = json.loads(invoke(http_event("GET", f"{JOBS}/{job_id}"))["body"])

    assert job["state"] == "done"
    response = httpx.get(job["downloadUrl"])
    assert response.headers["content-type"] == "image/jpeg"
    assert len(response.content) == job["processedSize"] != len(PORTRAIT)


_CALL = """
import json, sys
from handler.lambda_http import handler
from tests.events.conftest import FakeContext
print(json.dumps(handler(json.load(sys.stdin), FakeContext())))
"""


def test_another_execution_environment_finds_the_record(tmp_path: Path) -> None:
    job_id = str(uuid4())
    store = {"SMART_CROP_STORE": tmp_path.as_uri()}
    crop = json.loads(json.loads(run(_CALL, crop_event(job_id), **store))["body"])

    (state,) = states_in(json.loads(run(_CALL, progress_event(job_id), **store))["body"])

    assert state == {
        "jobId": job_id,
        "type": "single",
        "phase": "complete",
        "percent": 100,
        "result": crop,
    }
