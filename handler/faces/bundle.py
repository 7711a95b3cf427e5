"""The face detection bundle: located, checked and loaded by the first request that needs faces.

A bundle is a folder built by `layers/face-detection/build.py`. It contains a manifest, the model,
and the runtime for it. Nothing of it is imported or opened before `load`.
"""

import hashlib
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from handler.errors import FeatureDamaged, FeatureMissing

# The folder of a layer on AWS Lambda, the folder that a checkout builds into, and the folder of an
# environment into which the wheel is installed.
_PLACES = (
    Path("/opt/face-detection"),
    Path(__file__).parents[2] / "layers" / "face-detection" / "build",
    Path(sys.prefix) / "share" / "smart-crop" / "face-detection",
)
MANIFEST = "manifest.json"
_MANIFEST_FORMAT = 2
_RUNTIME = "onnxruntime"
# The runtime logs nothing below this level. Its warnings concern the model, which is pinned.
_LOG_ERRORS_ONLY = 3


class Session(Protocol):
    """A loaded model: the part of ``onnxruntime.InferenceSession`` that the service uses."""

    def run(
        self, output_names: None, input_feed: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        """Compute all outputs. Safe to call from several threads at once."""

    def get_inputs(self) -> list[Any]:
        """Return the inputs; each has a ``name``."""


def locate(path: Path | None = None) -> Path | None:
    """Return the folder of the bundle, without opening any file.

    Args:
        path: the folder configured for the deployment; None for the default folders.

    Returns:
        The folder, or None if there is no bundle.
    """
    return first_bundle(_PLACES if path is None else (path,))


def first_bundle(places: Iterable[Path]) -> Path | None:
    """Return the first of several folders that contains a bundle, or None."""
    return next((place for place in places if (place / MANIFEST).is_file()), None)


def place_of_environment() -> Path:
    """Return the folder of the bundle in the environment of this Python; it need not exist."""
    return _PLACES[-1]


def is_available(path: Path | None = None) -> bool:
    """Return whether there is a bundle. Only `load` checks that it is intact."""
    return locate(path) is not None


def load(path: Path | None = None) -> Session:
    """Check the bundle, import its runtime and load its model.

    The check compares the hash of the model, and the size of every other file. To hash the runtime
    as well would cost a cold request as much time as loading the model.

    Args:
        path: as for `locate`.

    Raises:
        FeatureMissing: there is no bundle.
        FeatureDamaged: the bundle is incomplete, altered, or built for another Python.
    """
    folder = locate(path)
    if folder is None:
        raise FeatureMissing(
            "Face detection is not part of this deployment; the modes auto, subject and trim work "
            "without it"
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        _check_fit(manifest)
        _check_sizes(folder, manifest["files"])
        model = read_model(folder, manifest, _damaged)
        return _open_session(_import_runtime(folder / manifest["runtime"]["folder"]), model)
    except FeatureDamaged:
        raise
    except Exception as error:  # any error of a parser or of the runtime on damaged files
        raise _damaged("it cannot be loaded") from error


def open_model(model: bytes) -> Session:
    """Open another model with the runtime of the bundle.

    Raises:
        KeyError: no bundle has been loaded yet.
    """
    return _open_session(sys.modules[_RUNTIME], model)


def _check_fit(manifest: Mapping[str, Any]) -> None:
    if manifest["format"] != _MANIFEST_FORMAT:
        raise _damaged("the format of its manifest is not supported")
    python = manifest["python"]
    if python["extension_suffix"] not in importlib.machinery.EXTENSION_SUFFIXES:
        built, runs = python["minor_version"], "{}.{}".format(*sys.version_info)
        raise _damaged(
            f"it was built for Python {built} on {python['platform']}, not for Python {runs}"
            f" on {sys.platform}"
        )


def _check_sizes(folder: Path, files: Mapping[str, Any]) -> None:
    for name, expected in files.items():
        file = folder / name
        if not file.is_file():
            raise _damaged(f"{name} is missing")
        if file.stat().st_size != expected["size"]:
            raise _damaged(f"{name} has the wrong size")


def read_model(
    folder: Path, manifest: Mapping[str, Any], damaged: Callable[[str], FeatureDamaged]
) -> bytes:
    """Return the bytes of a bundle's model, and check their hash.

    Args:
        folder: folder of the bundle.
        manifest: its manifest.
        damaged: returns the error for a reason.

    Raises:
        FeatureDamaged: the hash differs from that in the manifest.
    """
    name: str = manifest["model"]["file"]
    model = (folder / name).read_bytes()
    if hashlib.sha256(model).hexdigest() != manifest["files"][name]["sha256"]:
        raise damaged(f"{name} has the wrong hash")
    return model


def _import_runtime(folder: Path) -> ModuleType:
    """Import the runtime from ``folder`` without adding it to ``sys.path``."""
    if _RUNTIME in sys.modules:
        return sys.modules[_RUNTIME]
    # By default the runtime reports its use to Microsoft: an extra thread writes a database to the
    # home directory and opens connections. The variable is read when the runtime is imported.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    spec = importlib.machinery.PathFinder.find_spec(_RUNTIME, [str(folder)])
    if spec is None or spec.loader is None:
        raise _damaged(f"{_RUNTIME} is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_RUNTIME] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        # Otherwise modules that did load would be reused for the bundle that replaces this one.
        for name in [name for name in sys.modules if name.split(".")[0] == _RUNTIME]:
            del sys.modules[name]
        raise
    return module


def _open_session(runtime: Any, model: bytes) -> Session:
    options = runtime.SessionOptions()
    # A Lambda function has one or two cores, and on a server other requests need the cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Memory patterns are stored for each picture size: 50 % more memory, and no gain in time.
    options.enable_mem_pattern = False
    options.log_severity_level = _LOG_ERRORS_ONLY
    session: Session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session


def _damaged(reason: str) -> FeatureDamaged:
    return FeatureDamaged(f"The face detection bundle is unusable: {reason}. Rebuild it")
