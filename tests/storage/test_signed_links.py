"""Signed links on SeaweedFS, which checks signatures."""

import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from handler.errors import StorageUnavailable
from handler.storage import ResultStore, connect
from tests.api.calls import CROP, small
from tests.conftest import SECRET_KEY
from tests.pictures import decoded, encoded, gradient

PICTURE = encoded(gradient(40, 30), "PNG")


def with_query(url: str, **changes: str | None) -> str:
    """Return the link with parameters changed, added or, for None, removed."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), **{f"X-Amz-{k}": v for k, v in changes.items()}}
    kept = {name: value for name, value in query.items() if value is not None}
    return parts._replace(query=urlencode(kept, quote_via=quote)).geturl()


@pytest.fixture
def link(on_s3: ResultStore) -> str:
    on_s3.save("job", "été_smartcrop.png", PICTURE, "image/png")
    on_s3.save("another-job", "été_smartcrop.png", b"of somebody else", "image/png")
    return on_s3.link("job", "été_smartcrop.png").url


def test_a_valid_link_serves_the_picture(link: str) -> None:
    response = httpx.get(link)

    assert (response.status_code, response.content) == (200, PICTURE)
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"] == (
        "attachment; filename=\"_t__smartcrop.png\"; filename*=UTF-8''%C3%A9t%C3%A9_smartcrop.png"
    )
    assert response.headers["etag"]
    # Writing the query again does not change the link.
    assert httpx.get(with_query(link)).status_code == 200


def test_a_link_without_its_signature_is_rejected(link: str) -> None:
    assert httpx.get(link.partition("?")[0]).status_code == 403
    assert httpx.get(with_query(link, Signature=None)).status_code in (400, 403)


def test_a_changed_link_is_rejected(link: str) -> None:
    query = dict(parse_qsl(urlsplit(link).query))
    signature = query["X-Amz-Signature"]
    tampered = {
        "signature": with_query(link, Signature=signature[:-1] + "0f"[signature[-1] == "0"]),
        "key": link.replace("/job/", "/another-job/"),
        "expiry": with_query(link, Expires="604800"),
        "date": with_query(link, Date=f"{datetime.now(UTC) + timedelta(minutes=5):%Y%m%dT%H%M%SZ}"),
        "credential": link.replace("us-east-1", "us-east-2"),
        "added": f"{link}&response-content-type=text%2Fhtml",
    }

    statuses = {what: httpx.get(url).status_code for what, url in tampered.items()}

    assert statuses == dict.fromkeys(tampered, 403)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_a_link_is_for_reading_only(link: str, method: str) -> None:
    assert httpx.request(method, link, content=b"overwritten").status_code in (403, 405)
    assert httpx.get(link).content == PICTURE


def test_an_expired_link_is_rejected(s3: str, on_s3: ResultStore, link: str) -> None:
    short = ResultStore(connect(s3), 1).link("job", "été_smartcrop.png").url

    time.sleep(2.1)

    assert httpx.get(short).status_code == 403
    assert httpx.get(link).status_code == 200


def test_nothing_is_stored_or_served_with_a_wrong_secret(
    s3: str, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY[::-1])
    results = ResultStore(connect(s3), 60)

    with pytest.raises(StorageUnavailable):
        results.save("job", "a.png", PICTURE, "image/png")
    with pytest.raises(StorageUnavailable):
        results.check("job", "été_smartcrop.png")
    assert httpx.get(results.link("job", "été_smartcrop.png").url).status_code == 403


@pytest.fixture
def client(s3: str) -> TestClient:
    return TestClient(create_app(Config(store=s3)), follow_redirects=False)


def test_the_response_of_a_crop_has_a_link_to_the_store(client: TestClient) -> None:
    answer = client.post(CROP, **small()).json()

    response = httpx.get(answer["downloadUrl"])

    assert response.status_code == 200
    assert response.headers["content-type"] == answer["contentType"] == "image/jpeg"
    assert (
        response.headers["content-disposition"] == 'attachment; filename="portrait_smartcrop.jpg"'
    )
    assert len(response.content) == answer["processedSize"]
    assert decoded(response.content).size == (48, 32)
    lifetime = datetime.fromisoformat(answer["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < lifetime <= timedelta(hours=1)


def test_the_download_route_redirects_to_a_fresh_link(client: TestClient) -> None:
    answer = client.post(CROP, **small()).json()
    route = f"/api/v1/download/{answer['jobId']}/{answer['filename']}"

    response = client.get(route)

    assert response.status_code == 307
    assert "X-Amz-Signature=" in response.headers["location"]
    assert "cache-control" not in response.headers  # the link expires before an entry of a cache
    assert httpx.get(response.headers["location"]).status_code == 200


def test_the_store_answers_head_ranges_and_conditions(client: TestClient) -> None:
    answer = client.post(CROP, **small()).json()
    route = f"/api/v1/download/{answer['jobId']}/{answer['filename']}"

    head = client.head(route)
    asked = {"Range": "bytes=0-9"}
    part = client.get(route, headers=asked)

    found = httpx.head(head.headers["location"])
    assert (head.status_code, found.status_code) == (307, 200)
    assert found.headers["content-length"] == str(answer["processedSize"])
    assert httpx.get(head.headers["location"]).status_code == 403
    sent = httpx.get(part.headers["location"], headers=asked)
    assert (sent.status_code, len(sent.content)) == (206, 10)
    known = {"If-None-Match": found.headers["etag"]}
    assert httpx.get(part.headers["location"], headers=known).status_code == 304


def test_the_download_route_does_not_find_a_missing_result(client: TestClient) -> None:
    answer = client.post(CROP, **small()).json()

    response = client.get(f"/api/v1/download/{answer['jobId']}/other_smartcrop.jpg")

    assert response.status_code == 404
    assert response.json()["error"] == "Not found"
