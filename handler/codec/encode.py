"""Pixels to bytes: one encode per job, no metadata."""

import io
from collections.abc import Callable

import numpy as np
import simplejpeg
from PIL import Image, features

from handler.codec.formats import FORMATS, Format
from handler.core.canvas import Colour
from handler.errors import InvalidSettings

# Lossless: only speed and size depend on it. zlib's own default.
_PNG_LEVEL = 6


def output_format(source: Format, wanted: str) -> Format:
    """The format of the result.

    Args:
        source: format of the input.
        wanted: name of a format, or ``auto`` to keep the input's where it can be written.

    Raises:
        InvalidSettings: this build cannot write it.
    """
    format_ = FORMATS[source.output if wanted == "auto" else wanted]
    if format_.name == "avif" and not features.check("avif"):
        raise InvalidSettings("format: AVIF is not supported by this build")
    return format_


def encode(image: Image.Image, format_: Format, quality: int, background: Colour) -> bytes:
    """Encode a picture.

    Args:
        image: mode L, RGB, RGBX or RGBA (alpha not premultiplied).
        format_: what to write.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        background: colour behind transparent pixels, where the format has no alpha; its own
            alpha does not count.
    """
    if image.mode == "RGBX" and format_.name != "jpeg":
        image = image.convert("RGB")
    if image.mode == "RGBA" and not format_.alpha:
        image = _flatten(image, background)
    return _ENCODERS[format_.name](image, quality)


def _flatten(image: Image.Image, background: Colour) -> Image.Image:
    canvas = Image.new("RGBA", image.size, (*background[:3], 255))
    canvas.alpha_composite(image)
    return canvas.convert("RGB")


def _encode_jpeg(image: Image.Image, quality: int) -> bytes:
    space = {"L": "GRAY"}.get(image.mode, image.mode)
    pixels = np.asarray(image)
    pixels = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    # 4:2:0 at every quality, as sharp writes it.
    subsampling = "Gray" if space == "GRAY" else "420"
    data: bytes = simplejpeg.encode_jpeg(pixels, quality, space, subsampling, fastdct=False)
    return data


def _save(image: Image.Image, name: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, name, **options)
    return target.getvalue()


_ENCODERS: dict[str, Callable[[Image.Image, int], bytes]] = {
    "jpeg": _encode_jpeg,
    "png": lambda image, _: _save(image, "PNG", compress_level=_PNG_LEVEL),
    "webp": lambda image, quality: _save(image, "WEBP", quality=quality),
    "avif": lambda image, quality: _save(image, "AVIF", quality=quality),
    "gif": lambda image, _: _save(image, "GIF"),
    "tiff": lambda image, _: _save(image, "TIFF", compression="tiff_adobe_deflate"),
}
