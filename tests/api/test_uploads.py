"""Uploads, their jobs, and crops of uploaded images."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import obstore
import pytest
from openapi_schema_validator import OAS31Validator
from starlette.testclient import TestClient

from handler.api import create_app
from handler.aws import credentials
from handler.config import Config
from handler.storage import JobRecord, JobStore
from handler.storage.object_store import connect
from tests.api.calls import ANALYZE, CROP, PORTRAIT
from tests.api.test_errors import error_of
from tests.conftest import BUCKET
from tests.pictures import decoded

UPLOADS = "/api/v1/uploads"
JOBS = "/api/v1/jobs"
PLANNED = {"filename": "portrait.jpg", "contentType": "image/jpeg"}
MAX_BYTES = 200_000


@pytest.fixture
def stores(s3: str) -> Iterator[tuple[str, str]]:
    """Return the URLs of the results and uploads of one test, on SeaweedFS."""
    credentials.session.cache_clear()
    test = uuid4()
    yield f"s3://{BUCKET}/results-{test}", f"s3://{BUCKET}/uploads-{test}"
    credentials.session.cache_clear()


@pytest.fixture
def uploading(stores: tuple[str, str]) -> TestClient:
    """Yield a client of a deployment with uploads."""
    results, uploads = stores
    config = Config(
        store=results, uploads=uploads, max_object_bytes=MAX_BYTES, max_pixels=4_000_000
    )
    return TestClient(create_app(config))


@pytest.fixture
def jobs(stores: tuple[str, str]) -> JobStore:
    return JobStore(connect(stores[0]))


def put(client: TestClient, data: bytes = PORTRAIT, **planned: object) -> dict[str, Any]:
    """Upload as a client does, and return the answer to its first request."""
    answer: dict[str, Any] = client.post(UPLOADS, json={**PLANNED, **planned}).json()
    file = {"file": ("portrait.jpg", data, "image/jpeg")}
    assert httpx.post(answer["url"], data=answer["fields"], files=file).status_code == 204
    return answer


def test_a_form_is_answered_with_all_that_a_client_needs(uploading: TestClient) -> None:
    response = uploading.post(
        UPLOADS, json={**PLANNED, "settings": {"width": 48, "height": 1080, "hight": 1}}
    )

    assert response.status_code == 201
    answer = response.json()
    assert UUID(answer["jobId"]).version == 4
    assert answer["key"] == f"uploads/{answer['jobId']}/portrait.jpg"
    assert answer["fields"]["key"].endswith(answer["key"])
    assert answer["fields"]["Content-Type"] == "image/jpeg"
    assert answer["fields"]["x-amz-meta-smart-crop"] == '{"height":1080,"width":48}'
    assert answer["maxBytes"] == MAX_BYTES
    assert answer["jobUrl"] == f"{JOBS}/{answer['jobId']}"
    assert answer["warnings"] == ["hight: unknown setting, ignored"]
    lifetime = datetime.fromisoformat(answer["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < lifetime <= timedelta(hours=1)


def test_the_job_is_queued_before_the_upload(uploading: TestClient) -> None:
    answer = uploading.post(UPLOADS, json=PLANNED).json()

    job = uploading.get(answer["jobUrl"]).json()

    assert (job["state"], job["jobId"]) == ("queued", answer["jobId"])
    assert job["key"] == answer["key"]
    assert job["lastError"] is None
    assert datetime.fromisoformat(job["createdAt"]) <= datetime.now(UTC)


def test_without_settings_the_form_has_none(uploading: TestClient) -> None:
    """The settings of the folder or the deployment apply then."""
    without = uploading.post(UPLOADS, json=PLANNED).json()
    empty = uploading.post(UPLOADS, json={**PLANNED, "settings": {}}).json()

    assert "x-amz-meta-smart-crop" not in without["fields"]
    assert empty["fields"]["x-amz-meta-smart-crop"] == "{}"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("IMG 1.JPG", "IMG 1.JPG"),
        ("C:\\fotos\\été.png", "été.png"),
        ("../../etc/passwd", "passwd"),
        ("a?b#c%d.jpg", "a_b_c_d.jpg"),
        ("a.tar_gz", "a"),
        (".jpg", "jpg.jpg"),
        ("..", "image"),
        ("a/b/", "image"),
    ],
)
def test_names_of_files_are_cleaned_for_keys(uploading: TestClient, name: str, key: str) -> None:
    answer = uploading.post(UPLOADS, json={**PLANNED, "filename": name}).json()

    assert answer["key"] == f"uploads/{answer['jobId']}/{key}"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, ["filename", "contentType"]),
        ({**PLANNED, "filename": ""}, ["filename"]),
        ({**PLANNED, "filename": 5}, ["filename"]),
        ({**PLANNED, "contentType": "text/html"}, ["contentType"]),
        ({**PLANNED, "contentType": "image/"}, ["contentType"]),
        ({**PLANNED, "contentType": "image/png\r\nX: y"}, ["contentType"]),
        ({**PLANNED, "contentType": "image/png; charset=utf-8"}, ["contentType"]),
        ({**PLANNED, "settings": "{}"}, ["settings"]),
        ([], []),
        ("text", []),
    ],
)
def test_each_field_that_is_not_accepted_is_named(
    uploading: TestClient, body: object, names: list[str]
) -> None:
    answer = error_of(uploading.post(UPLOADS, json=body), 400)

    assert (answer["error"], answer["code"]) == ("Invalid request", "INVALID_REQUEST")
    assert all(f"{name}: " in answer["details"] for name in names)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[" * 100_000, b'{"width": NaN}', b'"' + b"x" * 70_000 + b'"']
)
@pytest.mark.parametrize("path", [UPLOADS, CROP, ANALYZE])
def test_a_body_that_is_not_json_is_an_invalid_request(
    uploading: TestClient, path: str, content: bytes
) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}

    answer = error_of(uploading.post(path, content=content, headers=headers), 400)

    assert answer["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize("path", [UPLOADS, CROP, ANALYZE])
def test_settings_are_checked_before_anything_is_uploaded_or_fetched(
    uploading: TestClient, path: str
) -> None:
    body = {**PLANNED, "key": "a.jpg", "settings": {"width": 0}}

    answer = error_of(uploading.post(path, json=body), 400)

    assert answer["code"] == "INVALID_SETTINGS"
    assert "width: " in answer["details"]


@pytest.mark.parametrize("path", [UPLOADS, CROP, ANALYZE])
def test_a_deployment_without_uploads_answers_501(client: TestClient, path: str) -> None:
    answer = error_of(client.post(path, json={**PLANNED, "key": "a.jpg"}), 501)

    assert answer["code"] == "UPLOADS_NOT_CONFIGURED"
    assert "SMART_CROP_UPLOADS" in answer["details"]


def test_an_uploaded_image_is_cropped_by_its_key(uploading: TestClient) -> None:
    key = put(uploading)["key"]
    body = {"key": key, "settings": {"width": 48, "height": 32, "hight": 1}}

    crop = uploading.post(CROP, json=body).json()
    analysis = uploading.post(ANALYZE, json=body).json()

    assert decoded(httpx.get(crop["downloadUrl"]).content).size == (48, 32)
    assert crop["filename"] == "portrait_smartcrop.jpg"
    assert crop["originalSize"] == len(PORTRAIT)
    assert crop["warnings"] == analysis["warnings"] == ["hight: unknown setting, ignored"]
    assert crop["plan"] == analysis["plan"]


def test_the_result_of_an_uploaded_image_can_be_the_response(uploading: TestClient) -> None:
    body = {"key": put(uploading)["key"], "settings": {"width": 48, "height": 32}}

    response = uploading.post(CROP, json=body, headers={"Accept": "image/png"})

    assert response.headers["content-type"] == "image/png"
    assert decoded(response.content).size == (48, 32)


@pytest.mark.parametrize("path", [CROP, ANALYZE])
def test_a_key_without_an_object_is_not_found(uploading: TestClient, path: str) -> None:
    answer = error_of(uploading.post(path, json={"key": "uploads/missing.jpg"}), 404)

    assert answer["details"] == "No such object"


@pytest.mark.parametrize(
    "key",
    [
        *("", "/etc/passwd", "../results/a.jpg", "uploads/../../a.jpg", "a//b.jpg", "."),
        *("s3://other/a.jpg", "https://other/a.jpg", "a\0.jpg", "\ud800", "x" * 2000, 5, None),
    ],
)
def test_no_key_leads_out_of_the_uploads(uploading: TestClient, key: object) -> None:
    body = json.dumps({"key": key}).encode()

    headers = {"Content-Type": "application/json"}
    answer = error_of(uploading.post(CROP, content=body, headers=headers), 400)

    assert answer["code"] == "INVALID_REQUEST"
    assert "key" in answer["details"]


def test_results_cannot_be_reached_as_uploads(uploading: TestClient) -> None:
    crop = uploading.post(CROP, json={"key": put(uploading)["key"]}).json()

    key = f"{crop['jobId']}/{crop['filename']}"
    error_of(uploading.post(CROP, json={"key": key}), 400)


def test_an_object_that_is_too_large_is_not_fetched(
    uploading: TestClient, stores: tuple[str, str]
) -> None:
    key = put(uploading)["key"]
    config = Config(store=stores[0], uploads=stores[1], max_object_bytes=len(PORTRAIT) - 1)

    answer = error_of(TestClient(create_app(config)).post(CROP, json={"key": key}), 413)

    assert answer["code"] == "OBJECT_TOO_LARGE"


def test_an_object_that_is_not_an_image_is_an_error(uploading: TestClient) -> None:
    key = put(uploading, b"no picture")["key"]

    answer = error_of(uploading.post(CROP, json={"key": key}), 400)

    assert answer["code"] == "INVALID_IMAGE"


@pytest.mark.parametrize(
    "job", ["0f8fad5b-d9cb-469f-a165-70867728950e", "5", "jobs", "..%2f..%2fsecret", "%00"]
)
def test_an_unknown_job_is_not_found(uploading: TestClient, job: str) -> None:
    error_of(uploading.get(f"{JOBS}/{job}"), 404)


def test_a_synchronous_crop_leaves_no_record(uploading: TestClient) -> None:
    """The answer is complete; a record would cost another request to the store."""
    crop = uploading.post(CROP, json={"key": put(uploading)["key"]}).json()

    error_of(uploading.get(f"{JOBS}/{crop['jobId']}"), 404)


def test_a_job_that_will_be_retried_has_its_last_error(
    uploading: TestClient, jobs: JobStore
) -> None:
    job_id = str(uuid4())
    error = {"error": "Storage unavailable", "code": "STORAGE_UNAVAILABLE"}
    jobs.save(JobRecord(job_id=job_id, state="queued", key="a.jpg", error=error))

    job = uploading.get(f"{JOBS}/{job_id}").json()

    assert job["state"] == "queued"
    assert job["lastError"] == {**error, "details": None}


def test_a_failed_job_has_the_error_of_a_synchronous_crop(
    uploading: TestClient, jobs: JobStore
) -> None:
    job_id = str(uuid4())
    error = {"error": "Feature not installed", "code": "FEATURE_NOT_INSTALLED", "feature": "x"}
    jobs.save(JobRecord(job_id=job_id, state="failed", key="a.jpg", error=error))

    response = uploading.get(f"{JOBS}/{job_id}")

    assert response.status_code == 200  # the request for the state succeeds
    assert response.json().items() >= {**error, "state": "failed", "jobId": job_id}.items()


def test_an_unreadable_record_is_not_found(uploading: TestClient, stores: tuple[str, str]) -> None:
    job_id = str(uuid4())
    obstore.put(connect(stores[0]), f"jobs/{job_id}.json", b"{}")

    error_of(uploading.get(f"{JOBS}/{job_id}"), 404)


def test_answers_are_as_described(uploading: TestClient, jobs: JobStore) -> None:
    document = uploading.get("/openapi.json").json()
    answer = uploading.post(UPLOADS, json=PLANNED)
    crop = uploading.post(CROP, json={"key": put(uploading)["key"]}).json()
    done = {name: crop[name] for name in crop if name not in ("downloadUrl", "expiresAt")}
    records = [
        JobRecord(job_id=str(uuid4()), state="queued", key="a.jpg"),
        JobRecord(
            job_id=str(uuid4()), state="failed", key="a.jpg", error={"error": "", "code": ""}
        ),
        JobRecord(job_id=crop["jobId"], state="done", key="a.jpg", folder="a", answer=done),
    ]
    for record in records:
        jobs.save(record)

    described = [(answer, UPLOADS, "post")]
    described += [
        (uploading.get(f"{JOBS}/{each.job_id}"), f"{JOBS}/{{jobId}}", "get") for each in records
    ]
    for response, path, method in described:
        content = document["paths"][path][method]["responses"][str(response.status_code)]
        schema = content["content"]["application/json"]["schema"]
        OAS31Validator({**schema, "components": document["components"]}).validate(response.json())
    states = [response.json()["state"] for response, _, _ in described[1:]]
    assert states == ["queued", "failed", "done"]


@pytest.mark.parametrize(("path", "required"), [(UPLOADS, "filename"), (CROP, "key")])
def test_json_bodies_are_described(client: TestClient, path: str, required: str) -> None:
    document = client.get("/openapi.json").json()

    content = document["paths"][path]["post"]["requestBody"]["content"]
    schemas = document["components"]["schemas"]
    schema = schemas[content["application/json"]["schema"]["$ref"].rpartition("/")[2]]
    assert required in schema["required"]
    settings = {"$ref": "#/components/schemas/CropSettings"}
    assert settings in schema["properties"]["settings"]["anyOf"]
    OAS31Validator.check_schema(schema)
