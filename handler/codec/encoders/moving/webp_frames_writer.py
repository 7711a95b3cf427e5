"""Writer of animated WebP, by libwebp through Pillow's binding."""

from typing import Any

from PIL import Image

from handler.codec.encoders.moving.webp_effort import webp_effort
from handler.core.geometry import Size
from handler.errors import ProcessingFailed

_MOST_PLAYS = 65_535
# Milliseconds of a frame have 24 bits: 4.6 hours.
_MOST_MILLISECONDS = (1 << 24) - 1
_NO_BACKGROUND = 0
# No frame has to be a key frame, as in sharp: players show the animation from its start.
_KEY_FRAMES = (1 << 31) - 2, (1 << 31) - 1
_ALPHA_QUALITY = 100


class WebpFramesWriter:
    """A writer of one file."""

    def __init__(self, size: Size, plays: int, quality: int, frames: int) -> None:
        """Begin a file.

        Args:
            size: of the frames, in pixels.
            plays: number of times that the animation is shown; 0 for without end.
            quality: 1 to 100.
            frames: largest number of frames.
        """
        from PIL import _webp

        minimise, mixed, verbose = False, False, False
        self._encoder: Any = _webp.WebPAnimEncoder(
            (size.width, size.height),
            _NO_BACKGROUND,
            min(plays, _MOST_PLAYS),
            minimise,
            *_KEY_FRAMES,
            mixed,
            verbose,
        )
        self._quality = float(quality)
        self._method = webp_effort(size.area * frames).method
        self._end = 0

    def add(self, image: Image.Image, start: int, end: int) -> None:
        """Add a frame; see `handler.codec.encoders.moving.writer.FrameWriter`."""
        lossless = False
        self._encoder.add(
            image.getim(), self._end, lossless, self._quality, float(_ALPHA_QUALITY), self._method
        )
        self._end += min(end - start, _MOST_MILLISECONDS)

    def finish(self) -> bytes:
        """Return the file."""
        self._encoder.add(None, self._end, False, self._quality, float(_ALPHA_QUALITY), 0)
        data: bytes | None = self._encoder.assemble("", "", "")
        if data is None:
            raise ProcessingFailed("The WebP animation could not be written")
        return data
