"""An opened picture: header read and limits checked, pixels decoded only when asked for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image

from handler.codec.colour import to_srgb
from handler.codec.decoders import kornia_rs, libjpeg_turbo, libwebp, pillow, webp
from handler.codec.formats import FORMATS, Format, check_available, recognise
from handler.codec.headers import READERS, Contents
from handler.codec.headers.exif import Metadata
from handler.core.geometry import Size
from handler.core.image.frame import Pixels
from handler.errors import InvalidImage, NoImage, ProcessingFailed

# As long as a side can be in JPEG and GIF. What resizes a longer one needs memory by its length.
_MAX_SIDE = 65_535


@dataclass(frozen=True, slots=True)
class Limits:
    """What is decoded at all."""

    max_pixels: int


class Picture:
    """A picture of any format; the core's `Frame`.

    Attributes:
        format: the format it came in.
        size: size when upright.
        warnings: what the client should know about how it was read.
    """

    def __init__(
        self,
        format_: Format,
        stored: Size,
        metadata: Metadata,
        decode: Callable[[float], Image.Image],
        choose_scale: Callable[[float], float] = lambda _: 1,
        *,
        deep: bool = False,
    ) -> None:
        """Use `open_picture`.

        Args:
            format_: the format it came in.
            stored: size as stored.
            metadata: orientation and profile.
            decode: decodes at 1/scale.
            choose_scale: what scale to decode at for a resize by 1/shrink.
            deep: whether its samples have 16 bits in the file.
        """
        self.format = format_
        self.size = metadata.orientation.size(stored)
        self.warnings: list[str] = []
        self._metadata = metadata
        self._decode = decode
        self._choose_scale = choose_scale
        self._deep = deep
        self._decoded: tuple[float, Pixels] | None = None

    def pixels(self, shrink: float) -> Pixels:
        """Decode; see `handler.core.image.frame.Frame`. The last scale asked for is kept.

        Raises:
            ProcessingFailed: the data are damaged.
        """
        scale = self._choose_scale(shrink)
        if self._decoded is None or self._decoded[0] != scale:
            self._decoded = None  # give its memory back before decoding anew
            pixels = Pixels(
                self._decode(scale), self._metadata.orientation, self._to_srgb, deep=self._deep
            )
            self._decoded = scale, pixels
        return self._decoded[1]

    def forget_pixels(self) -> None:
        """Give the memory of decoded pixels back; whoever asks again has them decoded anew."""
        self._decoded = None

    def _to_srgb(self, image: Image.Image) -> Image.Image:
        converted, warning = to_srgb(image, self._metadata.profile)
        if warning is not None and warning not in self.warnings:
            self.warnings.append(warning)
        return converted


def open_picture(data: bytes, limits: Limits) -> Picture:
    """Read a picture's header.

    Raises:
        NoImage: there are no bytes.
        InvalidImage: not a picture, a format that is not taken, a damaged header, or too many
            pixels.
        ProcessingFailed: the header promises more than the data can hold.
    """
    if not data:
        raise NoImage
    format_ = recognise(data)
    if format_ is None:
        taken = ", ".join(f.label for f in FORMATS.values())
        raise InvalidImage(f"unrecognised format; taken are {taken}")
    check_available(format_)
    if format_.name == "jpeg":
        return _open_jpeg(data, format_, limits)
    if format_.name == "webp" and libwebp.is_available():
        picture = _open_webp(data, format_, limits)
        if picture is not None:
            return picture
    contents = _read_contents(data, format_, limits)
    picture = (_open_apart if format_.apart else _open_raster)(contents, format_, limits)
    if contents.left_out is not None:
        picture.warnings.append(contents.left_out)
    return picture


def _open_jpeg(data: bytes, format_: Format, limits: Limits) -> Picture:
    header = libjpeg_turbo.read_header(data)
    _check_pixels(header.size, limits)
    return Picture(
        format_,
        header.size,
        header.metadata,
        lambda scale: libjpeg_turbo.decode(header, int(scale)),
        libjpeg_turbo.choose_scale,
    )


def _open_webp(data: bytes, format_: Format, limits: Limits) -> Picture | None:
    """A still WebP; None for an animation, whose size is checked all the same."""
    header = webp.read_header(data)
    _check_pixels(header.size, limits)
    if header.animated:
        return None
    return Picture(
        format_,
        header.size,
        header.metadata,
        lambda shrink: webp.decode(data, header, shrink),
        webp.choose_shrink,
    )


def _read_contents(data: bytes, format_: Format, limits: Limits) -> Contents:
    contents = READERS[format_.name](data)
    _check_pixels(contents.size, limits)
    if contents.size.area > contents.most_pixels:
        raise ProcessingFailed("The file is too short for the size in its header")
    return contents


def _open_raster(contents: Contents, format_: Format, limits: Limits) -> Picture:
    image = pillow.open_header(contents.data, format_)
    size = Size(*image.size)
    _check_pixels(size, limits)
    metadata = pillow.read_metadata(image)
    decode = _decode_plain_png if kornia_rs.is_plain(image, contents.data) else pillow.decode
    return Picture(
        format_,
        size,
        metadata,
        lambda _: decode(image, format_, contents.data),
        deep=contents.deep,
    )


def _decode_plain_png(image: Image.Image, format_: Format, data: bytes) -> Image.Image:
    try:
        return kornia_rs.decode(image, data)
    except ProcessingFailed:
        # Pillow takes a file that ends early, but after its last row.
        return pillow.decode(image, format_, data)


def _open_apart(contents: Contents, format_: Format, _: Limits) -> Picture:
    if contents.alpha and not FORMATS[format_.output].alpha:
        format_ = replace(format_, output="png")
    metadata = Metadata(contents.orientation, contents.profile)
    return Picture(
        format_,
        contents.size,
        metadata,
        lambda _: pillow.decode_apart(contents, format_),
        deep=contents.deep,
    )


def _check_pixels(size: Size, limits: Limits) -> None:
    if size.area == 0:
        raise InvalidImage("it has no pixels")
    if max(size.width, size.height) > _MAX_SIDE:
        raise InvalidImage(f"its longer side has more than {_MAX_SIDE:,} pixels")
    if size.area > limits.max_pixels:
        raise InvalidImage(
            f"{size.width} × {size.height} pixels are too many; "
            f"at most {limits.max_pixels:,} are taken"
        )
