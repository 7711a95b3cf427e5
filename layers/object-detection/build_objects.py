"""Builder of the object detection bundle: the model and a manifest, in one folder.

    python build_objects.py                    build into build/
    python build_objects.py --output FOLDER    build into FOLDER; on Lambda, /opt/object-detection
    python build_objects.py --is-current       exit with 0 if the bundle is current and undamaged

The model is in a package that npm downloads; its files are checked by hash. It is converted with
the tools of the face detection bundle. The folder contains

    manifest.json       contents, sources and licences; size and hash of every file
    centernet.onnx      the model, for pictures of any size
    licences/

The runtime is that of the face detection bundle. The bundle is built in a temporary folder, tested,
and then moved to its place, so an incomplete bundle never exists there.
"""

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
FACES = HERE.parent / "face-detection"
PACKAGE, VERSION = "@vladmandic/human", "3.3.6"
# Files of the package, and their SHA-256. The model is named first.
FILES = {
    "models/centernet.json": "bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05",
    "models/centernet.bin": "1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef",
    "LICENSE": "9a3442b79acaf4fbc7c2e07b7e2d8f84af9bb3871bf08a69d80304ab00640e9a",
}
MODEL = "centernet.onnx"
MANIFEST_FORMAT = 2
SOURCES = ("build_objects.py", "convert.py", "readout.txt", "try_objects.py")


def main() -> None:
    """Build the bundle, or check it, as the command line requests."""
    parser = argparse.ArgumentParser(description="Build the object detection bundle.")
    parser.add_argument("--output", type=Path, default=HERE / "build", metavar="FOLDER")
    parser.add_argument(
        "--runtime",
        type=Path,
        default=FACES / "build",
        metavar="FOLDER",
        help="the face detection bundle, whose runtime tests the model",
    )
    parser.add_argument(
        "--is-current",
        action="store_true",
        help="check the bundle, without building; exit with 0 or 1",
    )
    arguments = parser.parse_args()
    output: Path = arguments.output.resolve()
    current = is_current(output)
    if arguments.is_current:
        sys.exit(0 if current else 1)
    if not current:
        build(output, arguments.runtime.resolve())
        print(f"objects: built {output}")


def shared() -> ModuleType:
    """Return the builder of the face detection bundle, whose helpers this one shares."""
    spec = importlib.util.spec_from_file_location("face_bundle_builder", FACES / "build.py")
    if spec is None or spec.loader is None:
        sys.exit("objects: error: layers/face-detection/build.py is missing.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_current(output: Path) -> bool:
    """Return whether the bundle has the current sources and is undamaged."""
    try:
        manifest = json.loads((output / "manifest.json").read_text())
        recorded = manifest["made_from"], manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(recorded == (made_from(), shared().list_files(output)))


def made_from() -> str:
    """Return a hash of all sources of the bundle."""
    return sha256(b"\0".join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()


def build(output: Path, runtime: Path) -> None:
    """Build the bundle in a temporary folder, test it, and move it to ``output``."""
    faces = shared()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".objects-") as folder:
        work = Path(folder)
        bundle = work / "bundle"
        (bundle / "licences").mkdir(parents=True)
        download(work)
        shutil.copyfile(work / "LICENSE", bundle / "licences" / "human.txt")
        faces.install(faces.PINS["tools"], work / "tools")
        model = str(bundle / MODEL)
        sources = str(work / "models/centernet.json"), str(HERE / "readout.txt")
        faces.run(sys.executable, str(HERE / "convert.py"), *sources, model, path=(work / "tools",))
        paths = runtime / "python", work / "tools"
        faces.run(sys.executable, "-B", str(HERE / "try_objects.py"), model, path=paths)
        write_manifest(bundle, faces)
        shutil.rmtree(output, ignore_errors=True)
        bundle.replace(output)


def download(work: Path) -> None:
    """Download the package and extract the files of the model, checked by hash."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("objects: error: npm was not found. Install it: apt-get install npm")
    packed = [npm, "pack", "--silent", "--ignore-scripts", f"{PACKAGE}@{VERSION}"]
    done = subprocess.run(packed, cwd=work, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"objects: error: npm pack failed: {done.stderr.strip()[-300:]}")
    (archive,) = work.glob("*.tgz")
    with tarfile.open(archive) as package:
        for name, expected in FILES.items():
            file = package.extractfile(f"package/{name}")
            data = b"" if file is None else file.read()
            if sha256(data).hexdigest() != expected:
                sys.exit(f"objects: error: {name} does not have the pinned hash.")
            target = work / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(data)
    archive.unlink()


def write_manifest(bundle: Path, faces: ModuleType) -> None:
    """Write manifest.json, after all other files are in place."""
    manifest: dict[str, Any] = {
        "format": MANIFEST_FORMAT,
        "made_from": made_from(),
        "model": {
            "name": "CenterNet on MobileNetV3",
            "file": MODEL,
            "licence": "MIT",
            "licence_file": "licences/human.txt",
            "change": "converted from TensorFlow.js to ONNX; a readout added, classes left out",
            "source": {"package": PACKAGE, "version": VERSION, "sha256": FILES},
        },
        "files": faces.list_files(bundle),
    }
    (bundle / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
