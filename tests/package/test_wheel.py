"""The wheel, built and installed into an empty virtual environment, as `pip install .` does.

It is the only test of the package without what `make` installs, and takes a minute or two.
"""

import json
import os
import re
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from tests.needs import needs_curl
from tests.pictures import decoded, encoded, photo
from tests.readme.documents import README, commands
from tests.servers import free_ports
from tests.structure.rules import ROOT

_SECONDS = 900
_PROGRAM = """
import sys, handler, smart_crop
assert handler.__file__.startswith(sys.prefix)
from smart_crop import Settings, analyze, crop
result = crop("portrait.jpg", Settings(mode="auto"), width=90, height=60)
assert result.image.size == (90, 60)
assert analyze("portrait.jpg", width=9).plan.source.width == 512
assert crop is handler.crop and smart_crop.__all__
print(result.save("python.webp"))
"""
_UPLOAD = """
from datetime import timedelta
from handler.errors import SmartCropError
from handler.storage.presigned_post import presign_post
try:
    presign_post("bucket", {"key": "photo.jpg"}, 9, timedelta(1))
except SmartCropError as error:
    print(error.details)
"""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment, which sees no other packages."""
    return subprocess.run(
        command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=_alone()
    )


def _alone() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def pip(python: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run(python, "-m", "pip", "--disable-pip-version-check", *arguments)


def made(done: subprocess.CompletedProcess[str]) -> str:
    """Return the output of pip; skip the test if pip reaches no package index."""
    if re.search(
        "No matching distribution|NewConnectionError|Could not find a version", done.stderr
    ):
        pytest.skip("needs a package index that pip can reach")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that has the wheel and its requirements only."""
    folder = tmp_path_factory.mktemp("package")
    try:
        venv.create(folder / "venv", with_pip=True)
    except subprocess.CalledProcessError:
        pytest.skip("needs the module ensurepip: apt-get install python3-venv")
    python = folder / "venv/bin/python"
    made(pip(python, "wheel", "--no-deps", "--wheel-dir", folder, ROOT))
    (wheel,) = folder.glob("*.whl")
    made(pip(python, "install", "--no-compile", wheel))  # compiling takes half of the time
    return python.parent


@pytest.fixture
def portrait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A photo in the working directory, which is not the repository."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "portrait.jpg").write_bytes(encoded(photo("astronaut.png")))
    return tmp_path / "portrait.jpg"


