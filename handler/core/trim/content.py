"""The content of a picture by the kind of background that a request names."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from PIL import Image

from handler.core.geometry import Box
from handler.core.trim.border import corner_colour, find_content
from handler.core.trim.uneven_background import find_product

# Steps of 16 bits for each step of 8 bits.
_LEVELS = 256


class Content(Struct, frozen=True):
    """The content of a picture.

    Attributes:
        box: bounding box of the content, in pixels; None if there is none.
        background: colour of the background, in the picture's mode.
        warnings: messages to the client.
    """

    box: Box | None
    background: tuple[int, ...]
    warnings: tuple[str, ...] = ()


def of_all_frames(found: Sequence[Content]) -> Content:
    """Return the content of an animation, which contains that of each frame.

    Args:
        found: the content of the frames, in order; one for a still picture.
    """
    if len(found) == 1:
        return found[0]
    boxes = [each.box for each in found if each.box is not None]
    warnings = dict.fromkeys(line for each in found for line in each.warnings)
    box = boxes[0].around(*boxes) if boxes else None
    return Content(box, found[0].background, tuple(warnings))


def content_on(
    background: Literal["auto", "corner"] | tuple[int, ...],
    picture: Image.Image,
    threshold: int,
    *,
    line_art: bool,
    sixteen_bit: bool,
) -> Content:
    """Find the content of a picture.

    Args:
        background: a colour with alpha; ``corner`` for that of the top left pixel; ``auto`` for an
            estimate from the edges.
        picture: 8-bit picture of any mode.
        threshold: the largest difference from the background, 0 to 255.
        line_art: whether lines of one pixel are content on a background of one colour.
        sixteen_bit: whether the samples have 16 bits in the file, so that sharp applies the
            threshold of ``corner`` to 65,536 levels.
    """
    if background == "auto":
        ignored = ("lineArt: ignored, because background: auto keeps thin lines",)
        return Content(*find_product(picture, threshold), ignored if line_art else ())
    if background == "corner":
        colour = corner_colour(picture)
    else:
        colour = corner_colour(Image.new("RGBA", (1, 1), background).convert(picture.mode))
    box = find_content(picture, threshold, colour, line_art=line_art)
    if background != "corner" or not sixteen_bit:
        return Content(box, colour)
    by_sharp = find_content(picture, threshold // _LEVELS, colour, line_art=line_art)
    warnings = () if by_sharp == box else (_other_threshold(threshold, box, picture.size),)
    return Content(by_sharp, colour, warnings)


def _other_threshold(threshold: int, box: Box | None, size: tuple[int, int]) -> str:
    kept = box or Box(0, 0, *size)
    return (
        f"threshold: background: corner applies it to this 16-bit picture as sharp does, as "
        f"{threshold} of 65,535; as {threshold} of 255, as with auto or a colour, it would keep "
        f"{kept.width} × {kept.height} at ({kept.left}, {kept.top})"
    )
