"""The canvas of an animation, on which its frames are drawn one after the other."""

import numpy as np
from PIL import Image

from handler.codec.headers.animations.timeline import FramePart
from handler.core.geometry import Box, Size
from handler.core.image.freed_rows import map_rows

_NOTHING = (0, 0, 0, 0)
_OPAQUE = 255


class Canvas:
    """A canvas, transparent at first."""

    def __init__(self, size: Size) -> None:
        """Make a canvas of a size."""
        self._size = size
        samples = np.zeros((size.height, size.width, 4), np.uint8)
        # Two pictures over the same memory: with alpha, and without for opaque frames.
        self._image, self._opaque_image = (
            map_rows(samples, mode, size, samples.strides[0]) for mode in ("RGBA", "RGBX")
        )
        self._is_opaque = False
        self._last: FramePart | None = None
        self._before: Image.Image | None = None

    def draw(self, part: FramePart, patch: Image.Image) -> Box | None:
        """Draw a frame, after the previous one was disposed of.

        Args:
            part: the frame.
            patch: its pixels, mode RGB, RGBX or RGBA.

        Returns:
            The part of the canvas that may have changed, in pixels; None for nothing.
        """
        cleared = self._dispose()
        box = _inside(part.box, self._size)
        self._last, self._before = part, None
        if box is None:
            return cleared
        edges = box.left, box.top, box.right, box.bottom
        if part.disposal == "restore":
            self._before = self._image.crop(edges)
        patch = _visible(patch, part.box, box)
        if patch.mode == "RGBA" and part.blends:
            self._image.alpha_composite(patch, edges[:2])
        else:
            self._image.paste(patch if patch.mode == "RGBA" else patch.convert("RGBA"), edges)
        if not (self._is_opaque and part.blends):
            self._is_opaque = self._image.getchannel("A").getextrema() == (_OPAQUE, _OPAQUE)
        return box if cleared is None else box.around(cleared)

    def shown(self) -> Image.Image:
        """Return the canvas, mode RGBX if it is opaque, else RGBA. The next frame changes it."""
        return self._opaque_image if self._is_opaque else self._image

    def _dispose(self) -> Box | None:
        """Remove the last frame as it asks for, and return the part that this changed."""
        last = self._last
        if last is None or last.disposal == "keep":
            return None
        box = _inside(last.box, self._size)
        if box is None:
            return None
        edges = box.left, box.top, box.right, box.bottom
        if last.disposal == "clear":
            self._image.paste(_NOTHING, edges)
        elif self._before is not None:
            self._image.paste(self._before, edges)
        self._is_opaque = False
        return box


def _inside(box: Box, size: Size) -> Box | None:
    """Return the part of a box that is on the canvas, or None."""
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = min(size.width, box.right), min(size.height, box.bottom)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


def _visible(patch: Image.Image, box: Box, visible: Box) -> Image.Image:
    if visible == box:
        return patch
    left, top = visible.left - box.left, visible.top - box.top
    return patch.crop((left, top, left + visible.width, top + visible.height))
