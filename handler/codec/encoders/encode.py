"""Pixels to bytes: one encode per job, no metadata."""

import io
from collections.abc import Callable

import numpy as np
import simplejpeg
from PIL import Image

from handler.codec.encoders import gif_writer, png_writer, tiff_writer
from handler.codec.formats import Format
from handler.core.request import Colour
from handler.errors import ProcessingFailed

# Longest side that a format or its library can write; the others end where pictures do.
_MAX_SIDE = {"jpeg": 65_500, "webp": 16_383, "avif": 32_768}


def encode(
    image: Image.Image,
    format_: Format,
    quality: int,
    background: Colour,
    *,
    optimise: bool = False,
) -> bytes:
    """Encode a picture.

    Args:
        image: mode L, RGB, RGBX or RGBA (alpha not premultiplied).
        format_: what to write.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        background: colour behind transparent pixels, where the format has no alpha; its own
            alpha does not count.
        optimise: have a JPEG's code made for it, not taken from the standard, which is for photos
            in full detail: it is a tenth to a third smaller where detail is missing, because the
            picture was enlarged or has been a JPEG pixel by pixel; elsewhere a fiftieth, for half
            as much time again.

    Raises:
        ProcessingFailed: the format has no room for a picture of that size.
    """
    longest = max(image.size)
    if longest > _MAX_SIDE.get(format_.name, longest):
        raise ProcessingFailed(
            f"{format_.label}: expected at most {_MAX_SIDE[format_.name]:,} pixels a side, "
            f"received {image.width:,} × {image.height:,}"
        )
    # Whatever a decoder may have left there, plugins would write into the file.
    image.info = {}
    if image.mode == "RGBX" and format_.name != "jpeg":
        image = image.convert("RGB")
    if image.mode == "RGBA" and not format_.alpha:
        image = _flatten(image, background)
    return _ENCODERS[format_.name](image, quality, optimise)


def _flatten(image: Image.Image, background: Colour) -> Image.Image:
    canvas = Image.new("RGBA", image.size, (*background[:3], 255))
    canvas.alpha_composite(image)
    return canvas.convert("RGB")


def _encode_jpeg(image: Image.Image, quality: int, optimise: bool) -> bytes:
    # 4:2:0 at every quality, as sharp writes it.
    if optimise:  # libjpeg-turbo by way of Pillow: simplejpeg (1.9.0) has no such option
        subsampling = {} if image.mode == "L" else {"subsampling": "4:2:0"}
        return _save(image, "JPEG", quality=quality, optimize=True, **subsampling)
    space = {"L": "GRAY"}.get(image.mode, image.mode)
    pixels = np.asarray(image)
    pixels = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    sampled = "Gray" if space == "GRAY" else "420"
    data: bytes = simplejpeg.encode_jpeg(pixels, quality, space, sampled, fastdct=False)
    return data


def _encode_avif(image: Image.Image, quality: int, _: bool) -> bytes:
    import pillow_avif  # noqa: F401  # loading it makes it known to Pillow, and takes a while

    # As sharp writes it.
    subsampling = "4:0:0" if image.mode == "L" else "4:4:4"
    return _save(image, "AVIF", quality=quality, subsampling=subsampling, speed=5)


def _save(image: Image.Image, name: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, name, **options)
    return target.getvalue()


_ENCODERS: dict[str, Callable[[Image.Image, int, bool], bytes]] = {
    "jpeg": _encode_jpeg,
    "png": lambda image, *_: png_writer.encode(image),
    "webp": lambda image, quality, _: _save(image, "WEBP", quality=quality),
    "avif": _encode_avif,
    "gif": lambda image, *_: gif_writer.encode(image),
    "tiff": lambda image, *_: tiff_writer.encode(image),
}
