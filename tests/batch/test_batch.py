"""Several pictures in one request: a ZIP of results, and the errors of the others."""

import io
import os
import stat
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile

import pytest
from PIL import Image
from starlette.testclient import TestClient

from handler.config import Config
from handler.core import render
from handler.core.image.frame import Frame
from handler.core.plan import Plan
from handler.jobs.job import Job, run_job
from handler.settings import validate_settings
from tests.batch.conftest import (
    BATCH,
    SMALL,
    MakeClient,
    form,
    header,
    pictures,
    results,
)
from tests.fuzz import process
from tests.needs import needs_linux
from tests.pictures import encoded, gradient, noise, photo

CAT = encoded(photo(size=(300, 200)))
CUP = encoded(photo("coffee.png", (300, 200)), "PNG")
DAMAGED = CAT[:2000]


def test_results_are_in_the_order_of_the_files(client: TestClient) -> None:
    files = [(f"{n}.jpg", encoded(gradient(90 + n, 60))) for n in (7, 3, 9, 1, 5)]

    response = client.post(BATCH, **form(files))

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/zip"
    names = [f"{n}_smartcrop.jpg" for n in (7, 3, 9, 1, 5)]
    assert results(response) == dict(zip("01234", names, strict=True))
    found = pictures(response.content)
    assert list(found) == names
    assert {image.size for image in found.values()} == {(48, 32)}
    assert "x-file-errors" not in response.headers


def test_the_zip_is_named_for_its_job_as_in_the_reference(client: TestClient) -> None:
    response = client.post(BATCH, **form([("a.jpg", CAT)]))

    job_id = response.headers["x-job-id"]
    assert UUID(job_id).version == 4
    disposition = f'attachment; filename="batch-smart-crop-{job_id[:8]}.zip"'
    assert response.headers["content-disposition"] == disposition
    assert response.headers["content-length"] == str(len(response.content))


def test_a_result_equals_that_of_a_single_request(client: TestClient) -> None:
    settings = {**SMALL, "strategy": "entropy", "quality": 70}

    response = client.post(BATCH, **form([("a.jpg", CAT), ("b.png", CUP)], settings))

    with ZipFile(io.BytesIO(response.content)) as archive:
        for name, data in (("a_smartcrop.jpg", CAT), ("b_smartcrop.png", CUP)):
            alone = run_job(Job(data, None, validate_settings(settings)[0]), Config())
            assert archive.read(name) == alone.results[0].data


def test_pictures_are_not_compressed(client: TestClient) -> None:
    response = client.post(BATCH, **form([("a.jpg", CAT)]))

    (entry,) = ZipFile(io.BytesIO(response.content)).infolist()
    assert entry.compress_type == ZIP_STORED
    assert stat.S_IMODE(entry.external_attr >> 16) == 0o644


def test_the_errors_of_files_are_in_a_header_and_the_others_are_cropped(client: TestClient) -> None:
    files = [("a.jpg", CAT), ("b.txt", b"text"), ("c.jpg", DAMAGED), ("d.jpg", b""), ("e.png", CUP)]

    response = client.post(BATCH, **form(files))

    assert response.status_code == 200
    assert results(response) == {"0": "a_smartcrop.jpg", "4": "e_smartcrop.png"}
    assert list(pictures(response.content)) == ["a_smartcrop.jpg", "e_smartcrop.png"]
    reasons = header(response, "x-file-errors")
    assert reasons.keys() == {"1", "2", "3"}
    assert reasons["1"].startswith("Invalid image: unrecognised format")
    assert reasons["2"].startswith("Processing failed: The JPEG data are damaged")
    assert reasons["3"] == "No image file provided"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.jpg", "a.jpg", "a.jpg"], ["a_smartcrop", "a_smartcrop_1", "a_smartcrop_2"]),
        (["x/a.jpg", "y\\a.png"], ["a_smartcrop", "a_smartcrop_1"]),
        (["me.jpg", "ME.jpg"], ["me_smartcrop", "ME_smartcrop_1"]),
        (["\u00e9.jpg", "e\u0301.jpg"], ["é_smartcrop", "é_smartcrop_1"]),
        (["../../a.jpg", "", ".jpg"], ["a_smartcrop", "image_smartcrop", "jpg_smartcrop"]),
        (["日本 100%.jpg", "a;b,c.jpg"], ["日本 100__smartcrop", "a_b,c_smartcrop"]),
    ],
)
def test_names_are_unique_and_have_no_folders(
    client: TestClient, names: list[str], expected: list[str]
) -> None:
    # A form has no files without a name, so that clients send a default one.
    files = [(name or "image", CAT) for name in names]

    response = client.post(BATCH, **form(files))

    assert list(pictures(response.content)) == [f"{name}.jpg" for name in expected]
    assert list(results(response).values()) == [f"{name}.jpg" for name in expected]


