"""Face detection, loaded when the first request asks for it; importing this loads nothing."""

from handler.faces.bundle import is_available
from handler.faces.detector import FaceDetector, detector

__all__ = ["FaceDetector", "detector", "is_available"]
