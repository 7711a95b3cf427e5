"""The settings of a request: pydantic models with JSON names, ranges and descriptions."""

from handler.settings.constraints import MAX_BOXES
from handler.settings.crop_settings import (
    CropSettings,
    NoFacesAction,
    OutputFormat,
    parse_settings,
    validate_settings,
)
from handler.settings.sizes import MAX_SIDE, MAX_SIZES, PRESETS, OutputSize, suffix_of

__all__ = [
    "MAX_BOXES",
    "MAX_SIDE",
    "MAX_SIZES",
    "PRESETS",
    "CropSettings",
    "NoFacesAction",
    "OutputFormat",
    "OutputSize",
    "parse_settings",
    "suffix_of",
    "validate_settings",
]
