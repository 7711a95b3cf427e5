"""Files of the formats of `handler.codec.further_formats`, most of which Pillow does not write."""

import base64
import gzip
import struct
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.codec import available_formats
from tests.pictures import encoded, photo

SIZE = (96, 64)
# The matrix from XYZ with the white of D65 to linear sRGB (IEC 61966-2-1), as fractions.
_XYZ_TO_SRGB = [
    part
    for number in (32_406, -15_372, -4_986, -9_689, 18_758, 415, 557, -2_040, 10_570)
    for part in (number, 10_000)
]
Light = npt.NDArray[np.float32]


def rgb(size: tuple[int, int] = SIZE) -> Image.Image:
    image = photo(size=size)
    image.info.clear()  # remove the photo's profile
    return image


def rgba(size: tuple[int, int] = SIZE) -> Image.Image:
    image = rgb(size)
    image.putalpha(image.convert("L").point(lambda value: min(255, value * 2)))
    return image


def to_light(image: Image.Image) -> Light:
    """Return the linear light of a picture, array (height, width, 3)."""
    levels = np.asarray(image.convert("RGB")) / 255
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def netpbm(digit: int, image: Image.Image, white: int = 255) -> bytes:
    """Return a PBM, PGM or PPM of the kind P1 to P6."""
    samples = np.asarray(image)
    head = f"P{digit}\n# a comment\n{image.width} {image.height}\n"
    if digit in (1, 4):
        dark = samples < 128
        if digit == 4:
            return head.encode() + np.packbits(dark, axis=1).tobytes()
        return head.encode() + b"\n".join(b"".join(b"%d" % bit for bit in row) for row in dark)
    head += f"{white}\n"
    scaled = np.rint(samples.astype(float) / 255 * white).astype(">u2" if white > 255 else "u1")
    if digit in (2, 3):
        return head.encode() + b"\n".join(b"%d" % level for level in scaled.ravel())
    return head.encode() + scaled.tobytes()


def pam(image: Image.Image, white: int = 255) -> bytes:
    samples = np.asarray(image).astype(float) / 255 * white
    bands = len(image.getbands())
    lines = ["P7", "# a comment", f"WIDTH {image.width}", f"HEIGHT {image.height}"]
    lines += [f"DEPTH {bands}", f"MAXVAL {white}", "TUPLTYPE RGB", "ENDHDR", ""]
    scaled = np.rint(samples).astype(">u2" if white > 255 else "u1")
    return "\n".join(lines).encode() + scaled.tobytes()


def pfm(light: Light, order: str = "<") -> bytes:
    height, width = light.shape[:2]
    kind = "PF" if light.ndim == 3 else "Pf"
    scale = -1.0 if order == "<" else 1.0
    return (
        f"{kind}\n{width} {height}\n{scale}\n".encode() + light[::-1].astype(order + "f4").tobytes()
    )


def rgbe(light: Light) -> npt.NDArray[np.uint8]:
    """Return the pixels of a Radiance HDR, array (height, width, 4)."""
    largest = light.max(axis=-1)
    mantissa, exponent = np.frexp(largest)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(largest > 1e-32, mantissa * 256 / largest, 0)
    colours = light * scale[..., np.newaxis]
    exponents = np.where(largest > 1e-32, exponent + 128, 0)
    return np.dstack([colours, exponents]).astype(np.uint8)


def hdr(light: Light, axes: str = "-Y {} +X {}", *, packed: bool = True) -> bytes:
    """Return a Radiance HDR with run lengths, or of plain pixels."""
    pixels = rgbe(light)
    head = "#?RADIANCE\n# a comment\nFORMAT=32-bit_rle_rgbe\nEXPOSURE=1.5\n\n"
    parts = [(head + axes.format(*pixels.shape[:2]) + "\n").encode()]
    if not packed:
        return parts[0] + pixels.tobytes()
    for row in pixels:
        parts.append(struct.pack(">BBH", 2, 2, len(row)))
        parts += [_runs(plane.tobytes()) for plane in row.T]
    return b"".join(parts)


