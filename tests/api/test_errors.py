"""The errors of the HTTP API, one by one."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from handler.api import create_app
from handler.api.form_parser import CHARSETS
from handler.config import Config
from tests.api.calls import (
    ANALYZE,
    CROP,
    MULTIPART,
    PORTRAIT,
    file_part,
    form,
    part,
    small,
    upload,
)
from tests.pictures import encoded, gradient, noise, photo

SHARED = {"error", "code", "details"}
WITH_FIELDS = {"INVALID_SETTINGS", "INVALID_REQUEST", "SETTINGS_NOT_JSON"}
PNG = encoded(photo(size=(300, 200)), "PNG")


def error_of(response: httpx2.Response, status: int) -> dict[str, Any]:
    """Check the properties that all error answers have, and return the JSON."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"
    body: dict[str, Any] = response.json()
    assert {"error", "code"} <= set(body) <= SHARED | {"feature", "errors"}
    assert ("errors" in body) == (body["code"] in WITH_FIELDS)
    if "errors" in body:
        assert body["details"] == "; ".join(each["message"] for each in body["errors"])
    for trace in ("Traceback", "site-packages", "/handler/", ".py"):
        assert trace not in response.text
    return body


@pytest.mark.parametrize(
    "request_",
    [
        {"data": {"settings": "{}"}},
        {"content": form(part('form-data; name="settings"', b"{}")), "type": MULTIPART},
        {"content": form(), "type": MULTIPART},
        {"content": b"", "type": MULTIPART},
        {"json": {"width": 100}},
        {"content": PORTRAIT, "type": "image/jpeg"},
        {"content": b"file=x", "type": "application/x-www-form-urlencoded"},
        {"content": form(file_part()), "type": MULTIPART.replace("form-data", "mixed")},
        {"content": form(file_part())},
        {"files": {"file": ("portrait.jpg", b"")}},
        # A browser sends this if no file is chosen.
        {"content": form(part('form-data; name="file"; filename=""', b"")), "type": MULTIPART},
        # A picture in a plain field is text, as in the reference.
        {"content": form(part('form-data; name="file"', PNG[:999])), "type": MULTIPART},
    ],
)
def test_no_file_or_an_empty_one(client: TestClient, request_: dict[str, Any]) -> None:
    content_type = request_.pop("type", None)
    headers = {"Content-Type": content_type} if content_type else {}

    body = error_of(client.post(CROP, headers=headers, **request_), 400)

    assert (body["error"], body["code"]) == ("No image file provided", "NO_IMAGE")


def test_more_than_one_file_is_sent_to_the_batch_route(client: TestClient) -> None:
    files = [("file", ("a.jpg", PORTRAIT)), ("other", ("b.png", PNG))]

    body = error_of(client.post(CROP, files=files), 400)

    assert body["error"] == (
        "This endpoint processes one image at a time. "
        "Use /api/v1/tools/smart-crop/batch for multiple files."
    )
    assert body["code"] == "TOO_MANY_IMAGES"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Dear Sir or Madam", "unrecognised format"),
        (b"<html><body></body></html>", "unrecognised format"),
        (b"%PDF-1.7\n" + bytes(200), "unrecognised format"),
        (b"\0", "unrecognised format"),
        (PORTRAIT[:20], "the JPEG header is damaged"),
        (
            encoded(gradient(2001, 2000), "PNG"),
            "expected at most 4,000,000 pixels, received 2,001 × 2,000",
        ),
    ],
)
def test_a_file_that_is_not_an_accepted_image(client: TestClient, data: bytes, reason: str) -> None:
    body = error_of(client.post(CROP, **upload({}, data)), 400)

    assert body["error"].startswith(f"Invalid image: {reason}")
    assert body["code"] == "INVALID_IMAGE"


@pytest.mark.parametrize(
    "settings",
    ["{", "mode=subject", "{'width': 10}", '{"width": NaN}', '{"width": -Infinity}', "[" * 60_000],
)
def test_settings_that_are_not_json(client: TestClient, settings: str) -> None:
    body = error_of(client.post(CROP, **upload(settings)), 400)

    assert (body["error"], body["code"]) == ("Settings must be valid JSON", "SETTINGS_NOT_JSON")
    (problem,) = body["errors"]
    assert (problem["field"], problem["expected"]) == ("settings", "valid JSON")
    assert json.loads(problem["received"])[:8] == settings[:8]


