"""The decoding of one file: its cost, and the functions that do it."""

from collections.abc import Callable

from msgspec import Struct

from handler.codec.costs import DecodingCost
from handler.codec.headers.header import ImageHeader
from handler.core.image.alpha import DecodedImage


def whole(_: float) -> float:
    """Return the scale of a decoder that cannot scale."""
    return 1


class Way(Struct, frozen=True):
    """The decoding of one file.

    Attributes:
        header: of the file that is decoded.
        cost: of decoding.
        decode: function that decodes the picture at 1/scale.
        alpha: whether the picture may have transparency.
        choose_scale: function that returns the scale to decode at for a resize by 1/shrink.
    """

    header: ImageHeader
    cost: DecodingCost
    decode: Callable[[float], DecodedImage]
    alpha: bool
    choose_scale: Callable[[float], float] = whole
