"""An opened picture: its header is read and checked; pixels are decoded on demand."""

import math
from collections.abc import Callable
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from handler.codec.coding_points import profile_of
from handler.codec.colour import to_srgb
from handler.codec.costs import DECODING, DecodingCost
from handler.codec.decoders import further, kornia_rs, libjpeg_turbo, libraw, libwebp, pillow
from handler.codec.decoders.isolated import Allowance
from handler.codec.formats import FORMATS, Format, available_formats, check_available, recognise
from handler.codec.headers import READERS
from handler.codec.headers.header import ANIMATED, ImageHeader
from handler.codec.headers.jpeg import JpegHeader
from handler.codec.headers.raw_preview import RawHeader
from handler.codec.headers.webp import WebpHeader
from handler.codec.text_damage import text_damage
from handler.core.geometry import Orientation, Size
from handler.core.image.alpha import DecodedImage
from handler.core.image.frame import Pixels
from handler.core.image.freed_rows import PackedRows
from handler.errors import InvalidImage, NoImage, ProcessingFailed

# The longest side of JPEG and GIF. Resizing needs memory in proportion to the side's length.
_MAX_SIDE = 65_535
# Pillow's plugins know the kind of samples before decoding.
_OPENED_BY_PILLOW = ("png", "gif", "bmp")
# Formats whose headers are not read for alpha.
_PERHAPS_TRANSPARENT = ("cur", "ico", "jp2", "jxl", "webp")
# Pillow fills several canvases of an animation before it draws the first frame, which may be a few
# bytes.
_MAX_ANIMATED_PIXELS = 4096 * 4096


class Limits(Struct, frozen=True):
    """Limits of the pictures that are decoded.

    Attributes:
        max_pixels: of a picture.
        deadline: time of `time.monotonic` at which decoding is stopped; None for no limit.
        memory: bytes that a job may use; None for no limit.
    """

    max_pixels: int
    deadline: float | None = None
    memory: int | None = None


class Picture:
    """A picture of any format; the core's `Frame`.

    Attributes:
        format: format of the file.
        size: size of the upright picture, in pixels.
        alpha: whether the picture may have transparency.
        orientation: orientation of the stored picture.
        turned: whether the pixels are stored in another orientation.
        profile: ICC profile of the file or of the colours that it describes by numbers, or None.
        cost: cost of decoding.
        stored_share: pixels that are decoded for each pixel of the picture.
        file_bytes: bytes of the file that is decoded.
        warnings: messages to the client about the reading of the file.
        animated: whether the file has further frames.
    """

    def __init__(
        self,
        format_: Format,
        header: ImageHeader,
        cost: DecodingCost,
        decode: Callable[[float], DecodedImage | PackedRows],
        choose_scale: Callable[[float], float] = lambda _: 1,
        *,
        alpha: bool = True,
    ) -> None:
        """Wrap an image header; call `open_picture` instead.

        Args:
            format_: format of the file.
            header: of the file.
            cost: cost of decoding.
            decode: function that decodes the picture at 1/scale.
            choose_scale: function that returns the scale to decode at for a resize by 1/shrink.
            alpha: whether the picture may have transparency.
        """
        self.format = format_
        self.size = header.orientation.size(header.size)
        self.alpha = alpha
        self.orientation = header.orientation
        self.turned = header.orientation is not Orientation.UPRIGHT
        self.profile = header.profile if header.cicp is None else profile_of(*header.cicp)
        self.cost = cost
        self.stored_share = max(1, header.stored_size.area / header.size.area)
        self.file_bytes = len(header.data)
        self.warnings = [] if header.warning is None else [header.warning]
        self.animated = header.warning == ANIMATED
        self._header = header
        self._decode = decode
        self._choose_scale = choose_scale
        self._decoded: tuple[float, Pixels] | None = None

    def decoded_pixels(self, shrink: float) -> int:
        """Return the number of pixels that are decoded for a resize by 1/shrink."""
        return math.ceil(self.size.area / self._choose_scale(shrink) ** 2)

    def pixels(self, shrink: float) -> Pixels:
        """Decode the picture; see `handler.core.image.frame.Frame`.

        The pixels of the last scale are kept.

        Raises:
            ProcessingFailed: the data are damaged.
        """
        scale = self._choose_scale(shrink)
        if self._decoded is None or self._decoded[0] != scale:
            self._decoded = None  # frees its memory before the next decoding
            decoded = self._decode(scale)
            warning = decoded.warning if isinstance(decoded, DecodedImage) else None
            if warning is not None and warning not in self.warnings:
                self.warnings.append(warning)
            pixels = Pixels(
                decoded,
                self._header.orientation,
                # Without a reference to this picture, whose memory a cycle would keep for a while.
                partial(_convert_to_srgb, self.profile, self.warnings),
                sixteen_bit=self._header.sixteen_bit,
                decode_again=partial(self._decode, scale),
            )
            self._decoded = scale, pixels
        return self._decoded[1]

    def forget_pixels(self) -> None:
        """Free the memory of decoded pixels; the next call of `pixels` decodes them again."""
        self._decoded = None