def _runs(plane: bytes) -> bytes:
    parts, start = [], 0
    while start < len(plane):
        run = 1
        while start + run < len(plane) and run < 127 and plane[start + run] == plane[start]:
            run += 1
        if run > 2:
            parts.append(bytes((128 + run, plane[start])))
        else:
            run = min(2, len(plane) - start)
            parts.append(bytes((run,)) + plane[start : start + run])
        start += run
    return b"".join(parts)


def fits(samples: npt.NDArray[np.generic], *cards: str) -> bytes:
    """Return a FITS of an array (height, width) or (height, width, planes)."""
    planes = np.moveaxis(samples.reshape(*samples.shape[:2], -1), 2, 0)[:, ::-1]
    axes = [samples.shape[1], samples.shape[0], *([len(planes)] if samples.ndim == 3 else [])]
    kind = planes.dtype.kind
    bits = (-8 if kind == "f" else 8) * planes.dtype.itemsize
    lines = ["SIMPLE  =                    T", f"BITPIX  = {bits:20}", f"NAXIS   = {len(axes):20}"]
    lines += [f"NAXIS{axis:<3}= {length:20}" for axis, length in enumerate(axes, 1)]
    head = "".join(line.ljust(80) for line in (*lines, *cards, "END")).encode()
    body = planes.astype(planes.dtype.newbyteorder(">")).tobytes()
    return b"".join(
        part.ljust(-(-len(part) // 2880) * 2880, fill)
        for part, fill in ((head, b" "), (body, b"\0"))
    )


def cur(image: Image.Image, **options: Any) -> bytes:
    """Return a CUR of one picture, whose pointer is at (5, 6)."""
    data = encoded(image, "ICO", sizes=[image.size], **options)
    return b"\0\0\2\0" + data[4:10] + struct.pack("<HH", 5, 6) + data[14:]


def dds_of_masks(image: Image.Image, bits: int, masks: tuple[int, int, int, int]) -> bytes:
    """Return a DDS of plain pixels in words of some bits."""
    samples = np.asarray(image.convert("RGBA")).astype(np.uint64)
    words = np.zeros(samples.shape[:2], np.uint64)
    for band, mask in enumerate(masks):
        if mask:
            shift = (mask & -mask).bit_length() - 1
            levels = np.rint(samples[..., band] / 255 * (mask >> shift)).astype(np.uint64)
            words |= levels << np.uint64(shift)
    flags = 0x40 | (1 if masks[3] else 0)
    head = struct.pack("<4s7I44x", b"DDS ", 124, 0x1007, image.height, image.width, 0, 0, 0)
    head += struct.pack("<8I20x", 32, flags, 0, bits, *masks)
    pixels = words.astype("<u8")[..., np.newaxis].view(np.uint8)[..., : bits // 8]
    return head + np.ascontiguousarray(pixels).tobytes()


def dds_extended(image: Image.Image, number: int) -> bytes:
    """Return a DDS of plain samples with the number of a DXGI format."""
    head = struct.pack("<4s7I44x", b"DDS ", 124, 0x1007, image.height, image.width, 0, 0, 0)
    head += struct.pack("<II4s5I20x", 32, 4, b"DX10", 0, 0, 0, 0, 0)
    return head + struct.pack("<5I", number, 3, 0, 1, 0) + image.tobytes()


def svg(body: str, attributes: str = 'width="96" height="64"') -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<?xml version="1.0"?>\n<svg {names} {attributes}>{body}</svg>'.encode()


def svg_of(image: Image.Image) -> bytes:
    """Return an SVG that shows a picture, embedded in it."""
    address = "data:image/png;base64," + base64.b64encode(encoded(image, "PNG")).decode()
    size = f'width="{image.width}" height="{image.height}"'
    picture = f'<image {size} xlink:href="{address}" image-rendering="optimizeSpeed"/>'
    return svg(picture, size)


def exr(
    channels: Mapping[str, npt.NDArray[np.generic]], compression: str = "ZIP", **attributes: Any
) -> bytes:
    """Return an OpenEXR of some channels, or of several parts."""
    import OpenEXR

    header = {"compression": getattr(OpenEXR, f"{compression}_COMPRESSION"), **attributes}
    header.setdefault("type", OpenEXR.scanlineimage)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.exr"
        whole = {name: np.ascontiguousarray(each) for name, each in channels.items()}
        OpenEXR.File(header, whole).write(str(path))
        return path.read_bytes()


def exr_of(image: Image.Image, kind: type[np.generic] = np.float16, **options: Any) -> bytes:
    """Return an OpenEXR of a picture, whose colours are multiplied by its alpha."""
    light = to_light(image)
    if image.mode != "RGBA":
        return exr({"RGB": light.astype(kind)}, **options)
    alpha = np.asarray(image)[..., 3:].astype(np.float32) / 255
    return exr({"RGBA": np.dstack([light * alpha, alpha]).astype(kind)}, **options)


Entry = tuple[int, int, Sequence[int]]


def tiff_directory(order: str, entries: Sequence[Entry], start: int, following: int = 0) -> bytes:
    """Return a directory of TIFF at a place, with its long values behind it."""
    codes = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 7: "B", 10: "i", 13: "I"}
    table, values = struct.pack(f"{order}H", len(entries)), b""
    end = start + 2 + 12 * len(entries) + 4
    for tag, kind, numbers in sorted(entries):
        packed = struct.pack(f"{order}{len(numbers)}{codes[kind]}", *numbers)
        count = len(numbers) // (2 if kind in (5, 10) else 1)
        place = packed.ljust(4, b"\0")
        if len(packed) > 4:
            place = struct.pack(f"{order}I", end + len(values))
            values += packed + bytes(len(packed) % 2)
        table += struct.pack(f"{order}HHI", tag, kind, count) + place
    return table + struct.pack(f"{order}I", following) + values


def bayer(image: Image.Image) -> npt.NDArray[np.uint16]:
    """Return the samples of a sensor behind red, green, green and blue."""
    light = (to_light(image) * 60_000).astype(np.uint16)
    samples = light[..., 1].copy()
    samples[::2, ::2] = light[::2, ::2, 0]
    samples[1::2, 1::2] = light[1::2, 1::2, 2]
    return samples


def dng(
    image: Image.Image,
    preview: bytes = b"",
    *,
    orientation: int = 1,
    order: str = "<",
    tags: Sequence[Entry] = (),
) -> bytes:
    """Return a DNG of a picture whose previews, if any, is in a directory of its own."""
    samples = bayer(image).astype(order + "u2").tobytes()
    first = 8
    entries: list[Entry] = [
        *((254, 4, [0]), (256, 4, [image.width]), (257, 4, [image.height]), (258, 3, [16])),
        *((259, 3, [1]), (262, 3, [32_803]), (271, 2, b"Test\0"), (272, 2, b"Camera\0")),
        *((274, 3, [orientation]), (277, 3, [1]), (278, 4, [image.height])),
        *((279, 4, [len(samples)]), (284, 3, [1]), (33_421, 3, [2, 2]), (33_422, 1, [0, 1, 1, 2])),
        *((50_706, 1, [1, 4, 0, 0]), (50_708, 2, b"Test Camera\0"), (50_717, 4, [60_000])),
        (50_721, 10, _XYZ_TO_SRGB),
        *((50_728, 5, [1, 1, 1, 1, 1, 1]), (50_778, 3, [21]), *tags),
    ]
    if preview:
        entries.append((330, 4, [0]))
    length = len(tiff_directory(order, [*entries, (273, 4, [0])], first))
    second = first + length
    inner: list[Entry] = [(254, 4, [1]), (259, 3, [7]), (262, 3, [6])]
    inner_length = len(tiff_directory(order, [*inner, (273, 4, [0]), (279, 4, [0])], second))
    place = second + (inner_length if preview else 0)
    entries = [(tag, kind, [second] if tag == 330 else value) for tag, kind, value in entries]
    directory = tiff_directory(order, [*entries, (273, 4, [place + len(preview)])], first)
    if preview:
        inner += [(273, 4, [place]), (279, 4, [len(preview)])]
        directory += tiff_directory(order, inner, second) + preview
    signature = b"II*\0" if order == "<" else b"MM\0*"
    return signature + struct.pack(f"{order}I", first) + directory + samples


def _grey() -> Image.Image:
    return rgb().convert("L")


# Kind of file -> function that makes it, its format, and the format of its results.
KINDS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "pbm-1-bit": (lambda: netpbm(4, _grey()), "netpbm", "png"),
    "pbm-text-1-bit": (lambda: netpbm(1, _grey()), "netpbm", "png"),
    "pgm-grey": (lambda: netpbm(5, _grey()), "netpbm", "png"),
    "pgm-text-grey": (lambda: netpbm(2, _grey(), 99), "netpbm", "png"),
    "ppm": (lambda: netpbm(6, rgb()), "netpbm", "png"),
    "ppm-text": (lambda: netpbm(3, rgb()), "netpbm", "png"),
    "ppm-deep": (lambda: netpbm(6, rgb(), 4095), "netpbm", "png"),
    "pam": (lambda: pam(rgb()), "netpbm", "png"),
    "pam-alpha": (lambda: pam(rgba(), 65_535), "netpbm", "png"),
    "pam-grey-alpha": (lambda: pam(rgba().convert("LA")), "netpbm", "png"),
    "pfm": (lambda: pfm(to_light(rgb())), "pfm", "jpeg"),
    "pfm-big": (lambda: pfm(to_light(rgb()), ">"), "pfm", "jpeg"),
    "pfm-grey": (lambda: pfm(to_light(_grey())[..., 0]), "pfm", "jpeg"),
    "hdr": (lambda: hdr(to_light(rgb())), "hdr", "jpeg"),
    "hdr-plain": (lambda: hdr(to_light(rgb()), packed=False), "hdr", "jpeg"),
    "fits": (lambda: fits(np.asarray(rgb())), "fits", "png"),
    "fits-grey": (lambda: fits(np.asarray(_grey())), "fits", "png"),
    "cur": (lambda: cur(rgb()), "cur", "png"),
    "cur-bmp": (lambda: cur(rgba(), bitmap_format="bmp"), "cur", "png"),
    "dds": (lambda: encoded(rgb(), "DDS"), "dds", "png"),
    "dds-alpha": (lambda: encoded(rgba(), "DDS"), "dds", "png"),
    "dds-dxt1": (lambda: encoded(rgb().convert("RGBA"), "DDS", pixel_format="DXT1"), "dds", "png"),
    "dds-dxt5": (lambda: encoded(rgb().convert("RGBA"), "DDS", pixel_format="DXT5"), "dds", "png"),
    "dds-grey": (lambda: encoded(_grey(), "DDS"), "dds", "png"),
    "dds-565": (lambda: dds_of_masks(rgb(), 16, (0xF800, 0x7E0, 0x1F, 0)), "dds", "png"),
    "dds-dxgi-alpha": (lambda: dds_extended(rgba(), 28), "dds", "png"),
    "qoi": (lambda: encoded(rgb(), "QOI"), "qoi", "png"),
    "qoi-alpha": (lambda: encoded(rgba(), "QOI"), "qoi", "png"),
    "exr": (lambda: exr_of(rgb()), "exr", "jpeg"),
    "exr-alpha": (lambda: exr_of(rgba(), np.float32), "exr", "png"),
    "raw": (lambda: dng(rgb(), encoded(rgb(), quality=95)), "raw", "jpeg"),
    "svg": (lambda: svg_of(rgb()), "svg", "png"),
    "svg-alpha": (lambda: svg_of(rgba()), "svg", "png"),
    "svgz": (lambda: gzip.compress(svg_of(rgb()), mtime=0), "svg", "png"),
}


def available() -> dict[str, tuple[Callable[[], bytes], str, str]]:
    """Return the kinds whose formats this installation reads."""
    return {kind: row for kind, row in KINDS.items() if row[1] in available_formats()}
