"""What a file is made of, walked before any decoder sees it.

Each module knows one format, in plain Python over bytes. It hands on what the first picture of the
file needs, and nothing else: animations, texts, previews and further pages are where hostile files
hide their bombs, and no pixel of a crop depends on them.
"""

from handler.codec.headers import (
    bmp,
    gif,
    heif,
    ico,
    jpeg2000,
    jxl,
    png,
    psd,
    tga,
    tiff,
    webp,
)
from handler.codec.headers.header import Contents

# Format -> what reads it; all but JPEG, of which more is known than this.
READERS = {
    "avif": heif.read_avif,
    "bmp": bmp.read,
    "gif": gif.read,
    "heic": heif.read_heic,
    "ico": ico.read,
    "jp2": jpeg2000.read,
    "jxl": jxl.read,
    "png": png.read,
    "psd": psd.read,
    "tga": tga.read,
    "tiff": tiff.read,
    "webp": webp.read,
}

__all__ = ["READERS", "Contents"]