def _convert_to_srgb(profile: bytes | None, warnings: list[str], image: Image.Image) -> Image.Image:
    """Convert a picture to sRGB, and add a warning to the list if its profile is of no use."""
    converted, warning = to_srgb(image, profile)
    if warning is not None and warning not in warnings:
        warnings.append(warning)
    return converted


def open_picture(data: bytes, limits: Limits) -> Picture:
    """Read a picture's header.

    Raises:
        NoImage: there are no bytes.
        InvalidImage: not an image, an unsupported format, a damaged header, or too many
            pixels.
        ProcessingFailed: the size in the header is larger than the data can be decoded to.
    """
    if not data:
        raise NoImage
    try:
        return _open(data, limits)
    except InvalidImage as error:
        error.details = text_damage(data)
        raise


def _open(data: bytes, limits: Limits) -> Picture:
    format_ = recognise(data)
    if format_ is None:
        known = (each for each in FORMATS.values() if each.name in available_formats())
        accepted = ", ".join(each.label for each in known)
        raise InvalidImage(f"unrecognised format; accepted are {accepted}")
    check_available(format_)
    header = READERS[format_.name](data)
    if isinstance(header, JpegHeader):
        return _open_jpeg(header, format_, limits)
    if isinstance(header, WebpHeader):
        return _open_webp(header, format_, limits)
    if isinstance(header, RawHeader):
        if header.preview is not None:
            return _open_jpeg(header.preview, format_, limits)
        header = libraw.measure(header, partial(_allowance, limits=limits))
    _check_pixels(header.stored_size, limits)
    _check_length(header)
    if format_.name in _OPENED_BY_PILLOW:
        return _open_with_pillow(header, format_, limits)
    way = further.find_way(header, format_, partial(_allowance, limits=limits))
    if way is not None:
        chosen = _with_alpha(format_, alpha=way.header.alpha)
        return Picture(chosen, way.header, way.cost, way.decode, way.choose_scale, alpha=way.alpha)
    return _open_isolated(header, format_, DECODING[format_.name], limits)


def _open_jpeg(header: JpegHeader, format_: Format, limits: Limits) -> Picture:
    jpeg = libjpeg_turbo.prepare(header)
    _check_length(header)
    _check_pixels(header.size, limits)
    cost = libjpeg_turbo.cost(jpeg)
    allowance = _allowance(cost, header, limits)
    return Picture(
        format_,
        header,
        cost,
        lambda scale: libjpeg_turbo.decode(jpeg, int(scale), allowance),
        libjpeg_turbo.choose_scale,
        alpha=False,
    )


