from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.api.calls import ANALYZE, CROP, MULTIPART, PORTRAIT, file_part, form, part, upload
from tests.api.conftest import MAX_BODY_BYTES


def refusal(received: str) -> dict[str, str]:
    return {
        "error": "Request body too large",
        "code": "BODY_TOO_LARGE",
        "details": f"body: expected at most 400,000 bytes, received {received}; "
        "upload larger files with POST /api/v1/uploads",
    }


def body_of(size: int) -> bytes:
    """Return a form of exactly this many bytes; bytes after the end of a JPEG are ignored."""
    settings = part('form-data; name="settings"', b'{"width":48,"height":32}')
    empty = form(settings, file_part(data=PORTRAIT))
    return form(settings, file_part(data=PORTRAIT + bytes(size - len(empty))))


def in_pieces(body: bytes) -> Iterator[bytes]:
    """Yield a body in chunks, so that its length is not declared."""
    for start in range(0, len(body), 60_000):
        yield body[start : start + 60_000]


def test_a_body_of_exactly_the_limit_is_accepted(client: TestClient) -> None:
    body = body_of(MAX_BODY_BYTES)
    assert len(body) == 400_000

    for content in (body, in_pieces(body)):
        response = client.post(CROP, content=content, headers={"Content-Type": MULTIPART})
        assert response.status_code == 200


@pytest.mark.parametrize("path", [CROP, ANALYZE])
def test_one_byte_more_is_rejected_and_sent_to_the_uploads_route(
    client: TestClient, path: str
) -> None:
    body = body_of(MAX_BODY_BYTES + 1)

    for content, received in ((body, "400,001"), (in_pieces(body), "more")):
        response = client.post(path, content=content, headers={"Content-Type": MULTIPART})
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/json"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.json() == refusal(received)


def test_a_body_that_is_longer_than_declared_is_rejected(client: TestClient) -> None:
    for declared in ("10", "-1", "", "many", "9" * 5000):
        response = client.post(
            CROP,
            content=body_of(MAX_BODY_BYTES + 1),
            headers={"Content-Type": MULTIPART, "Content-Length": declared},
        )
        assert response.status_code == 413


def test_a_body_that_declares_too_much_is_not_read(client: TestClient) -> None:
    response = client.post(
        CROP, content=b"", headers={"Content-Type": MULTIPART, "Content-Length": "400001"}
    )

    assert response.json() == refusal("400,001")


def test_the_limit_is_on_every_route(client: TestClient) -> None:
    assert client.post("/nowhere", content=bytes(MAX_BODY_BYTES + 1)).status_code == 413


def test_the_length_of_settings_is_limited(client: TestClient) -> None:
    long = '{"width": 48, "height": 32' + " " * 60_000 + "}"

    assert client.post(CROP, **upload(long)).status_code == 200
    assert client.post(CROP, **upload(long + " " * 10_000)).status_code == 400
