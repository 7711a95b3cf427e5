"""OpenEXR, read in a worker process."""

import math
from collections.abc import Callable

from msgspec.structs import replace

from handler.codec.costs import DECODING, DecodingCost
from handler.codec.decoders import isolated
from handler.codec.decoders.isolated import Allowance
from handler.codec.decoders.way import Way
from handler.codec.headers.header import ImageHeader
from handler.codec.headers.openexr import ExrHeader
from handler.core.image.alpha import DecodedImage

_LABEL = "OpenEXR"
# CPU time after which a worker process is stopped: in all, and for each byte of samples.
_SECONDS, _BYTE_SECONDS = 1.5, 0.08e-6


def find_way(
    header: ExrHeader, allowance_of: Callable[[DecodingCost, ImageHeader], Allowance]
) -> Way:
    """Return the decoding of a file; see `handler.codec.decoders.further.find_way`."""
    usual = DECODING["exr"]
    cost = replace(usual, decoded=usual.decoded + header.sample_bytes)

    def decode(_: float) -> DecodedImage:
        allowance = allowance_of(cost, header)
        samples = header.decoded_size.area * header.sample_bytes
        seconds = math.ceil(_SECONDS + _BYTE_SECONDS * samples)
        limited = replace(allowance, cpu_seconds=min(allowance.cpu_seconds, seconds))
        decoded = isolated.decode(header, "OpenEXR", _LABEL, limited)
        if header.cut is None:
            return decoded
        box = header.cut
        return DecodedImage(decoded.image.crop((box.left, box.top, box.right, box.bottom)))

    return Way(header, cost, decode, alpha=header.alpha)
