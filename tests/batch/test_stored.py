"""A ZIP in the store, because it is too large for a response or the client accepts JSON."""

import time
import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import httpx2
import pytest
from mypy_boto3_s3 import S3Client
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from handler.errors import AllFailed, OutOfTime
from handler.jobs.job import Job
from handler.jobs.service import Service
from handler.jobs.zip_batch import Batch
from handler.settings import CropSettings
from handler.storage import ResultStore, connect
from tests.batch.conftest import BATCH, SMALL, MakeClient, form, pictures, results
from tests.conftest import BUCKET, UPLOADS
from tests.pictures import encoded, noise, photo

CAT = encoded(photo(size=(300, 200)))
JSON = {"Accept": "application/json"}
FILES = [("a.jpg", CAT), ("note.txt", b"text"), ("b.jpg", CAT)]
NAMES = ["a_smartcrop.jpg", "b_smartcrop.jpg"]


def test_a_zip_above_the_limit_of_responses_is_redirected_to(make_client: MakeClient) -> None:
    client = make_client(max_answer_bytes=1000)

    response = client.post(BATCH, **form(FILES))

    (redirect,) = response.history
    assert redirect.status_code == 303
    assert redirect.json()["downloadUrl"] == redirect.headers["location"]
    assert redirect.headers["x-job-id"] == redirect.json()["jobId"]
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    assert list(pictures(response.content)) == NAMES


def test_a_zip_within_the_limit_is_the_response(make_client: MakeClient) -> None:
    client = make_client(max_answer_bytes=1_000_000)

    response = client.post(BATCH, **form(FILES))

    assert response.history == []
    assert results(response) == {"0": NAMES[0], "2": NAMES[1]}


def test_names_above_the_limit_of_headers_are_left_out(
    make_client: MakeClient,
) -> None:
    files = [(f"{n}{'日' * 49}.jpg", CAT) for n in range(20)]
    for config, stored in (({}, False), ({"max_answer_bytes": 1_000_000}, True)):
        response = make_client(**config).post(BATCH, **form(files))

        assert bool(response.history) is stored
        assert len(pictures(response.content)) == 20
        header = response.headers.get("x-file-results", "")
        assert len(header) < 14_000


def batch_of(response: httpx2.Response) -> dict[str, Any]:
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer: dict[str, Any] = response.json()
    assert response.headers["x-job-id"] == answer["jobId"]
    return answer


def test_a_client_that_accepts_only_json_gets_all_outcomes(client: TestClient) -> None:
    settings = {**SMALL, "zoom": 2}

    answer = batch_of(client.post(BATCH, headers=JSON, **form(FILES, settings)))

    assert answer["originalSize"] == sum(len(data) for _, data in FILES)
    assert answer["contentType"] == "application/zip"
    assert answer["filename"] == f"batch-smart-crop-{answer['jobId'][:8]}.zip"
    assert [(each["filename"], each["results"]) for each in answer["files"]] == [
        ("a.jpg", NAMES[:1]),
        ("note.txt", []),
        ("b.jpg", NAMES[1:]),
    ]
    assert [each["error"] and each["error"]["code"] for each in answer["files"]] == [
        *(None, "INVALID_IMAGE", None)
    ]
    assert answer["warnings"] == ["zoom: unknown setting, ignored"]
    assert all(each["warnings"] == [] for each in answer["files"])
    fetched = client.get(answer["downloadUrl"])
    assert fetched.headers["content-type"] == "application/zip"
    assert len(fetched.content) == answer["processedSize"]
    assert list(pictures(fetched.content)) == NAMES


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json, text/plain, */*", "application/zip, application/json"]
)
def test_other_clients_get_the_zip(client: TestClient, accept: str) -> None:
    response = client.post(BATCH, headers={"Accept": accept}, **form(FILES))

    assert response.headers["content-type"] == "application/zip"


def test_nothing_is_stored_if_all_files_fail(client: TestClient, tmp_path: Path) -> None:
    response = client.post(BATCH, headers=JSON, **form(FILES[1:2]))

    assert response.status_code == 422
    assert list((tmp_path / "results").iterdir()) == []


def test_uploaded_objects_are_cropped_by_their_keys(s3: str, uploads: S3Client) -> None:
    folder = f"batch-{uuid4()}"
    for name, data in (("a.jpg", CAT), ("note.txt", b"text"), ("large.jpg", bytes(60_000))):
        uploads.put_object(Bucket=UPLOADS, Key=f"{folder}/{name}", Body=data)
    config = Config(
        store=f"s3://{BUCKET}/{folder}",
        uploads=f"s3://{UPLOADS}/{folder}",
        max_object_bytes=50_000,
        max_answer_bytes=100,
        keys_by_http="all",
    )
    body = {"keys": ["a.jpg", "note.txt", "large.jpg", "none.jpg", "../a.jpg"], "settings": SMALL}

    response = TestClient(create_app(config), follow_redirects=False).post(BATCH, json=body)

    assert response.status_code == 303
    answer = response.json()
    assert [each["results"] for each in answer["files"]] == [["a_smartcrop.jpg"], [], [], [], []]
    assert [each["error"]["code"] for each in answer["files"][1:]] == [
        *("INVALID_IMAGE", "OBJECT_TOO_LARGE", "NOT_FOUND", "INVALID_REQUEST")
    ]
    fetched = httpx.get(response.headers["location"])
    assert fetched.headers["content-type"] == "application/zip"
    disposition = f'attachment; filename="{answer["filename"]}"'
    assert fetched.headers["content-disposition"] == disposition
    assert list(pictures(fetched.content)) == ["a_smartcrop.jpg"]
    # The download route signs a new link.
    again = TestClient(create_app(config), follow_redirects=False).get(
        f"/api/v1/download/{answer['jobId']}/{answer['filename']}"
    )
    assert again.status_code == 307
    assert httpx.get(again.headers["location"]).content == fetched.content


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(Config(), ResultStore(connect(tmp_path.as_uri()), 60))


def test_memory_holds_no_more_than_a_few_results(service: Service) -> None:
    rough = encoded(noise(600, 600), "PNG")
    job = Job(rough, "a.png", CropSettings.model_validate({"width": 600, "height": 600}))
    batch = Batch(service, 1 << 30)
    batch.add("warm up", lambda: job)
    tracemalloc.start()
    try:
        for _ in range(30):
            batch.add("a.png", lambda: job)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = batch.finish()

    assert size > 30 * 1_000_000
    assert peak < size / 2
    assert sum(map(len, batch.chunks())) == size


def test_a_file_after_the_deadline_is_an_error(service: Service) -> None:
    job = Job(CAT, "a.jpg", CropSettings.model_validate(SMALL))
    batch = Batch(service, 1 << 30, deadline=0)

    batch.add("a.jpg", lambda: job)

    assert isinstance(batch.files[0].error, OutOfTime)
    with pytest.raises(AllFailed):
        batch.finish()
    batch.close()


def test_the_rest_of_the_files_fails_after_the_deadline(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 4))
    stopped = SimpleNamespace(monotonic=lambda: next(clock), gmtime=time.gmtime)
    monkeypatch.setattr("handler.jobs.zip_batch.time", stopped)
    monkeypatch.setattr("handler.api.batch_routes.deadline_of", lambda *_: 6)

    response = make_client().post(BATCH, headers=JSON, **form(FILES * 2))

    codes = [each["error"] and each["error"]["code"] for each in batch_of(response)["files"]]
    assert codes == [None, "INVALID_IMAGE", *["OUT_OF_TIME"] * 4]
