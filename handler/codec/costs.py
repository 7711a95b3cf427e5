"""Memory and time that decoding and encoding take, as measured for each format.

The figures are upper bounds for pictures of noise, which cost the most. `make budget` and
`tests/budget` compare them with measured costs.
"""

from msgspec import Struct
from msgspec.structs import replace

_MEGA = 1_000_000
# Of a conversion of inks or of CIELAB; one of alpha takes less memory.
_CONVERTED_BYTES, _CONVERSION_SECONDS = 10.5, 0.05 / _MEGA
ALPHA_BYTES = 8.6
"""Bytes for each pixel while colours are multiplied by alpha."""


class DecodingCost(Struct, frozen=True):
    """The cost of decoding a picture.

    Attributes:
        stored: bytes for each pixel of the stored picture, whatever scale it is decoded at.
        decoded: bytes for each pixel of the decoded picture, at the peak.
        held: bytes for each pixel of the decoded picture that the service keeps.
        copies: bytes for each byte of the file, the file included.
        base: further bytes.
        per_pixel: seconds of CPU time for each pixel of the stored picture.
        per_byte: seconds of CPU time for each byte of the file.
        fixed: further seconds of CPU time.
    """

    stored: float
    decoded: float
    held: float
    copies: float
    base: int
    per_pixel: float
    per_byte: float
    fixed: float = 0

    def peak(self, stored_pixels: int, decoded_pixels: int, file_bytes: int) -> float:
        """Return the bytes at the peak."""
        pixels = self.stored * stored_pixels + self.decoded * decoded_pixels
        return self.base + self.copies * file_bytes + pixels

    def seconds(self, stored_pixels: int, file_bytes: int) -> float:
        """Return the seconds of CPU time."""
        return self.fixed + self.per_pixel * stored_pixels + self.per_byte * file_bytes

    def converted(self, decoded: float = _CONVERTED_BYTES) -> "DecodingCost":
        """Return the cost with a conversion of all pixels, which copies them.

        Args:
            decoded: bytes for each pixel during the conversion.
        """
        most, seconds = max(self.decoded, decoded), self.per_pixel + _CONVERSION_SECONDS
        return replace(self, decoded=most, held=4, per_pixel=seconds)


def _in_service(decoded: float, milliseconds: float, nanoseconds: float) -> DecodingCost:
    """Return the cost of a decoder that runs in the service.

    Args:
        decoded: bytes a pixel.
        milliseconds: for each megapixel.
        nanoseconds: for each byte of the file.
    """
    per_pixel, per_byte = milliseconds / 1000 / _MEGA, nanoseconds / 1e9
    return DecodingCost(0, decoded, 4, 1, _SMALL, per_pixel, per_byte)


def _isolated(
    decoded: float, copies: float, milliseconds: float, nanoseconds: float
) -> DecodingCost:
    """Return the cost of a decoder that runs in a worker process; see `_in_service`."""
    per_pixel, per_byte = milliseconds / 1000 / _MEGA, nanoseconds / 1e9
    return DecodingCost(0, decoded, 4, copies, _WORKER, per_pixel, per_byte)


# Bytes of a decoder's tables, and of a worker process without its pixels.
_SMALL, _WORKER = 1 << 20, 5 << 20