@pytest.mark.parametrize("settings", ["[]", "null", "1", '"subject"', "true"])
def test_settings_that_are_json_but_not_an_object(client: TestClient, settings: str) -> None:
    body = error_of(client.post(CROP, **upload(settings)), 400)

    assert body == {
        "error": "Invalid settings",
        "code": "INVALID_SETTINGS",
        "details": f"settings: expected an object, received {settings}",
        "errors": [
            {
                "field": "settings",
                "message": f"settings: expected an object, received {settings}",
                "received": settings,
                "expected": "an object",
            }
        ],
    }


def test_each_setting_that_is_not_accepted_is_named(client: TestClient) -> None:
    wrong = {"mode": "automatic", "width": 0, "height": "1080", "padding": 51, "padColor": "rd"}

    body = error_of(client.post(CROP, **upload(wrong)), 400)

    assert (body["error"], body["code"]) == ("Invalid settings", "INVALID_SETTINGS")
    assert body["errors"][0] == {
        "field": "mode",
        "message": 'mode: expected one of subject, face, trim, auto, received "automatic"',
        "received": '"automatic"',
        "expected": "one of subject, face, trim, auto",
    }
    named = [each["field"] for each in body["errors"]]
    assert named == ["mode", "width", "height", "padding", "padColor"]


def test_settings_are_checked_before_the_picture(client: TestClient) -> None:
    body = error_of(client.post(CROP, **upload({"width": 0}, b"no picture")), 400)

    assert body["error"] == "Invalid settings"


@pytest.mark.parametrize("data", [PORTRAIT[: len(PORTRAIT) // 2], PNG[: len(PNG) // 2]])
def test_a_damaged_picture(client: TestClient, data: bytes) -> None:
    body = error_of(client.post(CROP, **small() | {"files": {"file": ("a", data)}}), 422)

    assert (body["error"], body["code"]) == ("Processing failed", "PROCESSING_FAILED")
    assert body["details"].endswith("data are damaged or incomplete")


def test_a_store_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # no server listens on it
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    client = TestClient(create_app(Config(store="s3://results")))

    body = error_of(client.post(CROP, **small()), 503)

    assert (body["error"], body["code"]) == ("Storage unavailable", "STORE_UNAVAILABLE")
    assert body["details"] == "The result could not be stored: the store cannot be reached"
    assert "127.0.0.1" not in str(body)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("POST", "/api/v1/tools/smart-crop/nowhere"),
        ("GET", "/api/v1/download/no-job/a_smartcrop.jpg"),
        ("GET", "/api/v1/download/8b39b1a6-9d6c-4ab6-8b6c-4e6bd4f6ab62/a_smartcrop.jpg"),
        ("GET", "/static/index.html"),
        ("GET", "/..%2f..%2fetc/passwd"),
    ],
)
def test_an_unknown_route_job_or_file(client: TestClient, method: str, path: str) -> None:
    body = error_of(client.request(method, path), 404)

    assert (body["error"], body["code"]) == ("Not found", "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", CROP, "POST"),
        ("PUT", CROP, "POST"),
        ("GET", ANALYZE, "POST"),
        ("POST", "/api/v1/health", "GET"),
        ("DELETE", "/", "GET"),
        ("OPTIONS", CROP, "POST"),
        ("BREW", CROP, "POST"),
    ],
)
def test_a_wrong_method(client: TestClient, method: str, path: str, allowed: str) -> None:
    response = client.request(method, path)

    assert error_of(response, 405) == {"error": "Method not allowed", "code": "METHOD_NOT_ALLOWED"}
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data", form(file_part())),
        ("multipart/form-data; boundary=", form(file_part())),
        ("multipart/form-data; boundary=" + "b" * 5000, form(file_part())),
        (MULTIPART, b"garbage"),
        (MULTIPART, b"--another-boundary\r\n\r\n"),
        (MULTIPART, form(part("form-data", b"x"))),
        (MULTIPART, form(part('form-data; filename="a.jpg"', PORTRAIT))),
        (MULTIPART, form(part('form-data; name="settings"', b" " * 70_000), file_part())),
        (MULTIPART, form(part('form-data; name="a"', b"x", "X-Long: " + "x" * 99_999 + "\r\n"))),
        (MULTIPART, form(*[part('form-data; name="a"', b"x")] * 101, file_part())),
        (MULTIPART, form(*[file_part(data=b"x")] * 101)),
        # Codecs that are no charsets, and charsets in which a form cannot be.
        *(
            (f"{MULTIPART}; charset={charset}", form(file_part("a.b.jpg")))
            for charset in ("undefined", "punycode", "idna", "rot13", "utf-16", "no-such", '""')
        ),
    ],
)
def test_a_broken_form(client: TestClient, content_type: str, content: bytes) -> None:
    response = client.post(CROP, content=content, headers={"Content-Type": content_type})

    body = error_of(response, 400)

    assert (body["error"], body["code"]) == ("Failed to parse multipart request", "BAD_FORM")
    assert body["details"]


