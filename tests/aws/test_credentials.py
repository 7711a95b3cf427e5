"""Credentials that expire, and the lifetime of what they sign."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from handler.aws.credentials import ContainerCredentials, container_credentials
from handler.storage import ResultStore, UploadStore, connect

TOKEN = "token-of-the-environment"
HOUR = timedelta(hours=1)


class Endpoint:
    """The address that Lambda names, with credentials that live some minutes."""

    def __init__(self) -> None:
        self.minutes = 60.0
        self.fetches = 0
        self.status = 200

    def answer(self) -> bytes:
        self.fetches += 1
        expiration = datetime.now(UTC) + timedelta(minutes=self.minutes)
        values = {
            "AccessKeyId": f"id{self.fetches}",
            "SecretAccessKey": "secret",
            "Token": "token",
            "Expiration": f"{expiration:%Y-%m-%dT%H:%M:%SZ}",
        }
        return json.dumps(values).encode()


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["Authorization"] == TOKEN
            body = endpoint.answer()
            self.send_response(endpoint.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/credentials"
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", TOKEN)
        monkeypatch.setenv("AWS_REGION", "eu-central-1")
        yield endpoint
        server.shutdown()
        thread.join()


@pytest.fixture
def credentials(endpoint: Endpoint) -> ContainerCredentials:
    found = container_credentials(HOUR)
    assert found is not None
    return found


def test_credentials_are_not_fetched_before_they_are_used(
    endpoint: Endpoint, credentials: ContainerCredentials
) -> None:
    connect("s3://results", credentials)

    assert endpoint.fetches == 0


def test_credentials_that_live_long_enough_are_kept(
    endpoint: Endpoint, credentials: ContainerCredentials
) -> None:
    endpoint.minutes = 90

    assert credentials() == credentials()
    assert endpoint.fetches == 1


def test_credentials_that_would_end_a_link_early_are_fetched_again(
    endpoint: Endpoint, credentials: ContainerCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.minutes = 30
    credentials()
    monkeypatch.setattr("handler.aws.credentials._SECONDS_BETWEEN", 0)
    endpoint.minutes = 90

    assert credentials()["access_key_id"] == "id2"
    assert credentials()["access_key_id"] == "id2"


def test_credentials_that_always_live_shortly_are_not_fetched_for_every_request(
    endpoint: Endpoint, credentials: ContainerCredentials
) -> None:
    endpoint.minutes = 30

    for _ in range(10):
        credentials()

    assert endpoint.fetches == 1


def test_credentials_that_are_about_to_expire_are_fetched_again(
    endpoint: Endpoint, credentials: ContainerCredentials
) -> None:
    endpoint.minutes = 4

    for _ in range(3):
        credentials()

    assert endpoint.fetches == 3


@pytest.mark.parametrize(("minutes", "expected"), [(90, 60), (20, 20)])
def test_a_link_expires_no_later_than_the_credentials_that_sign_it(
    endpoint: Endpoint, credentials: ContainerCredentials, minutes: float, expected: float
) -> None:
    endpoint.minutes = minutes
    results = ResultStore(connect("s3://results", credentials), 3600, credentials=credentials)

    link = results.link("job", "a.jpg")

    assert link.expires_at is not None
    left = link.expires_at - datetime.now(UTC)
    assert timedelta(minutes=expected - 1) < left <= timedelta(minutes=expected)
    query = parse_qs(urlsplit(link.url).query)
    (signed,) = query["X-Amz-Expires"]
    assert abs(int(signed) - left.total_seconds()) < 60
    assert query["X-Amz-Security-Token"] == ["token"]


@pytest.mark.parametrize(("minutes", "expected"), [(90, 60), (20, 20)])
def test_a_form_expires_no_later_than_the_credentials_that_sign_it(
    endpoint: Endpoint, credentials: ContainerCredentials, minutes: float, expected: float
) -> None:
    endpoint.minutes = minutes
    store = UploadStore("s3://uploads", 1000, credentials)

    form = store.presign("uploads/job/a.jpg", "image/jpeg", None, HOUR)

    left = form.expires_at - datetime.now(UTC)
    assert timedelta(minutes=expected - 1) < left <= timedelta(minutes=expected)
    assert form.fields["x-amz-security-token"] == "token"


@pytest.mark.parametrize("status", [403, 500])
def test_an_address_without_credentials_is_an_error_of_the_system(
    endpoint: Endpoint, credentials: ContainerCredentials, status: int
) -> None:
    endpoint.status = status

    with pytest.raises(OSError, match=str(status)):
        credentials()


def test_without_an_address_there_are_no_such_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert container_credentials(HOUR) is None
