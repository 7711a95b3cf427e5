"""The decoders that run in worker processes.

Each function imports its library, in the fork server, before there is a file. It returns the
function that decodes a file, in a worker process, where nothing can be imported any more.
"""

import ctypes
import io
import mmap
import os
import struct
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from PIL import Image

from handler.sandbox import bmp_rle
from handler.sandbox.pixels import DAMAGED_KEY, PLAIN_MODES, SharedPixels

if TYPE_CHECKING:
    from PIL import ImageFile

# mallopt(3): new memory is filled with the complement of the lowest byte.
_M_PERTURB, _FILL_WITH_ZEROS = -6, 0xFF
# File header and the part of the info header that all versions have.
_BMP_HEADER_BYTES = 54
# Tag of a TIFF, and one of its values.
_INTERPRETATION, _YCBCR = 262, 6
# Part of the message of an error of Pillow.
_PNG_ENDS_EARLY = "truncated"
# The service has checked the number of pixels.
Image.MAX_IMAGE_PIXELS = None


class MappedFile(mmap.mmap):
    """A file in memory, which is read without a copy."""

    def getvalue(self) -> mmap.mmap:
        """Return the whole file, as `io.BytesIO.getvalue` does; Pillow calls this for TIFF."""
        return self


Decode = Callable[[MappedFile, SharedPixels], "Image.Image"]


def _load(
    plugin: "type[ImageFile.ImageFile]", file: MappedFile, shared: SharedPixels
) -> "Image.Image":
    """Decode the first frame with a plugin of Pillow, into the shared memory if possible."""
    image = plugin(cast(IO[bytes], file))
    # A TIFF that will be turned has another size before that.
    size = getattr(image, "_tile_size", image.size)
    # Pillow gives a transparent GIF memory of its own, already filled.
    own = image.format == "GIF" and "transparency" in image.info
    if image.mode in PLAIN_MODES and image.tile and not own:
        # A plugin with plain rows may have decoded them into other memory first.
        image.im = shared.make_core(image.mode, size, ahead=image.tile[0][0] != "raw")
    image.load()
    return image.convert("RGBA") if image.mode == "PA" else image


def _bmp() -> Decode:
    from PIL.BmpImagePlugin import BmpImageFile

    def decode(file: MappedFile, shared: SharedPixels) -> Image.Image:
        if not bmp_rle.is_encoded(file[:_BMP_HEADER_BYTES]):
            return _load(BmpImageFile, file, shared)
        image, damaged = bmp_rle.decode(bytes(file))
        image.info[DAMAGED_KEY] = damaged
        return image

    return decode


def _gif() -> Decode:
    from PIL.GifImagePlugin import GifImageFile

    return partial(_load, GifImageFile)


def _png() -> Decode:
    from PIL import ImageFile
    from PIL.PngImagePlugin import PngImageFile

    def decode(file: MappedFile, shared: SharedPixels) -> Image.Image:
        try:
            return _load(PngImageFile, file, shared)
        except OSError as error:
            if _PNG_ENDS_EARLY not in str(error):
                raise
            # The service counts the rows that are missing. This process decodes no other file.
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            file.seek(0)
            image = _load(PngImageFile, file, shared)
            image.info[DAMAGED_KEY] = True
            return image

    return decode


def _webp() -> Decode:
    from PIL.WebPImagePlugin import WebPImageFile

    return partial(_load, WebPImageFile)


def _tiff() -> Decode:
    from PIL import TiffImagePlugin

    libc = ctypes.CDLL(None)

    def decode(file: MappedFile, shared: SharedPixels) -> Image.Image:
        # A damaged strip leaves the rest of its buffer as malloc returned it. Zeros make the
        # picture the same each time.
        if hasattr(libc, "mallopt"):
            libc.mallopt(_M_PERTURB, _FILL_WITH_ZEROS)
        fields = TiffImagePlugin.TiffImageFile(cast(IO[bytes], file)).tag_v2
        # Pillow itself reads YCbCr that is not compressed as RGB.
        TiffImagePlugin.READ_LIBTIFF = fields.get(_INTERPRETATION) == _YCBCR
        file.seek(0)
        return _load(TiffImagePlugin.TiffImageFile, file, shared)

    return decode


def _jpeg2000() -> Decode:
    from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

    return partial(_load, Jpeg2KImageFile)


def _psd() -> Decode:
    from PIL.PsdImagePlugin import PsdImageFile

    return partial(_load, PsdImageFile)


def _tga() -> Decode:
    from PIL.TgaImagePlugin import TgaImageFile

    return partial(_load, TgaImageFile)


def _ico() -> Decode:
    from PIL import BmpImagePlugin, PngImagePlugin  # noqa: F401  # its pictures are PNG or BMP
    from PIL.IcoImagePlugin import IcoImageFile

    def decode(file: MappedFile, _: SharedPixels) -> Image.Image:
        # The warning of Pillow is about a PNG that is too large for the directory. Python would
        # look for the source of the warning, which this process may not read.
        warnings.simplefilter("ignore")
        image = IcoImageFile(cast(IO[bytes], file))
        image.load()
        return image.convert("RGBA") if image.mode == "PA" else image

    return decode


