"""Small whole files of every accepted format, to be damaged in many ways."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from tests import further_files
from tests.hostile import builders
from tests.pictures import encoded, photo

_SIZE = (64, 48)
_ORIENTATION = 274


@cache
def _rgb() -> Image.Image:
    image = photo(size=_SIZE)
    image.info.clear()  # remove the photo's profile
    return image


def _grey() -> Image.Image:
    return _rgb().convert("L")


def _rgba() -> Image.Image:
    image = _rgb().copy()
    image.putalpha(_grey())
    return image


def _palette() -> Image.Image:
    return _rgb().quantize(64)


def _bilevel() -> Image.Image:
    return _grey().convert("1")


def _grey16() -> Image.Image:
    return Image.fromarray(np.asarray(_grey()).astype(np.uint16) * 257)


def _cmyk() -> Image.Image:
    return _rgb().convert("CMYK")


def _frames() -> list[Image.Image]:
    return [_rgb().rotate(angle) for angle in (0, 90, 180)]


def _animated(name: str, **options: Any) -> bytes:
    first, *others = _frames()
    return encoded(first, name, save_all=True, append_images=others, **options)


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _rich_jpeg() -> bytes:
    return encoded(_rgb(), orientation=6, icc_profile=_profile(), comment=b"a comment")


def _rich_png() -> bytes:
    return encoded(_rgba(), "PNG", orientation=6, icc_profile=_profile())


def _lossless_jpeg() -> bytes:
    """Return a plain grey JPEG, large enough to be scaled while decoding."""
    width, height = 640, 480
    frame = builders.jpeg_frame(width, height, 0xC3, (0x11, 0x11, 0x11))
    differences = bytes(width * height * 3 // 8)
    scan = builders.jpeg_scan(differences, components=3, first=1, last=0)
    return builders.jpeg(builders.jpeg_tables(), frame, scan)


def _interlaced_png() -> bytes:
    pixels = np.asarray(_grey())
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
    parts = [pixels[y::dy, x::dx] for x, y, dx, dy in (*passes, (0, 1, 1, 2))]
    rows = b"".join(b"\0" + row.tobytes() for part in parts for row in part)
    data = builders.png_chunk(b"IDAT", zlib.compress(rows))
    return builders.png(builders.png_header(*_SIZE, 8, 0, 0, 0, 1), data)


def _rgb16_png() -> bytes:
    rows = b"".join(b"\0" + row.tobytes() for row in np.asarray(_rgb()).astype(">u2") * 257)
    data = builders.png_chunk(b"IDAT", zlib.compress(rows))
    return builders.png(builders.png_header(*_SIZE, 16, 2), data)


def _rle_bmp() -> bytes:
    pixels = np.asarray(_palette())[::-1]
    runs = b"".join(b"".join(bytes((1, value)) for value in row) + b"\0\0" for row in pixels)
    palette = bytes(range(256)) * 4
    return builders.bmp(*_SIZE, runs + b"\0\1", bits=8, compression=1, palette=palette)


def _tiled_tiff() -> bytes:
    pixels = np.asarray(_grey())
    tiles = [
        pixels[y : y + 16, x : x + 32].tobytes()
        for y in range(0, _SIZE[1], 16)
        for x in range(0, _SIZE[0], 32)
    ]
    size = len(tiles[0])
    fields: dict[int, builders.TiffValue] = {
        256: [_SIZE[0]],
        257: [_SIZE[1]],
        258: [8],
        259: [1],
        262: [1],
        322: [32],
        323: [16],
        324: [8 + i * size for i in range(len(tiles))],
        325: [size] * len(tiles),
    }
    return builders.tiff(fields, b"".join(tiles), order=">")


def _planar_tiff() -> bytes:
    planes = np.moveaxis(np.asarray(_rgb()), 2, 0)
    size = planes[0].size
    fields: dict[int, builders.TiffValue] = {
        256: [_SIZE[0]],
        257: [_SIZE[1]],
        258: [8, 8, 8],
        259: [1],
        262: [2],
        273: [8 + i * size for i in range(3)],
        277: [3],
        278: [_SIZE[1]],
        279: [size] * 3,
        284: [2],
    }
    return builders.tiff(fields, planes.tobytes())


def _psd() -> bytes:
    """Return a PSD of three plain planes without layers."""
    planes = np.moveaxis(np.asarray(_rgb()), 2, 0)
    width, height = _SIZE
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, height, width, 8, 3)
    return header + bytes(12) + b"\0\0" + planes.tobytes()


def _avif() -> bytes:
    import pillow_avif  # registers itself with Pillow

    return encoded(_rgb(), pillow_avif.AvifImagePlugin.AvifImageFile.format)


def _heic() -> bytes:
    from pillow_heif import from_pillow

    target = io.BytesIO()
    from_pillow(_rgb()).save(target)
    return target.getvalue()


def _heic_sequence() -> bytes:
    from tests.codec.heic_sequences import heic_sequence

    return heic_sequence([_rgba(), _rgba().rotate(90), _rgba().rotate(180)], (40, 50, 60), 0)


def _jxl() -> bytes:
    import pylibjxl

    return bytes(pylibjxl.encode(np.ascontiguousarray(_rgb())))


def _tiff(image: Image.Image, compression: str | None = None, **options: Any) -> bytes:
    return encoded(image, "TIFF", compression=compression, **options)


_MAKE: dict[str, Callable[[], bytes]] = {
    "jpeg/baseline": lambda: encoded(_rgb()),
    "jpeg/progressive": lambda: encoded(_rgb(), progressive=True),
    "jpeg/grey": lambda: encoded(_grey()),
    "jpeg/cmyk": lambda: encoded(_cmyk()),
    "jpeg/restarts": lambda: encoded(_rgb(), restart_marker_blocks=2),
    "jpeg/exif-and-profile": _rich_jpeg,
    "jpeg/lossless": _lossless_jpeg,
    "png/rgb": lambda: encoded(_rgb(), "PNG"),
    "png/grey": lambda: encoded(_grey(), "PNG"),
    "png/grey-alpha": lambda: encoded(_rgba().convert("LA"), "PNG"),
    "png/palette": lambda: encoded(_palette(), "PNG"),
    "png/palette-transparent": lambda: encoded(_palette(), "PNG", transparency=3),
    "png/bilevel": lambda: encoded(_bilevel(), "PNG"),
    "png/grey-16": lambda: encoded(_grey16(), "PNG"),
    "png/rgb-16": _rgb16_png,
    "png/interlaced": _interlaced_png,
    "png/alpha-exif-and-profile": _rich_png,
    "png/animated": lambda: _animated("PNG"),
    "webp/lossy": lambda: encoded(_rgb(), "WEBP"),
    "webp/lossless": lambda: encoded(_rgb(), "WEBP", lossless=True),
    "webp/alpha": lambda: encoded(_rgba(), "WEBP"),
    "webp/exif-and-profile": lambda: encoded(_rgb(), "WEBP", orientation=6, icc_profile=_profile()),
    "webp/animated": lambda: _animated("WEBP"),
    "gif/still": lambda: encoded(_palette(), "GIF"),
    "gif/grey": lambda: encoded(_grey(), "GIF", interlace=0),
    "gif/transparent": lambda: encoded(_palette(), "GIF", transparency=3),
    "gif/animated": lambda: _animated("GIF", loop=0, disposal=2),
    "bmp/rgb": lambda: encoded(_rgb(), "BMP"),
    "bmp/palette": lambda: encoded(_palette(), "BMP"),
    "bmp/bilevel": lambda: encoded(_bilevel(), "BMP"),
    "bmp/rle": _rle_bmp,
    "tiff/raw": lambda: _tiff(_rgb()),
    "tiff/lzw": lambda: _tiff(_rgb(), "tiff_lzw"),
    "tiff/deflate": lambda: _tiff(_rgba(), "tiff_adobe_deflate"),
    "tiff/packbits": lambda: _tiff(_grey(), "packbits"),
    "tiff/group3": lambda: _tiff(_bilevel(), "group3"),
    "tiff/group4": lambda: _tiff(_bilevel(), "group4"),
    "tiff/palette": lambda: _tiff(_palette()),
    "tiff/cmyk": lambda: _tiff(_cmyk(), "tiff_lzw"),
    "tiff/grey-16": lambda: _tiff(_grey16()),
    "tiff/pages": lambda: _animated("TIFF"),
    "tiff/oriented-with-profile": lambda: _tiff(
        _rgb(), tiffinfo={_ORIENTATION: 6}, icc_profile=_profile()
    ),
    "tiff/tiled": _tiled_tiff,
    "tiff/planar": _planar_tiff,
    "avif/still": _avif,
    "heic/still": _heic,
    "heic/sequence": _heic_sequence,
    "jp2/still": lambda: encoded(_rgb(), "JPEG2000"),
    "jxl/still": _jxl,
    "psd/flat": _psd,
    "ico/alpha": lambda: encoded(_rgba().resize((48, 48)), "ICO", sizes=[(48, 48), (16, 16)]),
    "tga/raw": lambda: encoded(_rgba(), "TGA"),
    "tga/rle": lambda: encoded(_palette().convert("RGB"), "TGA", compression="tga_rle"),
}
_MAKE |= {
    f"{format_}/{kind}": make for kind, (make, format_, _) in further_files.available().items()
}
NAMES = tuple(_MAKE)


@cache
def specimen(name: str) -> bytes:
    """Return the file with this name, one of `NAMES`."""
    return _MAKE[name]()
