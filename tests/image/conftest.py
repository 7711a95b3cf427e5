"""Fixtures: the engine, the images built with it, and an S3 for their functions."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from mypy_boto3_s3 import S3Client

from tests.conftest import BUCKET, UPLOADS
from tests.events.notifications import KEY
from tests.image import base_image, engine, tools
from tests.image.engine import ADDRESS, Engine
from tests.image.layers import Image, read_image
from tests.image.port_forward import port_forward
from tests.image.sam import Build, Sam, build
from tests.image.tools import ROOT
from tests.pictures import encoded, photo
from tests.servers import Program

SOURCES = (
    *("template.yaml", "infra", "handler", "layers", ".dockerignore"),
    *("pyproject.toml", "requirements.lock", "LICENSE"),
)
DATA = tools.TOOLS / "docker"
PHOTO = encoded(photo("astronaut.png"))
_SIZES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session", autouse=True)
def possible() -> None:
    """Skips all tests of this folder if the machine cannot run them."""
    if reason := engine.why_not(DATA):
        pytest.skip(reason)


@pytest.fixture(scope="session")
def docker(possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with the base image."""
    engine.install()
    with engine.started(DATA, tmp_path_factory.mktemp("docker")) as docker:
        docker.docker("image", "prune", "--force", "--filter", "until=168h")
        base_image.provide(docker)
        yield docker


@pytest.fixture(scope="session")
def sam(docker: Engine) -> Sam:
    """SAM's command line."""
    return Sam(tools.provide("sam") / "sam", docker)


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, so that both images are built from the same files."""
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("build"))
        else:
            shutil.copy2(source, folder / name)
    return folder


@pytest.fixture(scope="session")
def full(sam: Sam, sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The functions with the face detection bundle, as they are deployed."""
    return build(sam, sources, tmp_path_factory.mktemp("full"), "with")


@pytest.fixture(scope="session")
def lean(sam: Sam, sources: Path, full: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The functions without the face detection bundle, in an image that shares layers."""
    return build(sam, sources, tmp_path_factory.mktemp("lean"), "without")


@pytest.fixture(scope="session")
def full_image(
    full: Build, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Image:
    """The contents of the image with the bundle; its size is printed at the end."""
    image = read_image(full.sam.engine, full.image, tmp_path_factory.mktemp("saved"))
    request.config.stash[_SIZES] = _sizes(image)
    return image


@pytest.fixture(scope="session")
def lean_image(lean: Build, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The contents of the image without the bundle."""
    return read_image(lean.sam.engine, lean.image, tmp_path_factory.mktemp("saved"))


@pytest.fixture(scope="session")
def aws(docker: Engine, seaweedfs: Program, uploads: S3Client) -> Iterator[Mapping[str, str]]:
    """The environment of a function that uses SeaweedFS as S3, which checks signatures.

    It contains the object that the event files name.
    """
    uploads.put_object(Bucket=UPLOADS, Key=KEY, Body=PHOTO)
    with port_forward(ADDRESS, int(seaweedfs.url.rpartition(":")[2])) as url:
        yield {
            **seaweedfs.environment,
            "AWS_ENDPOINT_URL": url,
            "SMART_CROP_STORE": f"s3://{BUCKET}",
            "SMART_CROP_UPLOADS": f"s3://{UPLOADS}",
        }


def _sizes(image: Image) -> list[str]:
    parts = {
        "base (public image: without certificates)": image.layers[0].size,
        "Python and codec libraries": sum(
            layer.size
            for layer in image.layers[1:]
            if not layer.under("opt") | layer.under("var/task")
        ),
        "packages": sum(layer.size for layer in image.layers if layer.under("opt/smart-crop")),
        "face detection bundle": sum(
            layer.size for layer in image.layers if layer.under("opt/face-detection")
        ),
        "object detection bundle": sum(
            layer.size for layer in image.layers if layer.under("opt/object-detection")
        ),
        "service": sum(layer.size for layer in image.layers if layer.under("var/task")),
    }
    parts["all"] = sum(layer.size for layer in image.layers)
    return [f"{size / 1e6:8.1f} MB  {name}" for name, size in parts.items()]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the image's size and its parts."""
    if _SIZES in config.stash:
        terminalreporter.section("image size")
        for line in config.stash[_SIZES]:
            terminalreporter.line(line)
