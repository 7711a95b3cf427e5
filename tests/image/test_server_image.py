"""The image of the server, run by the README's command and confined as in `infra/compose.yaml`."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from handler.codec.further_formats import OPTIONAL
from tests.image.conftest import PHOTO
from tests.image.engine import Engine
from tests.pictures import decoded
from tests.servers import free_ports

CONFINED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--init")
# By default the first check of the health is after 30 s.
_CHECKED_OFTEN = ("--health-interval", "1s", "--health-retries", "1", "--health-start-period", "1s")
_SECONDS = 300
_TOOL = "/api/v1/tools/smart-crop"
# More than the service keeps in memory (jobs/zip_batch.py).
_LARGE = {"mode": "subject", "width": 2000, "height": 2000, "format": "png"}


@dataclass(frozen=True)
class Server:
    """A server in a container."""

    engine: Engine
    name: str
    url: str

    def inspect(self, field: str) -> str:
        return self.engine.docker("inspect", "--format", f"{{{{{field}}}}}", self.name).strip()

    def execute(self, *command: str) -> str:
        return self.engine.docker("exec", self.name, *command).strip()

    def crop(self, **settings: object) -> Any:
        """Return the answer for the photo, with the result behind its link."""
        answer = httpx.post(
            f"{self.url}{_TOOL}",
            files={"file": ("portrait.jpg", PHOTO)},
            data={"settings": json.dumps(settings)},
            timeout=_SECONDS,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fetch(self, path: str) -> bytes:
        answer = httpx.get(f"{self.url}{path}")
        assert answer.status_code == 200, answer.text
        return answer.content

    def health(self) -> Any:
        return httpx.get(f"{self.url}/api/v1/health", timeout=_SECONDS).json()


@contextmanager
def serving(engine: Engine, image: str, *options: str) -> Iterator[Server]:
    """Run the server in a container, with these options of `docker run`."""
    (port,) = free_ports(1)
    publish = ("--publish", f"127.0.0.1:{port}:13490")
    name = engine.docker("run", "--detach", *publish, *options, image).strip()
    server = Server(engine, name, f"http://127.0.0.1:{port}")
    try:
        until(lambda: answers(server.url))
        yield server
    finally:
        print(engine.docker("logs", name))
        engine.docker("rm", "--force", "--volumes", name)


def answers(url: str) -> bool:
    try:
        httpx.get(f"{url}/api/v1/health")
    except httpx.TransportError:  # Docker listens on the port before the server does
        return False
    return True


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.fixture(scope="module")
def image(docker: Engine, sources: Path) -> str:
    """The image of the server, which shares all layers with that of the functions."""
    dockerfile = ("--file", f"{sources}/infra/Dockerfile", "--target", "serve")
    options = ("--network=host", "--quiet", "--tag", "smart-crop")
    docker.docker("build", *options, *dockerfile, str(sources))
    return "smart-crop"


@pytest.fixture(scope="module")
def server(docker: Engine, image: str) -> Iterator[Server]:
    """The server with a read-only file system, without any rights."""
    with serving(docker, image, *CONFINED, *_CHECKED_OFTEN) as server:
        yield server


@pytest.mark.parametrize("mode", ["subject", "face", "auto", "trim"])
def test_a_crop_is_saved_by_its_link(server: Server, mode: str) -> None:
    answer = server.crop(mode=mode, width=90, height=60)
    assert answer["plan"]["mode"] == mode
    size = decoded(server.fetch(answer["downloadUrl"])).size
    assert size == (answer["width"], answer["height"])


def test_everything_is_there_and_files_are_decoded_in_the_sandbox(server: Server) -> None:
    health = server.health()
    assert health["status"] == "ok"
    # The build argument FORMATS is empty.
    assert {name for name, works in health["formats"].items() if not works} == OPTIONAL
    assert all(health["features"].values()), health["features"]
    # Of these parts, only Landlock depends on the kernel and not on Docker.
    missing = {part for part, present in health["sandbox"].items() if not present}
    assert missing <= {"landlock"}
    assert health["version"] != "0+unknown"


def test_the_page_is_served(server: Server) -> None:
    assert b"<html" in server.fetch("/")


def test_the_server_is_not_root(server: Server) -> None:
    assert server.execute("id", "-u") == server.execute("id", "-g") == "13490"


def test_a_large_batch_is_spooled_outside_of_the_read_only_file_system(server: Server) -> None:
    files = [("file", (f"{number}.jpg", PHOTO)) for number in range(4)]
    answer = httpx.post(
        f"{server.url}{_TOOL}/batch",
        files=files,
        data={"settings": json.dumps(_LARGE)},
        timeout=_SECONDS,
    )
    assert answer.status_code == 200, answer.text
    assert len(answer.content) > 8 << 20


def test_the_health_check_succeeds(server: Server) -> None:
    until(lambda: server.inspect(".State.Health.Status") == "healthy")


def test_the_health_check_fails_if_results_cannot_be_written(docker: Engine, image: str) -> None:
    mount = ("--mount", "type=tmpfs,destination=/results,readonly")
    with serving(docker, image, *CONFINED, *_CHECKED_OFTEN, *mount) as server:
        assert server.health()["status"] == "degraded"
        until(lambda: server.inspect(".State.Health.Status") == "unhealthy")


def test_results_outlive_the_container_in_its_volume(docker: Engine, image: str) -> None:
    docker.docker("volume", "create", "results")
    try:
        with serving(docker, image, "--volume", "results:/results") as server:
            link = server.crop(width=90, height=60)["downloadUrl"]
        # Another user finds the same results, and can add more.
        user = ("--user", "54321:54321")
        with serving(docker, image, *user, "--volume", "results:/results") as server:
            assert decoded(server.fetch(link)).size == (90, 60)
            assert server.fetch(server.crop(width=30, height=20)["downloadUrl"])
    finally:
        docker.docker("volume", "rm", "results")


def test_names_of_the_server_are_set_by_the_environment(docker: Engine, image: str) -> None:
    names = ("--env", "SMART_CROP_ALLOWED_HOSTS=crops.example")
    with serving(docker, image, *names) as server:
        status = {
            name: httpx.get(server.url, headers={"Host": name}).status_code
            for name in ("crops.example", "evil.example")
        }
    assert status == {"crops.example": 200, "evil.example": 403}


def test_the_server_says_for_which_names_it_accepts_requests(docker: Engine, image: str) -> None:
    with serving(docker, image) as server:
        # Docker may receive the lines later than the client its answer.
        until(lambda: len(docker.docker("logs", server.name).splitlines()) >= 3)
        written = docker.docker("logs", server.name).splitlines()
        foreign = httpx.get(server.url, headers={"Host": "192.0.2.1"})
    assert written[0] == "Serving http://localhost:13490 on all interfaces (press Ctrl-C to stop)"
    assert written[2].startswith("Accepts requests for localhost; add others with ")
    assert foreign.status_code == 403
    assert "SMART_CROP_ALLOWED_HOSTS" in foreign.json()["details"]


def test_docker_stop_ends_the_server_at_once(docker: Engine, image: str) -> None:
    with serving(docker, image) as server:  # as process 1
        docker.docker("stop", "--time", "30", server.name)
        assert server.inspect(".State.ExitCode") == "0"


def test_the_command_line_crops_files_of_a_mounted_folder(
    docker: Engine, image: str, tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    (tmp_path / "portrait.jpg").write_bytes(PHOTO)
    mounted = ("--volume", f"{tmp_path}:/work", "--workdir", "/work")
    docker.docker("run", "--rm", *mounted, image, "crop", "portrait.jpg", "-s", "90x60")
    assert decoded((tmp_path / "portrait_smartcrop.jpg").read_bytes()).size == (90, 60)


def test_compose_starts_the_server_and_keeps_its_results(
    docker: Engine, image: str, sources: Path
) -> None:
    if shutil.which("docker-compose") is None:
        pytest.skip("needs docker-compose: apt-get install docker-compose")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"

    def compose(*arguments: str) -> None:
        subprocess.run(
            ["docker-compose", "--file", f"{sources}/infra/compose.yaml", *arguments],
            check=True,
            env={**docker.environment, "PATH": "/usr/bin:/bin", "PORT": str(port)},
        )

    try:
        compose("up", "--detach", "--no-build")
        until(lambda: answers(url))
        (name,) = docker.docker("ps", "--quiet", "--filter", f"publish={port}").split()
        link = Server(docker, name, url).crop(width=90, height=60)["downloadUrl"]
        compose("down")
        compose("up", "--detach", "--no-build")
        until(lambda: answers(url))
        assert decoded(Server(docker, name, url).fetch(link)).size == (90, 60)
    finally:
        compose("down", "--volumes")
