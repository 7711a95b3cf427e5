"""The largest sides of the files of each format."""

from handler.codec.formats import Format
from handler.core.geometry import Size
from handler.errors import ProcessingFailed

# The other formats accept longer sides than results have.
_MAX_SIDE = {"jpeg": 65_500, "webp": 16_383, "avif": 32_768}


def check_sides(format_: Format, size: Size) -> None:
    """Check that a format can store a picture.

    Args:
        format_: of the file.
        size: of the picture, in pixels.

    Raises:
        ProcessingFailed: the picture is larger than the format allows.
    """
    longest = max(size.width, size.height)
    if longest > _MAX_SIDE.get(format_.name, longest):
        raise ProcessingFailed(
            f"{format_.label}: expected at most {_MAX_SIDE[format_.name]:,} pixels a side, "
            f"received {size.width:,} × {size.height:,}"
        )