DECODING = {
    "jpeg": _in_service(4.1, 22, 14),
    "jpeg in a worker process": _isolated(11, 3, 45, 20),
    "png in Rust": _in_service(4.3, 24, 9),
    "webp": _in_service(4.1, 45, 95),
    "bmp": _in_service(4.2, 10, 1),
    "png": _isolated(4.4, 3, 30, 20),
    "gif": _isolated(6.3, 4, 30, 20),
    "tiff": _isolated(4.5, 2.2, 30, 80),
    "avif": _isolated(10, 6.5, 45, 150),
    "heic": _isolated(9, 9.5, 45, 160),
    # H.265 keeps frames that later ones refer to, of colours and alpha.
    "heic frames": _isolated(60, 4, 75, 60),
    "jp2": _isolated(20.5, 3.2, 90, 170),
    "jxl": _isolated(9.8, 3.5, 90, 80),
    "ico": _isolated(12, 3, 45, 20),
    "tga": _isolated(4.5, 2.2, 25, 9),
    "psd": _isolated(5.5, 2.2, 25, 9),
    "animated webp": _isolated(18, 3, 60, 95),
    "samples": _in_service(4.2, 60, 1),
    "samples in text": replace(_in_service(4.2, 60, 30), copies=3.3),
    "hdr": _in_service(4.3, 120, 110),
    "qoi": _isolated(8.5, 3, 25, 10),
    "dds": _isolated(4.5, 2.2, 60, 20),
    # Without the samples of the channels.
    "exr": _isolated(9, 3, 250, 40),
    "raw": _isolated(18, 3, 400, 20),
    # A worker process with a drawing is stopped after this time.
    "svg": replace(_isolated(26, 4, 100, 0), fixed=1.5),
    "cur": _isolated(12, 3, 45, 20),
}
"""Name of a format, or of a second way to decode it -> cost, for pictures of three channels."""


def cost_of_frames(name: str, still: DecodingCost) -> DecodingCost:
    """Return the cost of decoding the frames of an animation.

    Args:
        name: format of the animation.
        still: cost of its still pictures.
    """
    return DECODING.get(f"{name} frames", still)


class EncodingCost(Struct, frozen=True):
    """The cost of encoding a picture.

    Attributes:
        opaque: bytes for each pixel at the peak, those of the file included.
        transparent: likewise, of a picture with alpha.
        written: bytes of the file for each pixel.
        per_pixel: seconds of CPU time for each pixel.
        per_transparent_pixel: likewise, of a picture with alpha.
        base_bytes: further bytes.
        base_seconds: further seconds of CPU time.
    """

    opaque: float
    transparent: float
    written: float
    per_pixel: float
    per_transparent_pixel: float
    base_bytes: int = 0
    base_seconds: float = 0


def _encoding(
    opaque: float,
    transparent: float,
    written: float,
    milliseconds: tuple[float, float],
    *,
    base_bytes: int = 0,
    base_seconds: float = 0.01,
) -> EncodingCost:
    per_pixel, per_transparent_pixel = (each / 1000 / _MEGA for each in milliseconds)
    return EncodingCost(
        opaque,
        transparent,
        written,
        per_pixel,
        per_transparent_pixel,
        base_bytes,
        base_seconds,
    )


ENCODING = {
    "jpeg": _encoding(10, 13, 2, (30, 40)),
    "png": _encoding(18.5, 24, 4, (70, 90)),
    "webp": _encoding(32, 44, 2.2, (320, 750)),
    # For up to half a million pixels, of which the palette is chosen.
    "gif": _encoding(14, 14, 1.4, (220, 260), base_bytes=16 << 20, base_seconds=1),
    "tiff": _encoding(13, 15, 4, (90, 100)),
    "avif": _encoding(51, 55, 5.2, (1000, 1500)),
}
"""Name of an output format -> cost."""

AVIF_SLOW = _encoding(115, 120, 5.2, (7500, 8500))
"""The cost of AVIF at the speed for small pictures."""

THOROUGH_ENCODING = ENCODING | {
    "jpeg": _encoding(13, 16, 2, (70, 80)),
    # Of patterns that nearly repeat, which are searched longer than noise.
    "png": _encoding(18.5, 24, 4, (2500, 3300), base_bytes=12 << 20),
    "webp": _encoding(32, 44, 2.2, (700, 1000)),
    "tiff": _encoding(13, 15, 4, (2200, 2900), base_bytes=12 << 20),
    "avif": AVIF_SLOW,
}
"""Name of an output format -> cost with the setting ``effort`` high."""
