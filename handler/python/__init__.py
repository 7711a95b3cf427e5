"""The Python interface: crops and plans without a server, a store or environment variables."""

from handler.errors import SmartCropError
from handler.python.calls import analyze, crop
from handler.python.crops import Analysis, Crop, SizedCrop, SizedPlan
from handler.python.keywords import Settings

__all__ = [
    "Analysis",
    "Crop",
    "Settings",
    "SizedCrop",
    "SizedPlan",
    "SmartCropError",
    "analyze",
    "crop",
]
