"""Face detection, loaded when the first request asks for it; importing this loads nothing."""

from handler.faces.bundle import is_available
from handler.faces.detector import FaceDetector, LazyDetector, detector

__all__ = ["FaceDetector", "LazyDetector", "detector", "is_available"]
