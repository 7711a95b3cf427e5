"""The settings of a request: pydantic models with JSON names, ranges and descriptions."""

from handler.settings.aspect import fill_side, lone_side
from handler.settings.colours import COLOUR_NAMES
from handler.settings.constraints import MAX_BOXES
from handler.settings.crop_settings import (
    CropSettings,
    NoFacesAction,
    parse_settings,
    read_object,
    validate_settings,
)
from handler.settings.output import Effort, OutputFormat
from handler.settings.sizes import MAX_SIDE, MAX_SIZES, PRESETS, OutputSize, suffix_of

__all__ = [
    "COLOUR_NAMES",
    "MAX_BOXES",
    "MAX_SIDE",
    "MAX_SIZES",
    "PRESETS",
    "CropSettings",
    "Effort",
    "NoFacesAction",
    "OutputFormat",
    "OutputSize",
    "fill_side",
    "lone_side",
    "parse_settings",
    "read_object",
    "suffix_of",
    "validate_settings",
]