def test_headers_of_plain_names_are_not_encoded(client: TestClient) -> None:
    """The reference's first clients do not decode headers."""
    response = client.post(BATCH, **form([("a b.jpg", CAT), ("note.txt", b"")]))

    assert response.headers["x-file-results"] == '{"0":"a b_smartcrop.jpg"}'
    assert response.headers["x-file-errors"] == '{"1":"No image file provided"}'


def test_every_size_of_every_file_is_in_the_zip(client: TestClient) -> None:
    files = [("a.jpg", CAT), ("a.jpg", CUP)]

    response = client.post(BATCH, **form(files, {"sizes": ["40x30", "20x40"]}))

    assert results(response) == {
        "0": ["a_smartcrop_40x30.jpg", "a_smartcrop_20x40.jpg"],
        "1": ["a_smartcrop_40x30.png", "a_smartcrop_20x40.png"],
    }
    sizes = [image.size for image in pictures(response.content).values()]
    assert sizes == [(40, 30), (20, 40)] * 2


def test_faces_are_framed(client: TestClient) -> None:
    portrait = encoded(photo("astronaut.png"))

    response = client.post(BATCH, **form([("a.jpg", portrait)], {**SMALL, "mode": "face"}))

    assert list(pictures(response.content)) == ["a_smartcrop.jpg"]


def test_files_are_accepted_in_any_field(client: TestClient) -> None:
    files = [("file", ("a.jpg", CAT)), ("files", ("b.jpg", CAT)), ("files[]", ("c.jpg", CAT))]

    response = client.post(BATCH, files=files, data={"clientJobId": "x"})

    assert list(results(response)) == ["0", "1", "2"]


def test_the_response_has_each_error_if_all_files_fail(client: TestClient) -> None:
    response = client.post(BATCH, **form([("a.jpg", DAMAGED), ("b.txt", b"text")]))

    assert response.status_code == 422
    body = response.json()
    assert (body["error"], body["code"]) == ("All files failed processing", "ALL_FAILED")
    assert [(each["filename"], each["code"]) for each in body["errors"]] == [
        ("a.jpg", "PROCESSING_FAILED"),
        ("b.txt", "INVALID_IMAGE"),
    ]
    assert all(each["error"] for each in body["errors"])


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"data": {"settings": "{}"}}, 400, "NO_IMAGE"),
        ({"content": b"", "headers": {"Content-Type": "image/jpeg"}}, 400, "NO_IMAGE"),
        (form([("a.jpg", CAT)], '{"width":0}'), 400, "INVALID_SETTINGS"),
        (form([("a.jpg", CAT)], '{"sizes":["1:1","1:1"]}'), 400, "INVALID_SETTINGS"),
        (form([("a.jpg", CAT)], "{"), 400, "SETTINGS_NOT_JSON"),
        (form([(f"{n}.jpg", CAT) for n in range(101)]), 400, "BAD_FORM"),
        ({"json": {"keys": ["a.jpg"]}}, 501, "UPLOADS_NOT_CONFIGURED"),
        ({"json": {"keys": []}}, 400, "INVALID_REQUEST"),
        ({"json": {"keys": "a.jpg"}}, 400, "INVALID_REQUEST"),
        ({"json": {"keys": ["a.jpg"] * 101}}, 400, "INVALID_REQUEST"),
        ({"json": {"key": "a.jpg"}}, 400, "NO_IMAGE"),
        ({"json": {"keys": ["a.jpg"], "settings": {"width": 0}}}, 400, "INVALID_SETTINGS"),
    ],
)
def test_an_invalid_request_is_rejected(
    client: TestClient, request_: dict[str, Any], status: int, code: str
) -> None:
    response = client.post(BATCH, **request_)

    assert (response.status_code, response.json()["code"]) == (status, code)


