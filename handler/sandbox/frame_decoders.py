"""The decoders of animations that run in worker processes.

As in `handler.sandbox.libraries`, each function imports its library before there is a file. The
function that it returns writes one frame after the other into the shared memory.
"""

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from handler.sandbox.frame_slots import FrameSlots
from handler.sandbox.libraries import MappedFile
from handler.sandbox.protocol import ENCODING, LENGTH

if TYPE_CHECKING:
    from PIL import ImageFile

DecodeFrames = Callable[[MappedFile, FrameSlots], None]


def _stills(file: MappedFile) -> Iterator[bytes]:
    position = 0
    while position < len(file):
        (length,) = LENGTH.unpack_from(file, position)
        position += LENGTH.size
        yield file[position : position + length]
        position += length


def _decode_stills(
    plugin: "type[ImageFile.ImageFile]", file: MappedFile, slots: FrameSlots
) -> None:
    """Decode pictures with a plugin of Pillow, which sees one frame at a time and no animation."""
    for still in _stills(file):
        image = plugin(io.BytesIO(still))
        image.load()
        slots.write(image)


def _gif_frames() -> DecodeFrames:
    from PIL.GifImagePlugin import GifImageFile

    return partial(_decode_stills, GifImageFile)


def _png_frames() -> DecodeFrames:
    from PIL.PngImagePlugin import PngImageFile

    return partial(_decode_stills, PngImageFile)


def _webp_frames() -> DecodeFrames:
    from PIL.WebPImagePlugin import WebPImageFile

    return partial(_decode_stills, WebPImageFile)


def _avif_frames() -> DecodeFrames:
    from PIL import Image
    from pillow_avif import _avif

    def decode(file: MappedFile, slots: FrameSlots) -> None:
        decoder = _avif.AvifDecoder(bytes(file), "auto", "auto", 1)
        width, height, frames, mode, *_ = decoder.get_info()
        for index in range(frames):
            pixels = decoder.get_frame(index)[0]
            slots.write(Image.frombuffer(mode, (width, height), pixels, "raw", mode, 0, 1))

    return decode


def _heic_frames() -> DecodeFrames:
    import _pi_heif

    from handler.sandbox.libheif_track import LibheifTracks, rgb_matrix

    library = LibheifTracks(_pi_heif.__file__)

    def decode(file: MappedFile, slots: FrameSlots) -> None:
        width, height, matrix, is_full = ENCODING.unpack_from(file)
        to_rgb = rgb_matrix(matrix, is_full=is_full)
        for planes in library.frames(file[ENCODING.size :]):
            slots.write(planes.convert(to_rgb, (width, height)))

    return decode


# Name of a decoder -> its function.
FRAME_DECODERS: dict[str, Callable[[], DecodeFrames]] = {
    "GIF frames": _gif_frames,
    "PNG frames": _png_frames,
    "WebP frames": _webp_frames,
    "AVIF frames": _avif_frames,
    "HEIC frames": _heic_frames,
}