def _open_webp(header: WebpHeader, format_: Format, limits: Limits) -> Picture:
    available = libwebp.is_available()
    if available:
        libwebp.check_header(header)
    _check_pixels(header.size, limits)
    if header.animated and header.size.area > _MAX_ANIMATED_PIXELS:
        raise InvalidImage(
            f"animation: expected at most {_MAX_ANIMATED_PIXELS:,} pixels, "
            f"received {_in_words(header.size)}"
        )
    if header.animated or not available:
        return _open_isolated(header, format_, DECODING["animated webp"], limits)
    return Picture(
        format_,
        header,
        libwebp.cost(header),
        lambda shrink: libwebp.decode(header, shrink),
        libwebp.choose_shrink,
        alpha=header.alpha,
    )


def _open_with_pillow(header: ImageHeader, format_: Format, limits: Limits) -> Picture:
    image, header = pillow.open_header(header, format_)
    _check_pixels(header.size, limits)
    alpha = pillow.has_alpha(image) or header.frame is not None
    if kornia_rs.is_plain(image, header.data):
        cost = pillow.cost(image, DECODING["png in Rust"])
        allowance = _allowance(DECODING["png"], header, limits)
        return Picture(
            format_,
            header,
            cost,
            lambda _: _decode_plain_png(image, header, format_, allowance),
            alpha=alpha,
        )
    if kornia_rs.has_deep_key(image, header.data):
        cost = DECODING["png in Rust"].converted()
        decode = partial(kornia_rs.decode_with_deep_key, image, header.data)
        return Picture(format_, header, cost, lambda _: decode(), alpha=alpha)
    if pillow.is_plain(image):
        cost = pillow.cost(image, DECODING["bmp"])
        return Picture(format_, header, cost, lambda _: pillow.unpack(image), alpha=alpha)
    cost = pillow.cost(image, DECODING["png" if format_.name == "bmp" else format_.name])
    if header.frame is not None:
        cost = cost.converted()
    return _open_isolated(header, format_, cost, limits, alpha=alpha)


def _decode_plain_png(
    image: Image.Image, header: ImageHeader, format_: Format, allowance: Allowance
) -> DecodedImage | PackedRows:
    try:
        return kornia_rs.decode(image, header.data)
    except ProcessingFailed:
        # Pillow accepts a file that ends early, but after its last row.
        return pillow.decode(header, format_, allowance)


def _open_isolated(
    header: ImageHeader,
    format_: Format,
    cost: DecodingCost,
    limits: Limits,
    *,
    alpha: bool | None = None,
) -> Picture:
    if alpha is None:
        alpha = header.alpha or format_.name in _PERHAPS_TRANSPARENT
    format_ = _with_alpha(format_, alpha=header.alpha)
    if header.needs_copy:
        cost = cost.converted()
    allowance = _allowance(cost, header, limits)
    return Picture(
        format_, header, cost, lambda _: pillow.decode(header, format_, allowance), alpha=alpha
    )


def _with_alpha(format_: Format, *, alpha: bool) -> Format:
    """Return the format of a picture whose results have alpha if it has."""
    replaced = alpha and not FORMATS[format_.output].alpha
    return replace(format_, output="png") if replaced else format_


def _allowance(cost: DecodingCost, header: ImageHeader, limits: Limits) -> Allowance:
    return Allowance.of(
        cost, header.stored_size.area, len(header.data), limits.deadline, limits.memory
    )


def _check_length(header: ImageHeader) -> None:
    if header.size.area > header.most_pixels:
        raise ProcessingFailed("The file is too short for the size in its header")


def _check_pixels(size: Size, limits: Limits) -> None:
    if size.area == 0:
        raise InvalidImage(f"expected at least one pixel, received {_in_words(size)}")
    if max(size.width, size.height) > _MAX_SIDE:
        raise InvalidImage(
            f"expected at most {_MAX_SIDE:,} pixels a side, received {_in_words(size)}"
        )
    if size.area > limits.max_pixels:
        raise InvalidImage(
            f"expected at most {limits.max_pixels:,} pixels, received {_in_words(size)}"
        )


def _in_words(size: Size) -> str:
    return f"{size.width:,} × {size.height:,}"
