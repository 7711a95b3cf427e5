"""Object detection for auto mode, loaded by the first picture that needs it."""

from handler.objects.evidence import EvidenceDetector
from handler.objects.object_bundle import is_installed

__all__ = ["EvidenceDetector", "is_installed"]
