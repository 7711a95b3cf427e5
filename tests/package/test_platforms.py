"""The packages that are installed: on all platforms, and for the service alone."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from starlette.testclient import TestClient

from handler.api import create_app
from handler.cli import main
from handler.codec import FORMATS, available_formats
from handler.config import Config
from tests.api.calls import CROP, small, upload
from tests.structure.rules import ROOT

LINUX, MACOS = "linux", "darwin"
# Of `make run`, as the user sees it in `.venv`. The rest of that is byte code, and links.
_MOST_BYTES = 350_000_000
# A codestream by its signature, which is all that is read of it here.
_JPEG_XL = b"\xff\x0a" + bytes(64)


def declared() -> list[Requirement]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return [Requirement(text) for text in tomllib.load(file)["project"]["dependencies"]]


@pytest.mark.parametrize(
    ("system", "machine", "installed"),
    [
        (LINUX, "x86_64", True),
        (LINUX, "aarch64", False),
        (MACOS, "arm64", True),
        (MACOS, "x86_64", True),
    ],
)
def test_only_jpeg_xl_and_qoi_depend_on_the_platform(
    system: str, machine: str, installed: bool
) -> None:
    environment = {"sys_platform": system, "platform_machine": machine}
    marked = {each.name: each.marker for each in declared() if each.marker is not None}

    assert set(marked) == {"pylibjxl", "qoi"}
    assert all(marker.evaluate(environment) is installed for marker in marked.values())


@pytest.mark.parametrize("platform", ["aarch64-manylinux_2_36", "aarch64-apple-darwin"])
def test_every_locked_package_has_a_wheel_for_arm(platform: str, tmp_path: Path) -> None:
    uv = shutil.which("uv") or ROOT / ".tools/uv/bin/uv"
    # As infra/setup.sh and infra/Dockerfile install it there.
    packages = ("--requirements", "pyproject.toml", "--extra", "aws", "--group", "simd")
    done = subprocess.run(
        [
            *(uv, "pip", "install", "--dry-run", "--target", tmp_path, *packages),
            *("--constraints", "requirements.lock", "--require-hashes"),
            *("--only-binary", ":all:", "--python-platform", platform, "--python-version", "3.13"),
        ],
        capture_output=True,
        check=False,
        cwd=ROOT,
        text=True,
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"},
    )

    if "Failed to fetch" in done.stderr or "was not found" in done.stderr:
        pytest.skip("needs a package index that uv can reach")
    assert done.returncode == 0, done.stderr
    assert "+ pillow==" in done.stderr
    assert "pillow-simd" not in done.stderr
    assert ("+ pylibjxl==" in done.stderr) is ("darwin" in platform)


@pytest.fixture
def without_jpeg_xl(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment as on a platform for which its package has no wheel."""
    monkeypatch.setitem(sys.modules, "pylibjxl", None)
    available_formats.cache_clear()
    yield
    monkeypatch.undo()
    available_formats.cache_clear()


@pytest.fixture
def client(without_jpeg_xl: None, tmp_path: Path) -> Iterator[TestClient]:
    """A client of a service there."""
    with TestClient(create_app(Config(store=tmp_path.as_uri()))) as client:
        yield client


def test_a_service_without_jpeg_xl_rejects_it_by_name(client: TestClient) -> None:
    answer = client.post(CROP, **upload(data=_JPEG_XL, name="photo.jxl"))

    assert answer.status_code == 400
    assert answer.json()["error"] == "Invalid image: JPEG XL is not supported by this build"


def test_a_service_without_jpeg_xl_does_not_offer_it(client: TestClient) -> None:
    answer = client.post(CROP, **upload(data=b"no picture", name="photo.txt"))

    assert "JPEG 2000" in answer.json()["error"]
    assert "JPEG XL" not in answer.json()["error"]


def test_the_health_of_a_service_without_jpeg_xl_lists_it_as_missing(client: TestClient) -> None:
    health = client.get("/api/v1/health").json()

    assert health["status"] == "ok"
    assert {name for name in FORMATS if not health["formats"][name]} == {"jxl"}


def test_a_service_without_jpeg_xl_crops_other_formats(client: TestClient) -> None:
    assert client.post(CROP, **small()).status_code == 200


def test_the_command_line_lists_it_as_missing(without_jpeg_xl: None) -> None:
    done = CliRunner().invoke(main, ["formats", "--json"])
    rows = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}

    assert {name for name in FORMATS if not rows[name]["read"]} == {"jxl"}


def needed(name: str, found: set[str]) -> set[str]:
    """Add a distribution of this environment, and all that it requires on this platform."""
    name = canonicalize_name(name)
    if name == "pillow":  # or pillow-simd, which replaces it
        (name,) = packages_distributions()["PIL"]
    if name not in found:
        found.add(name)
        for requirement in map(Requirement, distribution(name).requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                needed(requirement.name, found)
    return found


def test_the_service_needs_no_package_of_the_tests_and_a_third_of_their_size() -> None:
    names = needed("smart-crop", set())

    assert {"fastapi", "obstore", "uvicorn"} <= names
    assert not names & {"botocore", "boto3", "moto", "pytest", "scipy", "scikit-image"}
    files = (file for name in names for file in distribution(name).files or ())
    paths = {Path(str(file.locate())) for file in files}
    assert sum(path.stat().st_size for path in paths if path.is_file()) < _MOST_BYTES
