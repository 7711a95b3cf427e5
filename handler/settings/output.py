"""The settings of the file that is written."""

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator

OutputFormat = Literal["auto", "jpeg", "png", "webp", "avif", "tiff", "gif"]

Effort = Literal["standard", "high"]

# The extensions of files, which people write in place of the formats.
_FORMAT_ALIASES = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "tif": "tiff"}


def _resolve_format(value: object) -> object:
    """Return the format for an extension such as ``.JPG`` or a content type."""
    if not isinstance(value, str):
        return value
    name = value.lower().removeprefix("image/").removeprefix(".")
    name = _FORMAT_ALIASES.get(name, name)
    return name if name in get_args(OutputFormat) else value


Output = Annotated[OutputFormat, BeforeValidator(_resolve_format)]
