"""The bundle is opened by the first request that needs faces, and only once.

The tests audit a new process, in which nothing is loaded yet.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pictures import encoded, photo

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
from pathlib import Path

bundle, picture, *steps = sys.argv[1:]
events = []

def audit(event, arguments):
    if event == "import" and arguments[0].split(".")[0] == "onnxruntime":
        events.append(f"import {arguments[0]}")
    elif event in ("open", "os.listdir", "os.scandir", "ctypes.dlopen"):
        if str(arguments[0]).startswith(bundle):
            events.append(f"{event} {Path(arguments[0]).relative_to(bundle)}")

sys.addaudithook(audit)

from handler.codec import Limits, encode, open_picture
from handler.core.planner import make_plan
from handler.core.render import render
from handler.faces import detector, is_available
from handler.settings import validate_settings

def frame():
    return open_picture(Path(picture).read_bytes(), Limits(10**8))

def subject():
    settings, _ = validate_settings({"width": 100, "height": 100})
    opened = frame()
    plan = make_plan(opened, settings.request())
    assert encode(render(opened, plan), opened.format, 90, "white")

def health():
    assert is_available(Path(bundle))

def face():
    assert len(detector(Path(bundle)).find(frame(), 0.5)) == 1

report = []
for step in steps:
    events.clear()
    {"subject": subject, "health": health, "face": face}[step]()
    report.append(list(events))
print(json.dumps(report))
"""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "astronaut.jpg"
    file.write_bytes(encoded(photo("astronaut.png")))
    return file


def opened_by(built: Path, picture: Path, *steps: str) -> list[list[str]]:
    """Return the runtime's imports and the bundle's files that each step opens in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(built), str(picture), *steps],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: list[list[str]] = json.loads(done.stdout)
    return report


def test_only_the_first_face_request_opens_the_bundle(built: Path, picture: Path) -> None:
    steps = ("subject", "health", "face", "face", "subject")

    subject, health, first, second, after = opened_by(built, picture, *steps)

    assert (subject, health) == ([], [])
    assert first.count("open centerface.onnx") == 1
    assert first.count("open manifest.json") == 1
    assert any(name.startswith("import onnxruntime.") for name in first)
    assert (second, after) == ([], [])
