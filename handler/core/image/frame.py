"""A picture that is read in steps: its size first, its pixels only when they are needed."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar, cast

from PIL import Image

from handler.core.geometry import Box, Orientation, Region, Size
from handler.core.image.alpha import DecodedImage, premultiply
from handler.core.image.freed_rows import PackedRows
from handler.core.image.orientation import turn_upright
from handler.core.image.resample import resample
from handler.core.image.resample_freed import resample_and_free, resample_packed

# Largest distance from the grid of the last reading, in its pixels, that counts as on the grid.
_ALIGNED = 1e-6

# Grey level behind transparent pixels. It is neither light nor dark and resembles neither skin nor
# hair.
_GREY = 128

Value = TypeVar("Value")


class Pixels:
    """The decoded picture at one scale.

    Attributes:
        size: size of the upright picture, in pixels of this scale.
        sixteen_bit: whether the samples have 16 bits in the file. Only the upper eight are decoded.
        number: number of the frame in an animation, from 1; None for a still picture.
        frames: returns the frames of an animation that a window is chosen by, all of this size;
            None for a still picture.
    """

    def __init__(
        self,
        decoded: DecodedImage | PackedRows,
        orientation: Orientation,
        to_srgb: Callable[[Image.Image], Image.Image] = lambda image: image,
        *,
        sixteen_bit: bool = False,
        decode_again: Callable[[], DecodedImage | PackedRows] | None = None,
    ) -> None:
        """Wrap decoded pixels.

        Args:
            decoded: the picture in the orientation of the file. The caller must not use it
                afterwards.
            orientation: orientation of the picture in the file.
            to_srgb: converts the colours to sRGB, mode L, RGB, RGBX or RGBA. It is called once for
                each row, when pixels are first read.
            sixteen_bit: see the attribute.
            decode_again: returns the same picture again; None if no reading is the last one.
        """
        self.sixteen_bit = sixteen_bit
        self.number: int | None = None
        self.frames: Callable[[], Iterable[Pixels]] | None = None
        self._orientation = orientation
        self._to_srgb = to_srgb
        self._decode_again = decode_again
        self._last: tuple[Region, Size, Image.Image] | None = None
        self._cache: dict[str, object] = {}
        self._decoded: DecodedImage | PackedRows | None = decoded
        self._is_srgb = False
        self.size = orientation.size(_size(decoded))

    def native(self) -> Image.Image:
        """Return the whole upright picture in the file's own colours, with straight alpha.

        After the first `read`, `crop` or `low_resolution` the colours are sRGB, because they are
        converted in place.
        """
        return turn_upright(self._image().image, self._orientation)

    def crop(self, box: Box) -> Image.Image:
        """Return a part of the upright picture, not resampled, with straight alpha.

        Args:
            box: the part, in pixels of this picture when upright.
        """
        stored = self._orientation.stored_region(box.region(), self.size)
        edges = (stored.left, stored.top, stored.right, stored.bottom)
        left, top, right, bottom = (int(edge) for edge in edges)
        part = self._converted().crop((left, top, right, bottom))
        upright = turn_upright(part, self._orientation)
        return upright.convert("RGBA") if upright.mode == "RGBa" else upright

    def read(self, region: Region, size: Size, *, last: bool = False) -> Image.Image:
        """Return a resampled part of the upright picture; alpha is premultiplied (mode RGBa).

        If the part lies on the grid of the last call and inside its area, it is cut from that
        result. Planning reads the whole picture, so rendering then needs no second resampling.

        Args:
            region: the area to read, in pixels of this picture when upright.
            size: size of the result.
            last: whether only parts of the result will be read afterwards, so that the pixels are
                freed while they are read. If others are read all the same, the file is decoded
                again.
        """
        cached = self._cut_from_last(region, size)
        if cached is not None:
            return cached
        stored, stored_size = (
            self._orientation.stored_region(region, self.size),
            self._orientation.size(size),
        )
        if last and self._decode_again is not None:
            image = self._resample_and_free(stored, stored_size)
        else:
            image = resample(self._premultiplied(), stored, stored_size)
        upright = turn_upright(image, self._orientation)
        self._last = region, size, upright
        return upright

    def cached(self, name: str, compute: Callable[[], Value]) -> Value:
        """Return a value that depends on the whole picture, computed once for several plans.

        Args:
            name: name of the value.
            compute: computes the value; it is called only the first time.
        """
        if name not in self._cache:
            self._cache[name] = compute()
        return cast(Value, self._cache[name])

    def of_frames(self, compute: Callable[["Pixels"], Value]) -> list[Value]:
        """Return what a function makes of each frame that is looked at; a still picture is one."""
        return [compute(each) for each in ([self] if self.frames is None else self.frames())]

    def low_resolution(self, size: Size) -> Image.Image:
        """Return the whole upright picture, each pixel about the mean of the area it covers.

        This is less exact than `read` and several times as fast. Alpha is premultiplied (mode
        RGBa).

        Args:
            size: size of the result.
        """
        whole, small = self._premultiplied(), self._orientation.size(size)
        across, down = whole.width // small.width, whole.height // small.height
        image = whole.reduce((max(1, across), max(1, down)))
        image = image.resize((small.width, small.height), Image.Resampling.BILINEAR)
        return turn_upright(image, self._orientation)

    def _image(self) -> DecodedImage:
        """Return the stored picture."""
        decoded = self._decoded
        if decoded is None:
            if self._decode_again is None:
                raise ValueError("Expected a function that decodes again but received None")
            decoded, self._is_srgb = self._decode_again(), False
        if isinstance(decoded, PackedRows):
            decoded = DecodedImage(decoded.image())
        self._decoded = decoded
        return decoded

    def _converted(self) -> Image.Image:
        decoded = self._image()
        if not self._is_srgb:
            converted = self._to_srgb(decoded.image)
            if converted is not decoded.image:
                decoded = DecodedImage(converted)
            self._decoded, self._is_srgb = decoded, True
        return decoded.image

    def _premultiplied(self) -> Image.Image:
        image, decoded = self._converted(), self._image()
        premultiplied = premultiply(image, decoded.samples)
        if premultiplied is not image:
            rows = decoded.rows if decoded.samples is not None else None
            self._decoded = DecodedImage(premultiplied, rows=rows)
        return premultiplied

    def _resample_and_free(self, region: Region, size: Size) -> Image.Image:
        """Resample a part of the stored picture, which is then empty."""
        if isinstance(self._decoded, PackedRows):
            image = resample_packed(self._decoded, self._to_srgb, region, size)
            if image is not None:
                self._decoded = None
                return image
        mode, rows = self._premultiplied().mode, self._image().rows
        if rows is None:
            return resample(self._premultiplied(), region, size)
        whole = _size(self._image())
        self._decoded = None  # the picture uses the memory of its rows
        return resample_and_free(rows, mode, whole, region, size)

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


def _size(decoded: DecodedImage | PackedRows) -> Size:
    return decoded.size if isinstance(decoded, PackedRows) else Size(*decoded.image.size)


class Frame(Protocol):
    """An opened picture, as the core needs it."""

    @property
    def size(self) -> Size:
        """Size of the upright picture at full scale."""

    def pixels(self, shrink: float) -> Pixels:
        """Decode the picture, at a coarser scale if the format makes that cheap.

        Args:
            shrink: coarsest scale that the caller needs, in source pixels per pixel. The decoded
                picture is at least as fine.

        Raises:
            Exception: the codec's error if the picture is damaged.
        """

    def forget_pixels(self) -> None:
        """Free the memory of the decoded pixels; `pixels` decodes them again."""


def opaque_view(pixels: Pixels, size: Size) -> Image.Image:
    """Return the whole upright picture, resampled to ``size`` and opaque: mode RGB or RGBX."""
    return flatten(pixels.read(Region(0, 0, pixels.size.width, pixels.size.height), size))


def flatten(picture: Image.Image) -> Image.Image:
    """Return a picture with grey behind its transparent pixels, mode RGB or RGBX.

    Args:
        picture: mode L, RGB, RGBX or RGBa, as `Pixels.read` returns it.
    """
    if picture.mode == "RGBa":
        background = Image.new("RGB", picture.size, (_GREY,) * 3)
        colour = picture.convert("RGBA")
        background.paste(colour, mask=colour.getchannel("A"))
        return background
    return picture if picture.mode in ("RGB", "RGBX") else picture.convert("RGB")


def scaled_to(size: Size, long_side: int) -> Size:
    """Return a size, scaled so that its longer side has ``long_side`` pixels."""
    factor = long_side / max(size.width, size.height)
    return Size(max(1, round(size.width * factor)), max(1, round(size.height * factor)))