def test_the_error_of_a_large_body_names_the_uploads_route(make_client: MakeClient) -> None:
    client = make_client(max_body_bytes=20_000)

    response = client.post(BATCH, **form([("a.jpg", CAT), ("b.jpg", bytes(20_000))]))

    assert response.status_code == 413
    assert response.json()["details"].endswith("upload larger files with POST /api/v1/uploads")


def test_a_missing_feature_is_the_error_of_the_request(
    make_client: MakeClient, tmp_path: Path
) -> None:
    client = make_client(face_bundle=tmp_path / "nowhere")

    response = client.post(BATCH, **form([("a.jpg", CAT), ("b.jpg", CAT)], {"mode": "face"}))

    assert (response.status_code, response.json()["code"]) == (501, "FEATURE_NOT_INSTALLED")


def test_an_unexpected_error_is_one_files_failure_and_is_logged(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    logged()
    rendered = render.render

    def failing(frame: Frame, plan: Plan) -> Image.Image:
        if frame.size.width == 301:
            raise ZeroDivisionError("unexpected")
        return rendered(frame, plan)

    monkeypatch.setattr(render, "render", failing)
    bad = encoded(photo(size=(301, 200)))

    response = client.post(BATCH, **form([("a.jpg", bad), ("b.jpg", CAT)]))

    assert results(response) == {"1": "b_smartcrop.jpg"}
    assert header(response, "x-file-errors") == {"0": "Internal error"}
    assert "ZeroDivisionError: unexpected" in logged()


def test_results_that_exceed_the_zip_are_errors(make_client: MakeClient) -> None:
    """A later file that fits is in the ZIP."""
    rough = encoded(noise(*SMALL.values()), "PNG")
    assert 4_608 < len(rough) < 5_000
    files = [("a.png", rough), ("b.png", rough), ("c.jpg", CAT)]

    response = make_client(max_zip_bytes=8_000).post(BATCH, **form(files))

    assert results(response) == {"0": "a_smartcrop.png", "2": "c_smartcrop.jpg"}
    assert header(response, "x-file-errors") == {
        "1": "Batch too large: A ZIP has at most 8,000 bytes of results"
    }


def open_temporary_files() -> dict[str, str]:
    """Return the open files in the folder of temporary files, by descriptor.

    Other descriptors are ignored, because connections of earlier tests can be closed at any time.
    """
    folder = os.path.realpath(tempfile.gettempdir()) + os.sep
    files = process.files_of(os.getpid())
    return {descriptor: file for descriptor, file in files.items() if file.startswith(folder)}


@needs_linux
def test_no_temporary_file_is_left_open(client: TestClient) -> None:
    large = CAT + bytes(3_000_000)  # larger than a form keeps in memory
    before = open_temporary_files()

    for data in (large, DAMAGED + bytes(3_000_000)):
        client.post(BATCH, **form([("a.jpg", data), ("b.jpg", data)]))

    assert open_temporary_files() == before


def test_a_key_that_no_answer_can_contain_is_named_with_replacements(
    make_client: MakeClient,
) -> None:
    client = make_client(uploads="s3://uploads")
    body = b'{"keys": ["photos/\\ud800.jpg"]}'

    response = client.post(BATCH, content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["filename"], error["code"]) == ("?.jpg", "INVALID_REQUEST")
