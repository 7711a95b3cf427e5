"""Face detection, loaded by the first request that needs it. Importing this loads nothing."""

from handler.faces.bundle import is_available, place_of_environment
from handler.faces.detector import FaceDetector, LazyDetector, detector

__all__ = ["FaceDetector", "LazyDetector", "detector", "is_available", "place_of_environment"]
