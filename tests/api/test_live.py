"""The service over real sockets: uvicorn, and third-party clients."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import uvicorn

from handler.api import create_app
from handler.config import Config
from tests.api.calls import CROP, MULTIPART, PORTRAIT, small
from tests.pictures import decoded

MAX_BODY_BYTES = 2_000_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of the service."""
    config = Config(store=tmp_path_factory.mktemp("live").as_uri(), max_body_bytes=MAX_BODY_BYTES)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(config), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "portrait.jpg"
    path.write_bytes(PORTRAIT)
    return path


@pytest.fixture
def curl(tmp_path: Path) -> Callable[..., str]:
    program = shutil.which("curl")
    if program is None:
        pytest.skip("needs curl: apt-get install curl")

    def run(*arguments: str) -> str:
        command = [program, "--silent", "--show-error", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    return run


def test_the_request_of_the_readme_is_answered_as_pasted(
    url: str, curl: Callable[..., str], portrait: Path
) -> None:
    answer = json.loads(
        curl(
            *("-X", "POST", f"{url}/api/v1/tools/smart-crop", "-F", "file=@portrait.jpg"),
            *("-F", 'settings={"mode":"subject","width":1080,"height":1080}'),
        )
    )

    assert (answer["width"], answer["height"]) == (1080, 1080)
    # curl saves it under the name that the service sends.
    curl("--remote-name", "--remote-header-name", url + answer["downloadUrl"])
    saved = portrait.with_name("portrait_smartcrop.jpg").read_bytes()
    assert len(saved) == answer["processedSize"]
    assert decoded(saved).size == (1080, 1080)


@pytest.mark.parametrize(
    "how",
    [
        [],
        ["--header", "Expect:"],  # sends the body without waiting for 100 Continue
        ["--header", "Expect:", "--header", "Transfer-Encoding: chunked"],
    ],
)
def test_an_upload_past_the_limit_gets_its_answer_while_it_is_sent(
    url: str, curl: Callable[..., str], tmp_path: Path, how: list[str]
) -> None:
    (tmp_path / "large.jpg").write_bytes(PORTRAIT + bytes(10_000_000))

    answer = json.loads(curl(*how, "--form", "file=@large.jpg", url + CROP))

    assert answer["code"] == "BODY_TOO_LARGE"
    assert "POST /api/v1/uploads" in answer["details"]


def test_a_download_comes_with_its_type_name_tag_and_length(url: str) -> None:
    answer = httpx.post(url + CROP, **small()).json()

    download = httpx.get(url + answer["downloadUrl"])

    assert download.status_code == 200
    assert download.headers["content-type"] == "image/jpeg"
    assert (
        download.headers["content-disposition"] == 'attachment; filename="portrait_smartcrop.jpg"'
    )
    assert download.headers["content-length"] == str(answer["processedSize"])
    assert download.headers["x-content-type-options"] == "nosniff"
    assert decoded(download.content).size == (48, 32)
    again = httpx.get(
        url + answer["downloadUrl"], headers={"If-None-Match": download.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_head_leaves_the_connection_usable(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        for _ in range(2):
            assert client.head("/").status_code == 200
            assert client.head(CROP).status_code == 405
            assert client.get("/api/v1/health").json()["status"] == "ok"


def test_jobs_at_once_do_not_mix(url: str) -> None:
    def crop(side: int) -> tuple[int, int]:
        answer = client.post(CROP, **small(width=side, height=2 * side)).json()
        return decoded(client.get(answer["downloadUrl"]).content).size

    with httpx.Client(base_url=url) as client, ThreadPoolExecutor(8) as threads:
        sizes = list(threads.map(crop, range(20, 60)))

    assert sizes == [(side, 2 * side) for side in range(20, 60)]


def test_a_client_that_hangs_up_is_no_error(url: str, logged: Callable[[], str]) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST {CROP} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {MULTIPART}\r\n"
        connection.sendall(f"{head}Content-Length: 9999\r\n\r\n--".encode())
        time.sleep(0.1)  # the service is reading the body when the connection ends

    assert httpx.get(f"{url}/api/v1/health").status_code == 200
    time.sleep(0.1)
    assert logged() == ""