@pytest.mark.parametrize("charset", [b"\x80", b'"\0"'])
def test_a_charset_that_is_no_name_is_a_broken_form(client: TestClient, charset: bytes) -> None:
    content_type = MULTIPART.encode() + b"; charset=" + charset

    response = client.post(
        CROP, content=form(file_part()), headers=[(b"Content-Type", content_type)]
    )

    assert error_of(response, 400)["code"] == "BAD_FORM"


@pytest.mark.parametrize("charset", sorted(CHARSETS | {"UTF-8", "ISO_8859-1", '"utf-8"'}))
def test_a_form_in_a_charset_of_the_list(client: TestClient, charset: str) -> None:
    codec = charset.strip('"')
    name = "a" if codec in ("us-ascii", "ascii") else "é"
    disposition = f'form-data; name="file"; filename="{name}.jpg"'
    content = form(part(disposition, PORTRAIT))
    content = content.replace(disposition.encode(), disposition.encode(codec))

    response = client.post(
        CROP, content=content, headers={"Content-Type": f"{MULTIPART}; charset={charset}"}
    )

    assert response.status_code == 200
    assert response.json()["filename"] == f"{name}_smartcrop.jpg"


def test_a_form_that_ends_early(client: TestClient) -> None:
    whole = form(file_part())

    for length in (20, 100, len(whole) // 2, len(whole) - 60):
        response = client.post(CROP, content=whole[:length], headers={"Content-Type": MULTIPART})

        body = error_of(response, 400)
        assert body["error"] == "Failed to parse multipart request"
        assert body["details"] == "The form ends before its last boundary"


@given(at=st.integers(0, 300), gone=st.integers(0, 30), junk=st.binary(max_size=30))
def test_no_form_causes_an_unexpected_error(
    client: TestClient, at: int, gone: int, junk: bytes
) -> None:
    whole = form(part('form-data; name="settings"', b"{}"), file_part(data=b"no picture"))
    body = whole[:at] + junk + whole[at + gone :]

    error_of(client.post(CROP, content=body, headers={"Content-Type": MULTIPART}), 400)


def test_an_unexpected_error_is_logged_and_not_shown(
    logged: Callable[[], str],
) -> None:
    def fail() -> None:
        raise RuntimeError("the secret of /var/task")

    app = create_app(Config())
    app.get("/fail")(fail)

    body = error_of(TestClient(app).get("/fail"), 500)

    assert body == {"error": "Internal error", "code": "INTERNAL"}
    assert "RuntimeError: the secret of /var/task" in logged()


def test_the_answer_to_analyze_is_the_same_error(client: TestClient) -> None:
    requests = [upload("{"), upload({"width": 0}), upload({}, b"text"), {"content": b""}]
    for request in requests:
        crop, analyze = client.post(CROP, **request), client.post(ANALYZE, **request)
        assert (crop.status_code, crop.json()) == (analyze.status_code, analyze.json())


def test_a_body_past_the_limit_is_sent_to_the_uploads_route(client: TestClient) -> None:
    picture = encoded(noise(600, 400), "PNG")

    body = error_of(client.post(CROP, **upload({}, picture)), 413)

    assert body["error"] == "Request body too large"
    assert body["code"] == "BODY_TOO_LARGE"
    assert "at most 400,000 bytes" in body["details"]
    assert "POST /api/v1/uploads" in body["details"]
