"""Large files of every format, with little in them, so that they are made quickly."""

import io
import struct
import zlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

from handler.codec import available_formats
from handler.codec.headers.boxes import boxes
from handler.core.geometry import Size
from tests import further_files
from tests.hostile import heif
from tests.pictures import encoded

_TILE, _TILE_PROPERTIES = 512, (b"ispe", b"hvcC")
_MOST_BOXES = 100

# Pillow refuses larger pictures, which are the point here.
Image.MAX_IMAGE_PIXELS = None


def _image(size: Size, mode: str = "RGB") -> Image.Image:
    """Return a picture of a few large shapes on a gradient."""
    small = Image.linear_gradient("L").resize((64, 64))
    image = Image.merge("RGB", (small, small.rotate(90), small.rotate(180)))
    image.paste((200, 40, 30), (40, 16, 56, 40))
    image = image.resize((size.width, size.height), Image.Resampling.NEAREST)
    return image.convert(mode)


def _jpeg(size: Size, mode: str = "RGB", **options: Any) -> bytes:
    return encoded(_image(size, mode), "JPEG", quality=80, **options)


def _png(size: Size, colour: int, depth: int = 8, *, interlaced: bool = False) -> bytes:
    """Return a PNG of stripes, of any colour type and depth."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]

    def chunk(name: bytes, data: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + end

    compress = zlib.compressobj(1)
    parts = []
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
        passes += [(1, 0, 2, 2), (0, 1, 1, 2)]
    for left, top, across, down in passes:
        columns, rows = -(-(size.width - left) // across), -(-(size.height - top) // down)
        length = (columns * channels * depth + 7) // 8
        line = b"\0" + (bytes(range(0, 250, 5)) * (length // 50 + 1))[:length]
        parts += [compress.compress(line) for _ in range(rows)]
    parts.append(compress.flush())
    header = struct.pack(">IIBBBBB", size.width, size.height, depth, colour, 0, 0, interlaced)
    palette = chunk(b"PLTE", bytes(range(256)) * 3) if colour == 3 else b""
    body = chunk(b"IHDR", header) + palette + chunk(b"IDAT", b"".join(parts))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def _webp(size: Size, mode: str = "RGB", **options: Any) -> bytes:
    return encoded(_image(size, mode), "WEBP", method=0, **options)


def _psd(size: Size) -> bytes:
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, size.height, size.width, 8, 3)
    planes = np.moveaxis(np.asarray(_image(size)), 2, 0)
    return header + bytes(14) + planes.tobytes()


def _avif(size: Size, mode: str = "RGB") -> bytes:
    import pillow_avif  # noqa: F401  # lets Pillow write AVIF

    image = _image(size, mode)
    return encoded(image, "AVIF", quality=50, speed=10, subsampling="4:2:0")


def _heic(size: Size) -> bytes:
    from pillow_heif import from_pillow

    target = io.BytesIO()
    from_pillow(_image(size)).save(target, quality=10, enc_params={"preset": "ultrafast"})
    return target.getvalue()


def _heic_tiles(size: Size) -> bytes:
    """Return a HEIC as cameras write it, of tiles of 512 × 512 pixels."""
    data = memoryview(_heic(Size(_TILE, _TILE)))
    tops = dict(boxes(data, _MOST_BOXES))
    meta = dict(boxes(tops[b"meta"][4:], _MOST_BOXES))
    listed = boxes(dict(boxes(meta[b"iprp"], _MOST_BOXES))[b"ipco"], _MOST_BOXES)
    kept = tuple((kind, bytes(body), False) for kind, body in listed if kind in _TILE_PROPERTIES)
    tile = heif.Part(b"hvc1", bytes(tops[b"mdat"]), kept)
    rows, columns = -(-size.height // _TILE), -(-size.width // _TILE)
    grid = heif.grid(rows, columns, size.width, size.height)
    tiles = range(2, 2 + rows * columns)
    return heif.heif({1: grid} | dict.fromkeys(tiles, tile), [(b"dimg", 1, tiles)])


def _jxl(size: Size, mode: str = "RGB") -> bytes:
    import pylibjxl

    return bytes(pylibjxl.encode(np.ascontiguousarray(_image(size, mode)), effort=1))


def _light(size: Size) -> np.ndarray:
    return (np.asarray(_image(size)) / np.float32(255)).astype(np.float32)


def _qoi(size: Size) -> bytes:
    import qoi

    return bytes(qoi.encode(np.asarray(_image(size))))


def _hdr(size: Size) -> bytes:
    row = struct.pack(">BBH", 2, 2, size.width)
    for level in (100, 120, 140, 128):
        row += bytes((128 + 100, level)) * (size.width // 100)
        if rest := size.width % 100:
            row += bytes((rest,)) + bytes((level,)) * rest
    return b"#?RADIANCE\n\n-Y %d +X %d\n" % (size.height, size.width) + row * size.height


def _icon(kind: int, size: Size) -> bytes:
    """Return an ICO or a CUR around a PNG, which may be too large for the directory."""
    picture = _png(size, 2)
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(picture), 22)
    return struct.pack("<HHH", 0, kind, 1) + entry + picture


def _jpeg_444(size: Size) -> bytes:
    data: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(_image(size)), 80, "RGB", "444")
    return data


PICTURES: dict[str, Callable[[Size], bytes]] = {
    "jpeg": _jpeg,
    "jpeg 4:4:4": _jpeg_444,
    "jpeg grey": lambda size: _jpeg(size, "L"),
    "jpeg cmyk": lambda size: _jpeg(size, "CMYK"),
    "jpeg progressive": lambda size: _jpeg(size, progressive=True),
    "png": lambda size: _png(size, 2),
    "png alpha": lambda size: _png(size, 6),
    "png grey": lambda size: _png(size, 0),
    "png grey alpha": lambda size: _png(size, 4),
    "png palette": lambda size: _png(size, 3),
    "png 1 bit": lambda size: _png(size, 0, 1),
    "png 16 bits": lambda size: _png(size, 2, 16),
    "png alpha 16 bits": lambda size: _png(size, 6, 16),
    "png interlaced": lambda size: _png(size, 2, interlaced=True),
    "webp": _webp,
    "webp lossless": lambda size: _webp(size, lossless=True, quality=0),
    "webp alpha": lambda size: _webp(size, "RGBA"),
    "gif": lambda size: encoded(_image(size, "P"), "GIF"),
    "tiff": lambda size: encoded(_image(size), "TIFF"),
    "tiff lzw": lambda size: encoded(_image(size), "TIFF", compression="tiff_lzw"),
    "tiff jpeg": lambda size: encoded(_image(size), "TIFF", compression="jpeg"),
    "tiff cmyk": lambda size: encoded(_image(size, "CMYK"), "TIFF", compression="tiff_lzw"),
    "tiff alpha": lambda size: encoded(_image(size, "RGBA"), "TIFF", compression="tiff_lzw"),
    "tiff lab": lambda size: encoded(_image(size, "LAB"), "TIFF"),
    "tiff 1 bit": lambda size: encoded(_image(size, "1"), "TIFF", compression="group4"),
    "bmp": lambda size: encoded(_image(size), "BMP"),
    "avif": _avif,
    "avif alpha": lambda size: _avif(size, "RGBA"),
    "heic": _heic,
    "heic tiles": _heic_tiles,
    "jxl": _jxl,
    "jxl alpha": lambda size: _jxl(size, "RGBA"),
    "jp2": lambda size: encoded(_image(size), "JPEG2000"),
    "jp2 grey": lambda size: encoded(_image(size, "L"), "JPEG2000"),
    "tga": lambda size: encoded(_image(size), "TGA", compression="tga_rle"),
    "psd": _psd,
    "ico": lambda size: _icon(1, size),
    "cur": lambda size: _icon(2, size),
    "ppm": lambda size: further_files.netpbm(6, _image(size)),
    "ppm text": lambda size: (
        b"P3 %d %d 255\n" % (size.width, size.height) + b"200 100 50 " * size.area
    ),
    "pgm": lambda size: further_files.netpbm(5, _image(size, "L")),
    "pfm": lambda size: (
        b"PF %d %d\n-1\n" % (size.width, size.height)
        + np.linspace(0, 1, 3 * size.area, dtype="<f4").tobytes()
    ),
    "fits": lambda size: further_files.fits(np.asarray(_image(size, "L")).astype(np.int16)),
    "hdr": _hdr,
    "dds": lambda size: encoded(_image(size), "DDS"),
    "dds bc1": lambda size: encoded(_image(size, "RGBA"), "DDS", pixel_format="DXT1"),
}
if {"svg", "qoi", "exr"} <= available_formats() and find_spec("rawpy"):
    PICTURES["qoi"] = _qoi
    # pyproject.toml's group dev has the extras.
    PICTURES["exr"] = lambda size: further_files.exr({"RGB": _light(size)})
    PICTURES["exr alpha"] = lambda size: further_files.exr(
        {"RGBA": np.dstack([_light(size), np.ones((size.height, size.width), np.float32)])}
    )
    PICTURES["raw"] = lambda size: further_files.dng(_image(size))
    PICTURES["raw preview"] = lambda size: further_files.dng(_image(size), _jpeg(size))
    PICTURES["svg text"] = lambda size: further_files.svg(
        "".join(f'<text y="{each}">Words in a line</text>' for each in range(size.area // 1000)),
        f'width="{size.width}" height="{size.height}"',
    )
    PICTURES["svg paths"] = lambda size: further_files.svg(
        "".join(f'<path d="M0 {each % 9}L9 9V5z"/>' for each in range(size.area // 1000)),
        f'width="{size.width}" height="{size.height}"',
    )
    PICTURES["svg"] = lambda size: further_files.svg(
        '<rect width="50%" height="50%" fill="red"/>',
        f'width="{size.width}" height="{size.height}"',
    )
"""Functions that return the file of a size, by kind."""
