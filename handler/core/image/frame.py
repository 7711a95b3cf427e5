"""A picture that is looked at piece by piece: its size first, pixels only where asked for."""

from collections.abc import Callable
from typing import Protocol, TypeVar, cast

from PIL import Image

from handler.core.geometry import Box, Orientation, Region, Size
from handler.core.image.orientation import turn_upright
from handler.core.image.resample import premultiply, resample

# How far from the grid of the last reading, in its pixels, still counts as on it.
_ALIGNED = 1e-6

# What is seen where a picture is transparent: neither light nor dark, neither skin nor hair.
_BACKDROP = 128

Value = TypeVar("Value")


class Pixels:
    """The decoded picture at one scale.

    Attributes:
        size: its size when upright.
        sixteen_bit: whether the samples have 16 bits in the file; the upper eight are here.
    """

    def __init__(
        self,
        stored: Image.Image,
        orientation: Orientation,
        to_srgb: Callable[[Image.Image], Image.Image] = lambda image: image,
        *,
        sixteen_bit: bool = False,
    ) -> None:
        """Wrap decoded pixels.

        Args:
            stored: 8-bit picture in the orientation of the file, mode L, RGB, RGBX, RGBA (alpha
                not premultiplied) or CMYK. Taken over.
            orientation: what turns it upright.
            to_srgb: converts the colours to sRGB, mode L, RGB, RGBX or RGBA; called once, when
                pixels are first read.
            sixteen_bit: see the attribute.
        """
        self.size = orientation.size(Size(*stored.size))
        self.sixteen_bit = sixteen_bit
        self._stored = stored
        self._orientation = orientation
        self._to_srgb: Callable[[Image.Image], Image.Image] | None = to_srgb
        self._last: tuple[Region, Size, Image.Image] | None = None
        self._cache: dict[str, object] = {}

    def native(self) -> Image.Image:
        """The whole picture upright, in the file's own colours, alpha not premultiplied.

        Once pixels have been read it is in sRGB instead: colours are converted in place.
        """
        return turn_upright(self._stored, self._orientation)

    def crop(self, box: Box) -> Image.Image:
        """A part of the picture, upright and pixel by pixel, alpha not premultiplied."""
        stored = self._orientation.stored_region(box.region(), self.size)
        edges = (stored.left, stored.top, stored.right, stored.bottom)
        left, top, right, bottom = (int(edge) for edge in edges)
        part = self._converted().crop((left, top, right, bottom))
        upright = turn_upright(part, self._orientation)
        return upright.convert("RGBA") if upright.mode == "RGBa" else upright

    def read(self, region: Region, size: Size) -> Image.Image:
        """Resample a part of the picture, upright; alpha, if any, premultiplied (mode RGBa).

        A part of what the last call read, on the same grid, is cut from it: planning looks at
        the whole picture, and rendering then costs no second resampling.

        Args:
            region: the area to read, in pixels of this picture when upright.
            size: pixels of the result.
        """
        cached = self._cut_from_last(region, size)
        if cached is not None:
            return cached
        stored = self._orientation.stored_region(region, self.size)
        self._stored = premultiply(self._converted())
        image = resample(self._stored, stored, self._orientation.size(size))
        upright = turn_upright(image, self._orientation)
        self._last = region, size, upright
        return upright

    def cached(self, name: str, compute: Callable[[], Value]) -> Value:
        """What is seen when the whole picture is looked at: several plans share the first look.

        Args:
            name: of what is looked for.
            compute: called unless that was looked for before.
        """
        if name not in self._cache:
            self._cache[name] = compute()
        return cast(Value, self._cache[name])

    def low_resolution(self, size: Size) -> Image.Image:
        """The whole picture, upright, each pixel about the mean of what it covers.

        Rougher than `read` and several times as fast; alpha, if any, premultiplied (mode RGBa).

        Args:
            size: pixels of the result.
        """
        self._stored = premultiply(self._converted())
        small = self._orientation.size(size)
        across, down = self._stored.width // small.width, self._stored.height // small.height
        image = self._stored.reduce((max(1, across), max(1, down)))
        image = image.resize((small.width, small.height), Image.Resampling.BILINEAR)
        return turn_upright(image, self._orientation)

    def _converted(self) -> Image.Image:
        if self._to_srgb is not None:
            self._stored = self._to_srgb(self._stored)
            self._to_srgb = None
        return self._stored

    def _cut_from_last(self, region: Region, size: Size) -> Image.Image | None:
        if self._last is None:
            return None
        last_region, last_size, image = self._last
        across, down = last_region.width / last_size.width, last_region.height / last_size.height
        left = (region.left - last_region.left) / across
        top = (region.top - last_region.top) / down
        edges = left, top, left + region.width / across, top + region.height / down
        x0, y0, x1, y1 = (round(edge) for edge in edges)
        drift = max(abs(edge - whole) for edge, whole in zip(edges, (x0, y0, x1, y1), strict=True))
        same_grid = drift < _ALIGNED and (x1 - x0, y1 - y0) == (size.width, size.height)
        inside = x0 >= 0 and y0 >= 0 and x1 <= image.width and y1 <= image.height
        return image.crop((x0, y0, x1, y1)) if same_grid and inside else None


class Frame(Protocol):
    """An opened picture, as the core needs it."""

    @property
    def size(self) -> Size:
        """Size of the upright picture at full scale."""

    def pixels(self, shrink: float) -> Pixels:
        """Decode the picture, at a coarser scale where the format makes that cheap.

        Args:
            shrink: source pixels per pixel that will be made of it; the decoded picture is
                still at least as fine as that.

        Raises:
            Exception: whatever the codec raises when the picture is damaged.
        """

    def forget_pixels(self) -> None:
        """Free the memory of the decoded pixels; `pixels` decodes them again."""


def opaque_view(pixels: Pixels, size: Size) -> Image.Image:
    """The whole picture in ``size`` pixels, opaque: mode RGB or RGBX."""
    return flatten(pixels.read(Region(0, 0, pixels.size.width, pixels.size.height), size))


def flatten(picture: Image.Image) -> Image.Image:
    """A picture as `Pixels` has it, on grey where it is transparent: mode RGB or RGBX."""
    if picture.mode == "RGBa":
        backdrop = Image.new("RGB", picture.size, (_BACKDROP,) * 3)
        colour = picture.convert("RGBA")
        backdrop.paste(colour, mask=colour.getchannel("A"))
        return backdrop
    return picture if picture.mode in ("RGB", "RGBX") else picture.convert("RGB")


def scaled_to(size: Size, long_side: int) -> Size:
    """The size, scaled to a long side of that many pixels."""
    factor = long_side / max(size.width, size.height)
    return Size(max(1, round(size.width * factor)), max(1, round(size.height * factor)))
