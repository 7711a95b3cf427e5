"""Results of which only one side is given, with the aspect of their picture."""

from typing import Literal

from handler.core.geometry import Size, half_up
from handler.settings.crop_settings import CropSettings, validate_settings


def lone_side(settings: CropSettings) -> Literal["width", "height"] | None:
    """Return the side of the result that is given without the other, or None."""
    if settings.sizes or settings.mode == "trim":
        return None
    given = settings.model_fields_set & {"width", "height"}
    if len(given) != 1:
        return None
    return "width" if "width" in given else "height"


def fill_side(settings: CropSettings, picture: Size) -> CropSettings:
    """Return the settings with both sides, if one is given: with the aspect of a picture.

    Args:
        settings: the settings.
        picture: size of the upright picture.

    Raises:
        InvalidSettings: the other side or the result would be too large.
    """
    side = lone_side(settings)
    if side is None:
        return settings
    if side == "width":
        added = {"height": max(1, half_up(settings.width * picture.height / picture.width))}
    else:
        added = {"width": max(1, half_up(settings.height * picture.width / picture.height))}
    given = settings.model_dump(by_alias=True, exclude_unset=True)
    return validate_settings({**given, **added})[0]
