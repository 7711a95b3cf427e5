"""Smart crop: the Python interface under its second name.

The wheel has this module as the package ``smart_crop``. In a checkout, use ``handler``.
"""

from handler.python import (
    Analysis,
    Crop,
    Settings,
    SizedCrop,
    SizedPlan,
    SmartCropError,
    analyze,
    crop,
)

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
