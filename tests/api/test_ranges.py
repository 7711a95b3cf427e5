"""Ranges and conditions of downloads (RFC 9110)."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx2
import pytest
from starlette.testclient import TestClient

from tests.api.calls import CROP, small


@pytest.fixture(scope="module")
def url(client: TestClient) -> str:
    link: str = client.post(CROP, **small()).json()["downloadUrl"]
    return link


@pytest.fixture(scope="module")
def whole(client: TestClient, url: str) -> httpx2.Response:
    return client.get(url)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_headers_of_a_file(
    client: TestClient, url: str, whole: httpx2.Response, method: str
) -> None:
    response = client.request(method, url)

    assert response.status_code == 200
    assert response.headers["content-length"] == str(len(whole.content))
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["etag"] == whole.headers["etag"]
    modified = parsedate_to_datetime(response.headers["last-modified"])
    assert timedelta() <= datetime.now(UTC) - modified < timedelta(minutes=10)
    assert response.content == (whole.content if method == "GET" else b"")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, None),
        ("Bytes = 5 - 9", 5, 10),
        ("bytes=7-999999999", 7, None),
        ("bytes=-999999999", 0, None),
        ("bytes=0-", 0, None),
    ],
)
def test_a_part_of_a_file(
    client: TestClient, url: str, whole: httpx2.Response, asked: str, start: int, stop: int | None
) -> None:
    size = len(whole.content)

    response = client.get(url, headers={"Range": asked})

    expected = whole.content[start:stop]
    assert (response.status_code, response.content) == (206, expected)
    assert response.headers["content-length"] == str(len(expected))
    first = start % size
    assert response.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{size}"
    assert response.headers["content-disposition"] == whole.headers["content-disposition"]
    assert response.headers["etag"] == whole.headers["etag"]


def test_a_range_past_the_end_is_not_satisfiable(
    client: TestClient, url: str, whole: httpx2.Response
) -> None:
    size = len(whole.content)

    for asked in (f"bytes={size}-", f"bytes={size}-{size + 5}", "bytes=-0", f"bytes={'9' * 50}-"):
        response = client.get(url, headers={"Range": asked})
        assert response.status_code == 416
        assert response.headers["content-range"] == f"bytes */{size}"
        assert response.json() == {
            "error": "Range not satisfiable",
            "code": "RANGE_NOT_SATISFIABLE",
            "details": f"Range: expected bytes of a file of {size:,} bytes, "
            + (f'received "{asked}"' if len(asked) <= 60 else f'received "{asked[:59]}…"'),
        }


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-9,20-29",
        "bytes=9-0",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "items=0-9",
        "",
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_other_ranges_are_answered_with_the_whole_file(
    client: TestClient, url: str, whole: httpx2.Response, asked: str
) -> None:
    response = client.get(url, headers={"Range": asked})

    assert (response.status_code, response.content) == (200, whole.content)
    assert "content-range" not in response.headers


def test_a_part_of_another_file_is_not_completed(
    client: TestClient, url: str, whole: httpx2.Response
) -> None:
    etag, modified = whole.headers["etag"], whole.headers["last-modified"]
    earlier = format_datetime(parsedate_to_datetime(modified) - timedelta(seconds=1), usegmt=True)

    def status(condition: str) -> int:
        asked = {"Range": "bytes=10-", "If-Range": condition}
        return client.get(url, headers=asked).status_code

    assert {status(each) for each in (etag, modified)} == {206}
    others = ('"other"', f"W/{etag}", etag.strip('"'), earlier, "no date", "")
    assert {status(each) for each in others} == {200}


def test_head_ignores_ranges(client: TestClient, url: str, whole: httpx2.Response) -> None:
    response = client.head(url, headers={"Range": "bytes=0-9"})

    assert response.status_code == 200
    assert response.headers["content-length"] == str(len(whole.content))


def test_an_unmodified_file_is_not_sent_again(
    client: TestClient, url: str, whole: httpx2.Response
) -> None:
    modified = whole.headers["last-modified"]
    earlier = format_datetime(parsedate_to_datetime(modified) - timedelta(seconds=1), usegmt=True)

    def status(**conditions: str) -> int:
        headers = {name.replace("_", "-"): value for name, value in conditions.items()}
        return client.get(url, headers=headers).status_code

    assert status(if_modified_since=modified) == 304
    assert status(if_modified_since=earlier) == 200
    assert status(if_modified_since="no date") == 200
    # The tag has precedence, and both have precedence over the range.
    assert status(if_modified_since=modified, if_none_match='"other"') == 200
    assert status(if_none_match=whole.headers["etag"], range="bytes=0-9") == 304


def test_a_zip_has_parts(client: TestClient) -> None:
    files = [("files", file) for file in [small()["files"]["file"]] * 2]
    headers = {"Accept": "application/json"}
    answer = client.post(f"{CROP}/batch", files=files, headers=headers).json()

    response = client.get(answer["downloadUrl"], headers={"Range": "bytes=0-3"})

    assert (response.status_code, response.content) == (206, b"PK\3\4")
