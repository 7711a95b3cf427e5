"""Readers of image headers, in plain Python over bytes. One module for each format.

They run before any decoder. Each passes on the parts of a file that its first picture needs, and
nothing else: animations, texts, previews and further pages are where hostile files hide
decompression bombs, and no pixel of a crop depends on them.
"""

from collections.abc import Callable

from handler.codec.headers import (
    bmp,
    dds,
    fits,
    gif,
    heif,
    ico,
    jpeg,
    jpeg2000,
    jxl,
    netpbm,
    openexr,
    png,
    psd,
    qoi_file,
    radiance,
    raw_preview,
    svg,
    tga,
    tiff,
    webp,
)
from handler.codec.headers.header import ImageHeader

# Name of a format -> the reader of its header.
READERS: dict[str, Callable[[bytes], ImageHeader]] = {
    "avif": heif.read_avif,
    "bmp": bmp.read,
    "cur": ico.read_cursor,
    "dds": dds.read,
    "exr": openexr.read,
    "fits": fits.read,
    "gif": gif.read,
    "hdr": radiance.read,
    "heic": heif.read_heic,
    "ico": ico.read,
    "jp2": jpeg2000.read,
    "jpeg": jpeg.read,
    "jxl": jxl.read,
    "netpbm": netpbm.read_netpbm,
    "pfm": netpbm.read_floats,
    "png": png.read,
    "psd": psd.read,
    "qoi": qoi_file.read,
    "raw": raw_preview.read,
    "svg": svg.read,
    "tga": tga.read,
    "tiff": tiff.read,
    "webp": webp.read,
}
