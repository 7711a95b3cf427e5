"""Still WebP, decoded and scaled by libwebp; animations are decoded by Pillow.

Pillow cannot scale while decoding, and decodes every WebP as an animation, into several canvases of
full size. This module calls the library that Pillow is linked to, so there is no second copy of it
to keep up to date. The symbols are looked up through Pillow's extension, whatever the name of the
library's file.

Structures and constants are those of libwebp's <webp/decode.h>.
"""

import ctypes
from functools import cache

import numpy as np
from msgspec.structs import replace

from handler.codec.costs import DECODING, DecodingCost
from handler.codec.headers.webp import WebpHeader
from handler.core.geometry import Size
from handler.core.image.alpha import DecodedImage
from handler.errors import InvalidImage, ProcessingFailed

# Version of these structures (libwebp 0.5, 2015). The library rejects another major part.
_ABI_VERSION = 0x0209
_STATUS_OK = 0
_MODE_RGBA = 1
# Bytes for each pixel of a lossless picture, and of alpha. Of the former, 2.4 are for free memory
# that remains unused: a small block in the memory that libwebp has freed forces the next copy of
# the picture into new memory.
_LOSSLESS_BYTES, _ALPHA_BYTES = 6.4, 1.1


class _Features(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("has_alpha", ctypes.c_int),
        ("has_animation", ctypes.c_int),
        ("format", ctypes.c_int),
        ("padding", ctypes.c_uint32 * 5),
    )


class _RgbaBuffer(ctypes.Structure):
    _fields_ = (
        ("pixels", ctypes.c_void_p),
        ("stride", ctypes.c_int),
        ("size", ctypes.c_size_t),
    )


class _YuvaBuffer(ctypes.Structure):
    """The larger member of the union; it is not used."""

    _fields_ = (
        ("planes", ctypes.c_void_p * 4),
        ("strides", ctypes.c_int * 4),
        ("sizes", ctypes.c_size_t * 4),
    )


class _Planes(ctypes.Union):
    _fields_ = (("rgba", _RgbaBuffer), ("yuva", _YuvaBuffer))


class _Output(ctypes.Structure):
    _fields_ = (
        ("colorspace", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("is_external_memory", ctypes.c_int),
        ("buffer", _Planes),
        ("padding", ctypes.c_uint32 * 4),
        ("private_memory", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        ("bypass_filtering", ctypes.c_int),
        ("no_fancy_upsampling", ctypes.c_int),
        ("use_cropping", ctypes.c_int),
        ("crop", ctypes.c_int * 4),
        ("use_scaling", ctypes.c_int),
        ("scaled_width", ctypes.c_int),
        ("scaled_height", ctypes.c_int),
        ("use_threads", ctypes.c_int),
        ("dithering_strength", ctypes.c_int),
        ("flip", ctypes.c_int),
        ("alpha_dithering_strength", ctypes.c_int),
        ("padding", ctypes.c_uint32 * 5),
    )


class _Config(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Output), ("options", _Options))


@cache
def _library() -> ctypes.CDLL | None:
    try:
        from PIL import _webp

        library = ctypes.CDLL(_webp.__file__)
        signatures = {
            "WebPInitDecoderConfigInternal": (ctypes.POINTER(_Config), ctypes.c_int),
            "WebPGetFeaturesInternal": (
                ctypes.c_char_p,
                ctypes.c_size_t,
                ctypes.POINTER(_Features),
                ctypes.c_int,
            ),
            "WebPDecode": (ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(_Config)),
        }
        for name, arguments in signatures.items():
            getattr(library, name).argtypes = arguments
    except (ImportError, OSError, AttributeError):
        return None
    compatible = library.WebPInitDecoderConfigInternal(_Config(), _ABI_VERSION)
    return library if compatible else None


def is_available() -> bool:
    """Return whether Pillow's libwebp can be called; a static one cannot."""
    return _library() is not None


def check_header(header: WebpHeader) -> None:
    """Check that libwebp accepts a file and reads the same size.

    Raises:
        InvalidImage: the header is damaged.
    """
    features = _Features()
    data = header.data
    status = _call("WebPGetFeaturesInternal", data, len(data), features, _ABI_VERSION)
    read = Size(features.width, features.height), bool(features.has_animation)
    if status != _STATUS_OK or read != (header.size, header.animated):
        raise InvalidImage("the WebP header is damaged")


def cost(header: WebpHeader) -> DecodingCost:
    """Return the cost of decoding."""
    found = DECODING["webp"]
    # libwebp decodes all pixels of a lossless picture, or all alpha, before it scales them.
    stored = _LOSSLESS_BYTES if header.lossless else _ALPHA_BYTES if header.alpha else 0
    return replace(found, stored=stored)


def choose_shrink(shrink: float) -> float:
    """Return the factor to shrink by while decoding, as sharp 0.35 for a resize by 1/``shrink``."""
    return max(1.0, shrink)


def decode(header: WebpHeader, shrink: float) -> DecodedImage:
    """Decode a still picture at 1/``shrink`` of its size, each pixel the mean of an area.

    Args:
        header: accepted by `check_header`.
        shrink: 1 or more.

    Returns:
        Picture of mode RGBX or RGBA, as stored.

    Raises:
        ProcessingFailed: the data are damaged or end early.
    """
    # As libvips, which rounds to the nearest integer here.
    width = max(1, round(header.size.width / shrink))
    height = max(1, round(header.size.height / shrink))
    try:
        pixels = np.empty((height, width, 4), np.uint8)
    except MemoryError as error:
        raise ProcessingFailed("The WebP data are damaged or incomplete") from error
    config = _Config()
    _call("WebPInitDecoderConfigInternal", config, _ABI_VERSION)
    # Scaling, even to the same size, replaces the smooth upsampling of the colour planes.
    config.options.use_scaling = Size(width, height) != header.size
    config.options.scaled_width, config.options.scaled_height = width, height
    config.output.colorspace = _MODE_RGBA
    config.output.is_external_memory = 1
    rgba = config.output.buffer.rgba
    rgba.pixels, rgba.stride, rgba.size = pixels.ctypes.data, pixels.strides[0], pixels.nbytes
    status = _call("WebPDecode", header.data, len(header.data), config)
    if status != _STATUS_OK:
        raise ProcessingFailed("The WebP data are damaged or incomplete")
    # Pillow keeps colours in four bytes a pixel, so it can use these pixels without a copy.
    return DecodedImage.over(pixels, "RGBA" if header.alpha else "RGBX")


def _call(name: str, *arguments: object) -> int:
    library = _library()
    if library is None:
        raise ValueError("libwebp is not available")
    return int(getattr(library, name)(*arguments))
