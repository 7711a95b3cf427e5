from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.api.calls import CROP, small


@pytest.mark.parametrize("path", ["/", "/page.js", "/docs", "/openapi.json", "/api/v1/health"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    get, head = client.get(path), client.head(path)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


def test_head_of_a_download_has_its_size(client: TestClient) -> None:
    answer = client.post(CROP, **small()).json()

    head = client.head(answer["downloadUrl"])

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(answer["processedSize"])
    assert head.headers["etag"]


def test_head_crops_nothing(client: TestClient, results: Path) -> None:
    before = set(results.iterdir())

    assert client.request("HEAD", CROP, **small()).status_code == 405
    assert set(results.iterdir()) == before


def test_a_path_with_an_extra_slash_redirects_to_the_right_one(client: TestClient) -> None:
    response = client.post(f"{CROP}/", **small())

    assert [each.status_code for each in response.history] == [307]
    assert response.status_code == 200


def test_every_answer_has_an_id_and_security_headers(client: TestClient) -> None:
    answers = [client.get("/"), client.get("/nowhere"), client.post(CROP), client.put(CROP)]

    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
