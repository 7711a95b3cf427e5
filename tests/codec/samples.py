"""Generated files of the accepted formats."""

import struct
from typing import Any

import numpy as np
import pillow_avif  # noqa: F401  # lets Pillow write AVIF
import pillow_heif
import pytest
from PIL import Image, ImageDraw

from tests.pictures import encoded, photo

pillow_heif.register_heif_opener()

_ORIENTATION = 274
# Linear Display P3 to linear sRGB, from the primaries of both (SMPTE EG 432-1, IEC 61966-2-1).
P3_TO_SRGB = np.array(
    [(1.22494, -0.22494, 0.0), (-0.04206, 1.04206, 0.0), (-0.01964, -0.07864, 1.09828)]
)


def srgb(light: np.ndarray) -> np.ndarray:
    """Convert linear light from 0 to 1 to sRGB from 0 to 255."""
    light = light.clip(0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def translucent() -> Image.Image:
    """Return the photo with an alpha that increases to the right."""
    image = photo().convert("RGBA")
    ramp = np.linspace(0, 255, image.width).astype(np.uint8)
    image.putalpha(Image.fromarray(np.tile(ramp, (image.height, 1))))
    return image


def grey_profile(gamma: float) -> bytes:
    """Return the smallest ICC profile of a grey with a gamma curve."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, len(curve))
    head = struct.pack(">I4xI", 156 + 20 + len(curve), 0x02400000) + b"mntrGRAYXYZ "
    return (head + bytes(12) + b"acsp").ljust(128, b"\0") + tags + white + curve


def heic(image: Image.Image, orientation: int = 1, **options: Any) -> bytes:
    """Return a HEIC with its orientation in its boxes, which decide, and in its EXIF."""
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    bare = image.copy()
    bare.info = {"exif": exif.tobytes()} if orientation != 1 else {}
    return encoded(bare, "HEIF", quality=100, chroma=444, **options)


def needed_pylibjxl() -> Any:
    """Return the package; skip the test where it has no wheel."""
    return pytest.importorskip("pylibjxl", reason="needs pylibjxl, which Linux on ARM lacks")


def jxl(image: Image.Image, **options: Any) -> bytes:
    """Return a lossless JPEG XL."""
    data: bytes = needed_pylibjxl().encode(np.asarray(image), lossless=True, **options)
    return data


def tiff_of(samples: np.ndarray, photometric: int) -> bytes:
    """Return an uncompressed TIFF of 8 or 16 bits a sample, of kinds that Pillow does not write."""
    height, width, bands = samples.shape
    pixels = np.ascontiguousarray(samples).astype(samples.dtype.newbyteorder("<")).tobytes()
    bits = struct.pack(f"<{bands}H", *[8 * samples.dtype.itemsize] * bands)
    start = 8 + len(pixels) + len(bits)
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, bands, 8 + len(pixels)),
        (259, 3, 1, 1),
        (262, 3, 1, photometric),
        (273, 4, 1, 8),
        (277, 3, 1, bands),
        (278, 4, 1, height),
        (279, 4, 1, len(pixels)),
    ]
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = b"II*\0" + struct.pack("<I", start)
    return head + pixels + bits + struct.pack("<H", len(entries)) + table + bytes(4)


def rgb16_tiff() -> bytes:
    """Return the photo in 16 bits a sample, with values in the lower eight."""
    deep = np.asarray(photo()).astype(np.uint16) * 256
    return tiff_of(deep + np.arange(deep.size, dtype=np.uint16).reshape(deep.shape) % 256, 2)


def lab_tiff(*colours: tuple[int, int, int]) -> bytes:
    """Return a TIFF with a row of CIELAB colours: lightness from 0 to 255, signed a and b."""
    return tiff_of(np.array([colours], np.int16).astype(np.uint8), 8)


def psd(image: Image.Image, *, packed: bool = False, layers: bytes = b"") -> bytes:
    """Return a PSD of mode L, RGB or RGBA: its composite, and the given bytes as layers."""
    planes = np.moveaxis(np.asarray(image).reshape(image.height, image.width, -1), -1, 0)
    rows = [row.tobytes() for plane in planes for row in plane]
    pixels = b"".join(rows)
    if packed:
        coded = [b"".join(bytes((0, value)) for value in row) for row in rows]
        pixels = b"".join(struct.pack(">H", len(row)) for row in coded) + b"".join(coded)
    mode = 1 if image.mode == "L" else 3
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, len(planes), image.height, image.width, 8, mode)
    section = struct.pack(">I", len(layers)) + layers
    return head + bytes(8) + section + struct.pack(">H", packed) + pixels


def ico(*sizes: int, **options: Any) -> bytes:
    """Return an ICO of the photo in these sizes."""
    largest = max(sizes)
    image = photo(size=(largest, largest))
    return encoded(image, "ICO", sizes=[(side, side) for side in sizes], **options)


def drawing() -> Image.Image:
    """Return a picture of lettering on white."""
    image = Image.new("RGB", (400, 300), "white")
    pen = ImageDraw.Draw(image)
    for line in range(20):
        pen.text((10, line * 15), "Sphinx of black quartz, judge my vow. " * 2, fill="black")
    return image
