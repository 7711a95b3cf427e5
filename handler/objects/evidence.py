"""The detector of auto mode: faces and objects, as far as their bundles are installed."""

import threading
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace
from PIL import Image

from handler.core.detection import Detector, Inspection
from handler.core.face import Face
from handler.core.geometry import Size
from handler.core.image.frame import Frame
from handler.objects.centernet import CenterNet
from handler.objects.object_bundle import find_bundle, load_objects

_lock = threading.Lock()
_networks: dict[Path, CenterNet] = {}


class EvidenceDetector:
    """A face detector whose inspections also have the objects."""

    def __init__(self, faces: Detector, bundle_path: Path | None) -> None:
        """Bind a face detector and an object detection bundle.

        Args:
            faces: the face detector.
            bundle_path: folder of the bundle; None for the default folders. Without a bundle the
                inspections have no objects.
        """
        self._faces = faces
        self._bundle_path = bundle_path

    def find(self, frame: Frame) -> Sequence[Face]:
        """Return the faces of a picture; see `handler.core.detection.Detector`."""
        return self._faces.find(frame)

    def inspect(self, view: Image.Image, source: Size) -> Inspection | None:
        """Return faces, maps and objects; see `handler.core.detection.Detector`.

        Raises:
            FeatureDamaged: a bundle is unusable.
        """
        found = self._faces.inspect(view, source)
        folder = find_bundle(self._bundle_path)
        if found is None or folder is None:
            return found
        return replace(found, objects=_network(folder).look_at(view))


def _network(folder: Path) -> CenterNet:
    """Return the network of this process. The first call loads the bundle."""
    with _lock:
        if folder not in _networks:
            _networks[folder] = CenterNet(load_objects(folder))
        return _networks[folder]