@pytest.fixture
def served(environment: Path, portrait: Path) -> Iterator[str]:
    """The URL of a server that the environment runs."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [environment / "smart-crop", "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_alone(),
    )
    try:
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            assert process.poll() is None
            try:
                httpx.get(f"{url}/api/v1/health")
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def test_the_wheel_has_both_packages_with_their_types(environment: Path) -> None:
    (wheel,) = environment.parents[1].glob("*.whl")
    with ZipFile(wheel) as file:
        names = set(file.namelist())

    modules = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "handler").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    moved = {"handler/python/smart_crop.py", "handler/python/py.typed"}
    added = {"smart_crop/__init__.py", "smart_crop/py.typed"}
    assert {name for name in names if ".dist-info/" not in name} == modules - moved | added


def test_the_environment_has_one_pillow_and_nothing_of_aws(environment: Path) -> None:
    listed = json.loads(made(pip(environment / "python", "list", "--format", "json")))
    names = {each["name"].lower() for each in listed}

    assert "pillow" in names
    assert not names & {"pillow-simd", "boto3", "botocore", "mangum", "awslambdaric"}
    made(pip(environment / "python", "check"))


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("aws", {"botocore", "mangum"}),
        ("faces", {"uv"}),
        ("serve", set()),
    ],
)
def test_an_extra_adds_its_packages(environment: Path, extra: str, expected: set[str]) -> None:
    (wheel,) = environment.parents[1].glob("*.whl")
    asked = ("--dry-run", "--quiet", "--report", "-", f"{wheel}[{extra}]")
    report = json.loads(made(pip(environment / "python", "install", *asked)))
    added = {each["metadata"]["name"].lower() for each in report["install"]} - {"smart-crop"}

    assert added >= expected
    assert "pillow-simd" not in added
    assert expected or not added


def test_an_upload_form_without_the_extra_aws_says_how_to_get_it(environment: Path) -> None:
    done = run(environment / "python", "-c", _UPLOAD)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "Upload forms need the extra aws: in a clone, pip install '.[aws]'\n"


def test_face_mode_without_the_bundle_says_how_to_get_it(environment: Path, portrait: Path) -> None:
    done = run(environment / "smart-crop", "crop", portrait, "--mode", "face")
    doctor = run(environment / "smart-crop", "doctor", "--json")

    assert done.returncode == 1
    assert "`smart-crop doctor` prints how to install it" in done.stderr
    assert "python layers/face-detection/build.py --output" in doctor.stdout


def test_the_command_line_crops(environment: Path, portrait: Path) -> None:
    done = run(environment / "smart-crop", "crop", portrait, "-s", "90x60")

    assert done.returncode == 0, done.stderr
    assert decoded((portrait.parent / "portrait_smartcrop.jpg").read_bytes()).size == (90, 60)
    assert "did not search for faces" in done.stderr


def test_the_parts_are_sound(environment: Path, portrait: Path) -> None:
    done = run(environment / "smart-crop", "doctor", "--json")

    states = {row["part"]: row["state"] for row in map(json.loads, done.stdout.splitlines())}
    assert "broken" not in states.values()
    assert states["PIL"] == "ok"
    assert states["faces"] == "warning"


def test_the_package_crops_under_both_names(environment: Path, portrait: Path) -> None:
    done = run(environment / "python", "-c", _PROGRAM)

    assert (done.stdout, done.stderr) == ("python.webp\n", "")


def test_the_service_crops(served: str, portrait: Path) -> None:
    with portrait.open("rb") as file:
        answer = httpx.post(
            f"{served}/api/v1/tools/smart-crop",
            files={"file": file},
            data={"width": "90", "height": "60"},
            timeout=_SECONDS,
        )

    assert answer.status_code == 200
    picture = httpx.get(f"{served}{answer.json()['downloadUrl']}")
    assert decoded(picture.content).size == (90, 60)
    health = httpx.get(f"{served}/api/v1/health").json()
    assert sys.platform != "linux" or all(health["sandbox"].values())


@needs_curl
def test_the_requests_of_the_readme_succeed_without_face_detection(
    served: str, portrait: Path
) -> None:
    sample = portrait.parent / "handler/api/static/portrait.jpg"
    sample.parent.mkdir(parents=True)
    sample.write_bytes(portrait.read_bytes())
    requests = [each for each in commands(README) if each.startswith("curl ")]

    answers = [
        run("bash", "-c", f"{each.replace('http://localhost:13490', served)} --fail-with-body")
        for each in requests
    ]

    assert [each.returncode for each in answers] == [0] * len(requests), answers
    assert decoded((portrait.parent / "portrait-small.jpg").read_bytes()).size == (300, 400)


def test_the_command_of_the_readme_adds_face_detection(
    environment: Path, portrait: Path, tmp_path: Path
) -> None:
    made(pip(environment / "python", "install", "--no-compile", "uv>=0.9"))  # the extra faces
    (command,) = re.findall(r"`(python layers/face-detection/[^`]+)`", README.read_text())
    # As after `source bin/activate`, in an environment that stays without the bundle.
    active = {
        **_alone(),
        "VIRTUAL_ENV": str(tmp_path),
        "PATH": f"{environment}:{os.environ['PATH']}",
        "SMART_CROP_FACE_BUNDLE": str(tmp_path / "share/smart-crop/face-detection"),
    }

    subprocess.run(["bash", "-c", command], cwd=ROOT, env=active, check=True)
    crop = ("smart-crop", "crop", portrait, "-m", "face", "-s", "90x60")
    done = subprocess.run(crop, env=active, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "face detection" not in done.stderr
