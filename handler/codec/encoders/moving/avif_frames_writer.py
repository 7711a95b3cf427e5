"""Writer of AVIF sequences, by libavif."""

from typing import Any

from PIL import Image

from handler.core.geometry import Size
from handler.errors import ProcessingFailed

_MAX_SIDE = 32_768
# The speed of large still pictures. At slower ones, a hundred frames would take minutes.
_SPEED = 9
_SUBSAMPLING = "4:2:0"
_ONE_THREAD = 1
_UNSET = -1


class AvifFramesWriter:
    """A writer of one file. AVIF has no number of plays here: it is shown without end."""

    def __init__(self, size: Size, plays: int, quality: int) -> None:
        """Begin a file.

        Args:
            size: of the frames, in pixels.
            plays: ignored by the library.
            quality: 1 to 100.

        Raises:
            ProcessingFailed: the frames are larger than the format allows.
        """
        from pillow_avif import _avif

        if max(size.width, size.height) > _MAX_SIDE:
            raise ProcessingFailed(
                f"AVIF: expected at most {_MAX_SIDE:,} pixels a side, "
                f"received {size.width:,} × {size.height:,}"
            )
        tiles, premultiplied, automatic_tiles, upright = 0, False, False, 1
        self._encoder: Any = _avif.AvifEncoder(
            size.width,
            size.height,
            _SUBSAMPLING,
            _UNSET,
            _UNSET,
            quality,
            _SPEED,
            _ONE_THREAD,
            "auto",
            "full",
            tiles,
            tiles,
            premultiplied,
            automatic_tiles,
            b"",
            b"",
            upright,
            b"",
            None,
        )

    def add(self, image: Image.Image, start: int, end: int) -> None:
        """Add a frame; see `handler.codec.encoders.moving.writer.FrameWriter`."""
        is_still = False
        pixels = image.tobytes("raw", image.mode)
        self._encoder.add(pixels, end - start, image.width, image.height, image.mode, is_still)

    def finish(self) -> bytes:
        """Return the file."""
        data: bytes | None = self._encoder.finish()
        if data is None:
            raise ProcessingFailed("The AVIF animation could not be written")
        return data
