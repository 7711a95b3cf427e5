"""Further small files of the formats of which `tests.hostile.specimens` has one."""

import io
import struct
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.camera_raw_files import FAMILIES, LARGE, raf
from tests.codec.heic_sequences import heic_sequence
from tests.pictures import encoded, photo

_SIZE = (40, 32)
_TEXT = Path(__file__).parents[1] / "golden/svg-text.svg"


def _rgb() -> Image.Image:
    image = photo(size=_SIZE)
    image.info.clear()  # remove the photo's profile
    return image


def _rgba() -> Image.Image:
    image = _rgb()
    image.putalpha(image.convert("L"))
    return image


def _heic(image: Image.Image, **options: Any) -> bytes:
    from pillow_heif import from_pillow

    target = io.BytesIO()
    from_pillow(image).save(target, **options)
    return target.getvalue()


def _avif(image: Image.Image, **options: Any) -> bytes:
    import pillow_avif

    return encoded(image, pillow_avif.AvifImagePlugin.AvifImageFile.format, **options)


def _jxl(image: Image.Image, **options: Any) -> bytes:
    import pylibjxl

    return bytes(pylibjxl.encode(np.ascontiguousarray(image), **options))


def _boxed_jxl() -> bytes:
    """Return a JPEG XL in boxes, as cameras write it."""
    stream = _jxl(_rgb())
    front = b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl "
    return front + struct.pack(">I", 8 + len(stream)) + b"jxlc" + stream


def large_specimens(size: tuple[int, int]) -> dict[str, bytes]:
    """Return a photo in each format that is decoded in a worker process, by its name."""
    image = photo(size=size)
    image.info.clear()
    planes = np.moveaxis(np.asarray(image), 2, 0)
    psd = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, size[1], size[0], 8, 3) + bytes(14)
    return {
        "tiff": encoded(image, "TIFF", compression="tiff_lzw"),
        "avif": _avif(image),
        "heic": _heic(image),
        "jp2": encoded(image, "JPEG2000"),
        "jxl": _jxl(image),
        "psd": psd + planes.tobytes(),
        "ico": encoded(image.resize((256, 256)), "ICO", sizes=[(256, 256)]),
        "tga": encoded(image, "TGA"),
    }


def _packed_psd() -> bytes:
    """Return a PSD with run lengths and an alpha channel."""
    planes = np.moveaxis(np.asarray(_rgba()), 2, 0)
    rows = [b"".join(bytes((0, value)) for value in row) for plane in planes for row in plane]
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 4, _SIZE[1], _SIZE[0], 8, 3) + bytes(12)
    lengths = b"".join(struct.pack(">H", len(row)) for row in rows)
    return head + b"\0\1" + lengths + b"".join(rows)


@cache
def specimens() -> dict[str, tuple[bytes, ...]]:
    """Return the files by the name of their format."""
    frames = [_rgb().rotate(angle) for angle in (90, 180)]
    preview = encoded(photo(size=LARGE), quality=70)
    small = _rgba().resize((32, 32))
    return {
        "heic": (
            _heic(_rgba()),
            _heic(_rgb(), quality=30),
            _heic(_rgb().convert("L")),
            heic_sequence([_rgb(), *frames], (40, 50, 60)),
        ),
        "avif": (
            _avif(_rgba(), quality=40),
            _avif(_rgb(), save_all=True, append_images=frames),
            _avif(_rgb().convert("L")),
        ),
        "raw": tuple(make(preview) for make in (*FAMILIES.values(), raf)),
        "jp2": (
            encoded(_rgba(), "JPEG2000"),
            encoded(_rgb(), "JPEG2000", no_jp2=True, tile_size=(16, 16)),
            encoded(_rgb().convert("L"), "JPEG2000", irreversible=True, progression="RLCP"),
        ),
        "jxl": (_boxed_jxl(), _jxl(_rgba(), lossless=True), _jxl(_rgb(), lossless=True)),
        "psd": (_packed_psd(),),
        "ico": (encoded(small, "ICO", sizes=[(16, 16)], bitmap_format="bmp"),),
        "svg": (_TEXT.read_bytes(),),
        "tga": (encoded(_rgb().convert("L"), "TGA"), encoded(_rgb().quantize(16), "TGA")),
    }
