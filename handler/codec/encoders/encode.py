"""Encoding of a picture in any format, without metadata."""

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from msgspec import Struct
from PIL import Image, JpegImagePlugin  # noqa: F401  # importing the plugin registers it

from handler.codec.encoders import gif_writer, png_writer, tiff_writer
from handler.codec.encoders.largest_sides import check_sides
from handler.codec.formats import Format
from handler.core.geometry import Size
from handler.core.request import Colour

# libavif's speeds. For three photos of 1440 × 1440 pixels at quality 95, sharp's speed, 5, took 10
# to 21 s. Speed 6 took 1 to 3.5 s for files of 0.98 to 1.05 times the size; speed 9 took 0.14 to
# 0.56 s for files of 1.09 to 1.19 times the size, with 0.3 to 0.8 dB less. Pictures of at most this
# many pixels get speed 6, which takes about a second.
_AVIF_SMALL_PIXELS = 1_000_000
# All results of a job, of which noise takes 7 s a megapixel at that speed.
_AVIF_SMALL_PIXELS_OF_ALL = 2_000_000
_AVIF_SPEED_SMALL, _AVIF_SPEED_LARGE = 6, 9
# libwebp's methods: sharp's and libwebp's default, and the last. For 12 photos at qualities 60 to
# 95, method 2 takes .45 of the default's time for 1.075 times the bytes at equal SSIM, method 3 .94
# for 1.001 times, and method 6 2.3 times as long for .986. With alpha, method 6 takes up to 18 s a
# megapixel, and method 5 less than 1 s.
_WEBP_METHOD, _WEBP_METHOD_THOROUGH, _WEBP_METHOD_THOROUGH_ALPHA = 4, 6, 5

# The marker at the end of every JPEG (EOI).
_END_OF_IMAGE = b"\xff\xd9"


def encode(
    image: Image.Image,
    format_: Format,
    quality: int,
    background: Colour,
    *,
    optimise: bool = False,
    all_pixels: int = 0,
    thorough: bool = False,
) -> bytes:
    """Encode a picture.

    Args:
        image: mode L, RGB, RGBX or RGBA (alpha not premultiplied).
        format_: what to write.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        background: colour behind transparent pixels if the format has no alpha; its own alpha is
            ignored.
        optimise: whether to compute the Huffman code of a JPEG from its data, in place of the
            standard's code for photographs in full detail. Where detail is missing, because the
            picture was enlarged or was a JPEG of that size before, the file is a tenth to a third
            smaller. Elsewhere it is a thirtieth smaller. Encoding takes two to three times as long.
        all_pixels: pixels of all results of the job, which AVIF's speed depends on.
        thorough: whether to search longer for a smaller file. For photos at quality 95, JPEG, which
            becomes progressive, is a twelfth smaller, PNG a seventh, WebP a fortieth, and AVIF
            needs a tenth less for the same quality. Encoding takes up to 25 times as long. GIF is
            unchanged.

    Raises:
        ProcessingFailed: the picture is larger than the format allows.
    """
    check_sides(format_, Size(*image.size))
    # Plugins would write metadata that a decoder left there into the file.
    image.info = {}
    if image.mode == "RGBX" and format_.name != "jpeg":
        image = image.convert("RGB")
    if image.mode == "RGBA" and not format_.alpha:
        image = _flatten(image, background)
    return _ENCODERS[format_.name](image, _Options(quality, optimise, all_pixels, thorough))


def is_slow_avif(pixels: int, all_pixels: int, *, thorough: bool = False) -> bool:
    """Return whether AVIF is written at the slower speed, for a smaller file.

    Args:
        pixels: of the result.
        all_pixels: of all results of the job.
        thorough: see `encode`.
    """
    return thorough or (pixels <= _AVIF_SMALL_PIXELS and all_pixels <= _AVIF_SMALL_PIXELS_OF_ALL)


def _flatten(image: Image.Image, background: Colour) -> Image.Image:
    canvas = Image.new("RGBA", image.size, (*background[:3], 255))
    canvas.alpha_composite(image)
    return canvas.convert("RGB")


class _Options(Struct, frozen=True):
    """The options of `encode` that not all formats have."""

    quality: int
    optimise: bool
    all_pixels: int
    thorough: bool


def _encode_jpeg(image: Image.Image, options: _Options) -> bytes:
    # 4:2:0 at every quality, as sharp writes it.
    more: dict[str, object] = {} if image.mode == "L" else {"subsampling": "4:2:0"}
    if options.optimise or options.thorough:
        more |= {"optimize": True, "progressive": options.thorough}
    # `Image.save` would load the plugins of other formats first, which takes 8 ms.
    image.encoderinfo = {"quality": options.quality, **more}
    image.encoderconfig = ()
    try:
        return _written_without_lock(image) or _written(image, io.BytesIO())
    finally:
        del image.encoderinfo  # `Image.save` would prefer it to its own arguments


def _written_without_lock(image: Image.Image) -> bytes | None:
    """Return the JPEG, written through a file descriptor, or None if that is not possible.

    Pillow's encoder releases the global interpreter lock only if it writes to a descriptor. Two
    threads then encode 1.7 times as many pictures.
    """
    if sys.platform != "linux":
        return None
    # An OSError is raised if too many files are open or their size is limited. Pillow raises none
    # if only a part is written.
    with suppress(OSError), open(os.memfd_create("jpeg"), "w+b", buffering=0) as target:
        data = _written(image, target)
        return data if data.endswith(_END_OF_IMAGE) else None
    return None


def _written(image: Image.Image, target: BinaryIO) -> bytes:
    Image.SAVE["JPEG"](image, target, "")
    target.seek(0)
    return target.read()


def _encode_avif(image: Image.Image, options: _Options) -> bytes:
    import pillow_avif  # noqa: F401  # importing it registers it with Pillow, and is slow

    # As sharp writes it.
    subsampling = "4:0:0" if image.mode == "L" else "4:4:4"
    pixels = image.width * image.height
    slow = is_slow_avif(pixels, options.all_pixels, thorough=options.thorough)
    speed = _AVIF_SPEED_SMALL if slow else _AVIF_SPEED_LARGE
    return _save(image, "AVIF", quality=options.quality, subsampling=subsampling, speed=speed)


def _encode_webp(image: Image.Image, options: _Options) -> bytes:
    method = _WEBP_METHOD
    if options.thorough:
        method = _WEBP_METHOD_THOROUGH_ALPHA if image.mode == "RGBA" else _WEBP_METHOD_THOROUGH
    return _save(image, "WEBP", quality=options.quality, method=method)


def _save(image: Image.Image, name: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, name, **options)
    return target.getvalue()


_ENCODERS: dict[str, Callable[[Image.Image, _Options], bytes]] = {
    "jpeg": _encode_jpeg,
    "avif": _encode_avif,
    "png": lambda image, options: png_writer.encode(image, thorough=options.thorough),
    "webp": _encode_webp,
    "gif": lambda image, _: gif_writer.encode(image),
    "tiff": lambda image, options: tiff_writer.encode(image, thorough=options.thorough),
}
