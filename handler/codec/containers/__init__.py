"""What a file is made of, walked before any decoder sees it.

Each module knows one format, in plain Python over bytes. It hands on what the first picture of the
file needs, and nothing else: animations, texts, previews and further pages are where hostile files
hide their bombs, and no pixel of a crop depends on them.
"""

from handler.codec.containers import bmp, gif, png, tiff, webp
from handler.codec.containers.contents import Contents

# Format -> what reads it; all but JPEG, of which more is known than this.
READERS = {
    "bmp": bmp.read,
    "gif": gif.read,
    "png": png.read,
    "tiff": tiff.read,
    "webp": webp.read,
}

__all__ = ["READERS", "Contents"]
