import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Draw, SmartCrop
from tests.servers import interruptible


@dataclass
class Serving:
    """A running server, and the store that it printed at its start."""

    url: str
    store: str
    process: subprocess.Popen[str]

    def stop(self) -> tuple[int, str]:
        """Send the signal of Ctrl-C, and return exit status and standard error."""
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=300)
        return self.process.returncode, errors


@contextmanager
def serve(script: Path, folder: Path, *arguments: str) -> Iterator[Serving]:
    with interruptible():
        started = subprocess.Popen(
            [script, "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            text=True,
        )
    with started as process:
        try:
            assert process.stdout is not None
            first, second = process.stdout.readline(), process.stdout.readline()
            url = re.search(r"http://\S+", first)
            assert url is not None
            yield Serving(url[0], second.removeprefix("Results go to ").strip(), process)
        finally:
            process.kill()


def test_the_request_of_the_readme_succeeds(script: Path, draw: Draw, tmp_path: Path) -> None:
    portrait = draw("portrait.jpg", 200, 150)
    with serve(script, tmp_path, "--store", f"file://{tmp_path}/results") as serving:
        answer = httpx.post(
            f"{serving.url}/api/v1/tools/smart-crop",
            files={"file": ("portrait.jpg", portrait.read_bytes())},
            data={"settings": '{"mode":"subject","width":1080,"height":1080}'},
        )
        assert answer.status_code == 200
        body = answer.json()
        assert (body["width"], body["height"]) == (1080, 1080)
        picture = httpx.get(f"{serving.url}{body['downloadUrl']}")
        code, errors = serving.stop()
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert len(picture.content) == body["processedSize"]
    stored = tmp_path / "results" / body["jobId"] / "portrait_smartcrop.jpg"
    assert stored.read_bytes() == picture.content
    assert serving.store == f"file://{tmp_path}/results"
    # The log is the line of the job; stopping writes none.
    assert code == 0
    assert len(errors.splitlines()) == 1
    assert f"job_id={body['jobId']}" in errors


@pytest.mark.parametrize(
    ("arguments", "folder"), [((), ".results"), (("--store", "my results"), "my results")]
)
def test_the_store_can_be_the_name_of_a_folder(
    arguments: tuple[str, ...], folder: str, script: Path, draw: Draw, tmp_path: Path
) -> None:
    picture = draw("a.png").read_bytes()
    with serve(script, tmp_path, *arguments) as serving:
        answer = httpx.post(
            f"{serving.url}/api/v1/tools/smart-crop", files={"file": ("a.png", picture)}
        )
        serving.stop()
    assert serving.store == (tmp_path / folder).as_uri()
    assert (tmp_path / folder / answer.json()["jobId"] / "a_smartcrop.png").exists()


def test_ctrl_c_right_after_the_start_stops_it_without_a_message(
    script: Path, tmp_path: Path
) -> None:
    with serve(script, tmp_path) as serving:
        assert serving.stop() == (0, "")


def test_a_terminated_server_ends_without_a_message(script: Path, tmp_path: Path) -> None:
    with serve(script, tmp_path) as serving:
        assert httpx.get(serving.url).status_code == 200
        serving.process.terminate()
        assert serving.process.communicate(timeout=300)[1] == ""
        assert serving.process.returncode == 0


def test_the_page_is_served_on_ipv6(script: Path, tmp_path: Path) -> None:
    if not socket.has_ipv6 or not _has_ipv6_loopback():
        pytest.skip("needs IPv6 on the loopback interface")
    with serve(script, tmp_path, "--host", "::1") as serving:
        assert serving.url.startswith("http://[::1]:")
        assert httpx.get(serving.url).headers["content-type"].startswith("text/html")


def _has_ipv6_loopback() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_a_port_in_use_is_reported_with_an_alternative(smart_crop: SmartCrop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = smart_crop("serve", "--port", str(port))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        f"Error: Port {port} is in use by another program. Stop it, or choose another port: "
        f"smart-crop serve --port {port + 1}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ("--store", "ftp://host/folder"),
            "Cannot open the store ftp://host/folder: expected s3:",
        ),
        (("--store", "a.png/results"), "Not a directory"),
        (("--host", "192.0.2.1"), "Cannot serve on 192.0.2.1, port 0: "),
    ],
)
def test_an_address_or_store_that_cannot_be_opened_is_reported_in_one_line(
    arguments: tuple[str, ...], reason: str, call: SmartCrop, draw: Draw
) -> None:
    draw("a.png")
    ran = call("serve", "--port", "0", *arguments)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert reason in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_the_store_can_be_set_by_the_environment(
    call: SmartCrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMART_CROP_STORE", "ftp://host")
    ran = call("serve", "--port", "0")
    assert "Cannot open the store ftp://host: " in ran.stderr


def test_the_page_of_a_server_on_all_interfaces_has_its_names(script: Path, tmp_path: Path) -> None:
    names = ("--allow-host", "crops.example", "--cors-origin", "https://partner.example/")
    with serve(script, tmp_path, "--host", "0.0.0.0", *names) as serving:
        assert serving.process.stdout is not None
        line = serving.process.stdout.readline()
        url = serving.url.replace("localhost", "127.0.0.1")
        page = httpx.get(url, headers={"Host": "crops.example"})
        foreign = httpx.get(url, headers={"Host": "evil.example"})
        partner = httpx.get(url, headers={"Origin": "https://partner.example"})
        assert serving.stop() == (0, "")
    assert line.startswith("Accepts requests for localhost and crops.example; ")
    assert page.headers["content-type"].startswith("text/html")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "FOREIGN_REQUEST")
    assert partner.headers["access-control-allow-origin"] == "https://partner.example"


