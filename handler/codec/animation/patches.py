"""The frames of an animation as they are stored, decoded in the way of each format."""

from collections.abc import Callable, Iterator

from msgspec import Struct
from PIL import Image

from handler.codec.costs import cost_of_frames
from handler.codec.decoders import kornia_rs, libwebp, pillow
from handler.codec.decoders.frame_stream import decode_frames
from handler.codec.decoders.isolated import Allowance
from handler.codec.headers import png, webp
from handler.codec.headers.animations.timeline import FramePart, Timeline
from handler.codec.headers.header import ImageHeader
from handler.codec.picture import Limits, Picture
from handler.core.geometry import Size
from handler.core.image.alpha import DecodedImage
from handler.errors import ProcessingFailed


class Reading(Struct, frozen=True):
    """The reading of an animation.

    Attributes:
        timeline: its frames.
        picture: the opened file.
        limits: limits of decoding.
    """

    timeline: Timeline
    picture: Picture
    limits: Limits

    def allowance(self) -> Allowance:
        """Return the limits of a worker process that decodes all frames."""
        parts = self.timeline.parts
        cost = cost_of_frames(self.picture.format.name, self.picture.cost)
        pixels = sum(part.box.width * part.box.height for part in parts)
        file_bytes = sum(len(part.data) for part in parts) + len(self.timeline.whole or b"")
        one = Allowance.of(
            cost,
            max(part.box.width * part.box.height for part in parts),
            file_bytes,
            self.limits.deadline,
            self.limits.memory,
        )
        whole = Allowance.of(cost, pixels, file_bytes, self.limits.deadline, self.limits.memory)
        return Allowance(one.memory, whole.cpu_seconds, self.limits.deadline)

    def stream(self, decoder: str) -> Iterator[Image.Image]:
        """Decode the frames in one worker process; see `decode_frames`."""
        return decode_frames(self.timeline, decoder, self.picture.format.label, self.allowance())


def _gif(reading: Reading) -> Iterator[Image.Image]:
    return reading.stream("GIF frames")


def _webp(reading: Reading) -> Iterator[Image.Image]:
    if not libwebp.is_available():
        yield from reading.stream("WebP frames")
        return
    for part in reading.timeline.parts:
        header = webp.read(part.data)
        _check_size(header, part, reading)
        yield libwebp.decode(header, 1).image


def _png(reading: Reading) -> Iterator[Image.Image]:
    parts, format_ = reading.timeline.parts, reading.picture.format
    header = png.read(parts[0].data)
    image, _ = pillow.open_header(header, format_)
    if kornia_rs.is_plain(image, header.data):
        yield from _plain_png(reading)
    elif header.sixteen_bit:
        for part in parts:
            header = png.read(part.data)
            _check_size(header, part, reading)
            yield pillow.decode(header, format_, reading.allowance()).image
    else:
        yield from reading.stream("PNG frames")


def _plain_png(reading: Reading) -> Iterator[Image.Image]:
    for part in reading.timeline.parts:
        header = png.read(part.data)
        _check_size(header, part, reading)
        image, _ = pillow.open_header(header, reading.picture.format)
        decoded = kornia_rs.decode(image, header.data)
        yield decoded.image if isinstance(decoded, DecodedImage) else decoded.image()


def _check_size(header: ImageHeader, part: FramePart, reading: Reading) -> None:
    """Check that a frame has the size of its place.

    Raises:
        ProcessingFailed: it has not.
    """
    if header.size != Size(part.box.width, part.box.height) or (
        header.size.area > header.most_pixels
    ):
        label = reading.picture.format.label
        raise ProcessingFailed(f"The {label} data differ in size from the header")


def _avif(reading: Reading) -> Iterator[Image.Image]:
    return reading.stream("AVIF frames")


def _heic(reading: Reading) -> Iterator[Image.Image]:
    return reading.stream("HEIC frames")


# Name of a format -> function that decodes its frames.
PATCHES: dict[str, Callable[[Reading], Iterator[Image.Image]]] = {
    "avif": _avif,
    "heic": _heic,
    "gif": _gif,
    "png": _png,
    "webp": _webp,
}