def _dds() -> Decode:
    from PIL.DdsImagePlugin import DdsImageFile

    return partial(_load, DdsImageFile)


def _qoi() -> Decode:
    import numpy  # noqa: F401  # the binding imports it with the first picture
    import qoi

    def decode(file: MappedFile, _: SharedPixels) -> Image.Image:
        return Image.fromarray(qoi.decode(bytes(file)))

    return decode


def _resvg() -> Decode:
    from PIL.PngImagePlugin import PngImageFile

    from handler.sandbox.svg_renderer import renderer

    draw = renderer()

    def decode(file: MappedFile, shared: SharedPixels) -> Image.Image:
        image = PngImageFile(io.BytesIO(draw(bytes(file).decode())))
        image.im = shared.make_core(image.mode, image.size)
        image.load()
        return image

    return decode


def _libavif() -> Decode:
    from pillow_avif.AvifImagePlugin import AvifImageFile

    return partial(_load, AvifImageFile)


def _libheif() -> Decode:
    import pi_heif

    pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False

    def decode(file: MappedFile, _: SharedPixels) -> Image.Image:
        image: Image.Image = pi_heif.open_heif(bytes(file), convert_hdr_to_8bit=True).to_pillow()
        return image

    return decode


def _libjpeg_turbo() -> Decode:
    import numpy  # noqa: F401  # the binding imports it with the first picture
    from kornia_rs.io import decode_image_jpegturbo

    def decode(file: MappedFile, _: SharedPixels) -> Image.Image:
        return Image.fromarray(decode_image_jpegturbo(bytes(file), "rgb"))

    return decode


def _libjxl() -> Decode:
    import numpy  # noqa: F401  # the binding imports it with the first picture
    import pylibjxl
    from PIL import ImageCms

    def decode(file: MappedFile, _: SharedPixels) -> Image.Image:
        pixels, metadata = pylibjxl.decode(bytes(file), metadata=True)
        image = Image.fromarray(pixels)
        if "icc" not in metadata:
            return image
        # libjxl derives the profile from the header, so that only the decoder has it.
        profile = ImageCms.ImageCmsProfile(io.BytesIO(metadata["icc"]))
        converted = ImageCms.profileToProfile(
            image, profile, ImageCms.createProfile("sRGB"), outputMode=image.mode
        )
        return converted or image

    return decode


def _libraw(*, half: bool = False) -> Decode:
    # Each thread would need memory of its own.
    os.environ["OMP_NUM_THREADS"] = "1"
    # LibRaw converts the date of each picture. A worker process cannot read the time zone.
    time.tzset()
    import numpy  # noqa: F401  # the binding imports it with the first picture
    import rawpy

    def decode(file: MappedFile, _: SharedPixels) -> Image.Image:
        with rawpy.RawPy() as raw:
            raw.open_buffer(cast(BinaryIO, file))
            width = raw.sizes.iwidth
            # The service turns the picture. The gamma is that of sRGB.
            pixels = raw.postprocess(
                use_camera_wb=True, half_size=half, user_flip=0, output_bps=8, gamma=(2.4, 12.92)
            )
        image = Image.fromarray(pixels)
        # LibRaw does not halve files whose pixels have all colours.
        return image.reduce(2) if half and width > 1 and image.width == width else image

    return decode


def _libraw_sizes() -> Decode:
    _libraw()
    import rawpy

    def decode(file: MappedFile, _: SharedPixels) -> Image.Image:
        with rawpy.RawPy() as raw:
            raw.open_buffer(cast(BinaryIO, file))
            sizes = raw.sizes
        numbers = struct.pack("<III", sizes.iwidth, sizes.iheight, sizes.flip)
        return Image.frombytes("RGBA", (len(numbers) // 4, 1), numbers)

    return decode


def _openexr() -> Decode:
    import OpenEXR

    from handler.sandbox.openexr_light import choose_channels, show

    def decode(file: MappedFile, shared: SharedPixels) -> Image.Image:
        read = OpenEXR.File(io.BytesIO(file), separate_channels=True, num_threads=0)
        channels = {name: each.pixels for name, each in read.parts[0].channels.items()}
        return show(channels, choose_channels(list(channels)), shared)

    return decode


# Name of a decoder in `handler.codec.formats` -> its function.
DECODERS: dict[str, Callable[[], Decode]] = {
    "BMP": _bmp,
    "DDS": _dds,
    "GIF": _gif,
    "ICO": _ico,
    "JPEG2000": _jpeg2000,
    "LibRaw": _libraw,
    "LibRaw half": partial(_libraw, half=True),
    "LibRaw sizes": _libraw_sizes,
    "OpenEXR": _openexr,
    "PNG": _png,
    "PSD": _psd,
    "TGA": _tga,
    "TIFF": _tiff,
    "libavif": _libavif,
    "libheif": _libheif,
    "libjpeg-turbo": _libjpeg_turbo,
    "libjxl": _libjxl,
    "libwebp": _webp,
    "qoi": _qoi,
    "resvg": _resvg,
}