@pytest.mark.parametrize(("host", "accepted"), [("0.0.0.0", "localhost"), ("127.0.0.1", None)])
def test_an_address_that_others_reach_needs_a_name(
    host: str, accepted: str | None, script: Path, tmp_path: Path
) -> None:
    with serve(script, tmp_path, "--host", host) as serving:
        port = serving.url.rpartition(":")[2]
        assert httpx.get(f"http://127.0.0.1:{port}").status_code == 200
        status = httpx.get(f"http://127.0.0.1:{port}", headers={"Host": "10.0.0.1"}).status_code
        _, errors = serving.stop()
    assert status == 403
    if accepted is None:
        assert errors == ""
    else:
        assert errors.startswith(f"Warning: other machines can connect to {host}, ")
        assert f"only requests for {accepted} are accepted" in errors
        assert "add others with --allow-host" in errors


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--cors-origin", "*", "expected an origin such as https://example.com, received *"),
        ("--cors-origin", "example.com", "expected an origin such as https://example.com"),
        ("--allow-host", "http://a.example", "expected a name or an address"),
        ("--allow-host", "*", "expected a name or an address"),
    ],
)
def test_a_name_that_is_none_is_reported(
    option: str, value: str, expected: str, call: SmartCrop
) -> None:
    ran = call("serve", "--port", "0", option, value)
    assert ran.returncode == 2
    assert expected in ran.stderr


def test_origins_can_be_set_by_the_environment(
    call: SmartCrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMART_CROP_CORS_ORIGINS", "https://a.example, elsewhere")
    ran = call("serve", "--port", "0")
    assert ran.stderr == (
        "Error: SMART_CROP_CORS_ORIGINS: expected origins such as https://example.com, "
        'received "https://a.example, elsewhere"\n'
    )


def test_names_can_be_set_by_the_environment(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMART_CROP_HOST", "0.0.0.0")
    monkeypatch.setenv("SMART_CROP_ALLOWED_HOSTS", "a.example, b.example")
    with serve(script, tmp_path) as serving:
        assert "//localhost:" in serving.url  # browsers cannot open 0.0.0.0
        url = serving.url.replace("localhost", "127.0.0.1")
        names = ("a.example", "b.example", "c.example")
        status = [httpx.get(url, headers={"Host": name}).status_code for name in names]
        assert serving.stop() == (0, "")
    assert status == [200, 200, 403]
