"""The object detection bundle: located, checked and loaded by the first picture that needs it.

A bundle is a folder built by `layers/object-detection/build_objects.py`. It contains a manifest and
the model. The runtime is that of the face detection bundle.
"""

import json
from pathlib import Path

from handler.errors import FeatureDamaged
from handler.faces.bundle import MANIFEST, Session, first_bundle, open_model, read_model

# The folder of a layer on AWS Lambda, then the folder that a checkout builds into.
_PLACES = (
    Path("/opt/object-detection"),
    Path(__file__).parents[2] / "layers" / "object-detection" / "build",
)
_MANIFEST_FORMAT = 2


def find_bundle(path: Path | None = None) -> Path | None:
    """Return the folder of the bundle, without opening any file.

    Args:
        path: the folder configured for the deployment; None for the default folders.

    Returns:
        The folder, or None if there is no bundle.
    """
    return first_bundle(_PLACES if path is None else (path,))


def is_installed(path: Path | None = None) -> bool:
    """Return whether there is a bundle. Only `load_objects` checks that it is intact."""
    return find_bundle(path) is not None


def load_objects(folder: Path) -> Session:
    """Check the hash of the model, and load it.

    The face detection bundle must have been loaded before.

    Args:
        folder: a folder that `find_bundle` returned.

    Raises:
        FeatureDamaged: the bundle is incomplete or altered.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        if manifest["format"] != _MANIFEST_FORMAT:
            raise _damaged("the format of its manifest is not supported")
        return open_model(read_model(folder, manifest, _damaged))
    except FeatureDamaged:
        raise
    except Exception as error:  # any error of a parser or of the runtime on damaged files
        raise _damaged("it cannot be loaded") from error


def _damaged(reason: str) -> FeatureDamaged:
    error = FeatureDamaged(f"The object detection bundle is unusable: {reason}. Rebuild it")
    error.feature = "object-detection"
    return error
