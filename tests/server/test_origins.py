"""Requests of foreign pages are rejected, and those of accepted origins answered."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from handler.api import AcceptedOrigins, host_name
from handler.config import Config, origin_of
from tests.api.calls import CROP, small
from tests.serving import serving

PARTNER = "https://partner.example"
HEALTH = "/api/v1/health"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that also has the name crops.example, and accepts calls of a partner."""
    accepted = AcceptedOrigins(frozenset({"crops.example"}), frozenset({PARTNER}))
    config = Config(store=tmp_path_factory.mktemp("store").as_uri(), max_body_bytes=200_000)
    with serving(config, accepted) as url:
        yield url


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url + HEALTH, headers=headers)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:13490",
        "localhost.",
        "127.0.0.1:80",
        "127.9.9.9",
        "[::1]",
        "[::1]:8000",
        "[0:0:0:0:0:0:0:1]",
        "crops.example",
        "Crops.Example:443",
    ],
)
def test_the_names_of_the_server_are_accepted(url: str, host: str) -> None:
    assert get(url, Host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "crops.example.evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.0.1",
        "0.0.0.0",  # browsers connect to this machine
        "[::]",
        "2130706433",  # 127.0.0.1, as some clients accept it
        "localhost:80@evil.example",
        "localhost, evil.example",
        "[::1",
        ":80",
    ],
)
def test_other_hosts_are_rejected(url: str, host: str) -> None:
    answer = get(url, Host=host)

    assert answer.status_code == 403
    assert answer.json()["code"] == "FOREIGN_REQUEST"
    assert answer.json()["details"].startswith("Host: expected localhost, ")
    assert "crops.example," not in answer.text
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:13490",
        "http://127.0.0.1",
        "http://[::1]:3000",
        "https://crops.example",
        PARTNER,
    ],
)
def test_pages_of_the_server_and_of_accepted_origins_can_post(url: str, origin: str) -> None:
    answer = httpx.post(url + CROP, headers={"Origin": origin}, **small())

    assert answer.status_code == 200
    allowed = answer.headers.get("access-control-allow-origin")
    assert allowed == (PARTNER if origin == PARTNER else None)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",  # of a sandboxed frame
        "http://partner.example",
        "https://partner.example:8443",
        "https://partner.example.evil.example",
        "file://localhost",
        "localhost",
        "",
    ],
)
def test_other_pages_cannot_post(url: str, origin: str) -> None:
    answer = httpx.post(url + CROP, headers={"Origin": origin}, **small())

    assert answer.status_code == 403
    assert answer.json()["error"] == "Foreign request"
    assert answer.json()["details"].startswith("Origin: expected an origin ")
    assert "access-control-allow-origin" not in answer.headers


def test_two_origins_are_rejected(url: str) -> None:
    headers = [("Origin", PARTNER), ("Origin", "https://evil.example")]

    assert httpx.get(url + HEALTH, headers=headers).status_code == 403


def test_a_preflight_is_answered_for_accepted_origins_only(url: str) -> None:
    def preflight(origin: str) -> httpx.Response:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return httpx.options(url + CROP, headers=asked)

    answer = preflight(PARTNER)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PARTNER
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert preflight("https://evil.example").status_code == 403


def test_pages_of_accepted_origins_can_read_errors_and_headers(url: str) -> None:
    origin = {"Origin": PARTNER}
    answers = {
        404: httpx.get(f"{url}/nowhere", headers=origin),
        413: httpx.post(url + CROP, headers=origin, content=bytes(200_001)),
    }

    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == PARTNER
        assert "X-Request-Id" in answer.headers["access-control-expose-headers"]


def test_head_of_a_foreign_host_has_no_body(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        assert client.head("/", headers={"Host": "evil.example"}).status_code == 403
        assert client.head("/").status_code == 200


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Crops.Example.:80", "crops.example"),
        ("[0:0::1]:1", "::1"),
        ("10.0.0.1", "10.0.0.1"),
        ("", None),
        ("a:b", None),
        (".", None),
    ],
)
def test_a_host_has_one_spelling(host: str, name: str | None) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Example.com", "https://example.com"),
        ("https://example.com:443/", "https://example.com"),
        ("http://example.com:8080", "http://example.com:8080"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_has_the_spelling_of_browsers(text: str, origin: str) -> None:
    assert origin_of(text) == origin


@pytest.mark.parametrize(
    "text",
    ["*", "example.com", "https://*.example.com", "https://a/path", "ftp://a", "https://a:x"],
)
def test_a_text_that_is_no_origin_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        origin_of(text)


def test_the_app_of_the_function_accepts_every_host(tmp_path: Path) -> None:
    """API Gateway checks requests to the function."""
    from starlette.testclient import TestClient

    from handler.api import create_app

    client = TestClient(create_app(Config(store=tmp_path.as_uri(), cors_origins=(PARTNER,))))
    answer = client.get(HEALTH, headers={"Host": "abc.execute-api.example", "Origin": "null"})

    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
