"""Decodes one file in a process of its own, for `isolation`; not to be imported.

What runs here may be taken over by the file that it reads: it has its memory, CPU time and files
limited before it sees a byte, is given nothing but the file, and hands back pixels only. It starts
with every job, and so imports the one decoder that it needs.

Arguments: the decoder, bytes of memory, seconds of CPU time; then the folders to import from. The
file comes on standard input. Out goes a line of JSON, `{"mode", "width", "height"}`, and the
pixels, row by row; or nothing, and a status that is not 0.
"""

import io
import resource
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageFile


def main(decoder: str, memory: int, cpu_seconds: int, path: list[str]) -> None:
    """Read, decode, write."""
    _confine(memory, cpu_seconds)
    sys.path[:] = path
    image = _DECODERS[decoder](sys.stdin.buffer.read())
    # As Pillow keeps it in memory: whoever reads it need not spread it to four bytes a pixel.
    mode = "RGBX" if image.mode == "RGB" else image.mode
    header = f'{{"mode": "{mode}", "width": {image.width}, "height": {image.height}}}\n'
    sys.stdout.buffer.write(header.encode())
    sys.stdout.buffer.write(image.tobytes("raw", mode))


def _confine(memory: int, cpu_seconds: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in limits.items():
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):  # macOS knows no limit on memory
            continue
    if sys.platform == "linux":
        import ctypes

        # PR_SET_PDEATHSIG (1), SIGKILL (9): it does not outlive whoever started it.
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)


def _loaded(image: "ImageFile.ImageFile") -> "Image.Image":
    """Pixels of a mode whose rows are plain bytes, and say all there is to say."""
    image.load()
    if image.mode in ("P", "PA", "1") or "transparency" in image.info:
        transparent = image.mode == "PA" or "transparency" in image.info
        transparent |= image.mode == "P" and image.im.getpalettemode() == "RGBA"
        colour = "L" if image.mode in ("1", "L") else "RGB"
        return image.convert("RGBA" if transparent else colour)
    return image


def _tiff(data: bytes) -> "Image.Image":
    from PIL.TiffImagePlugin import TiffImageFile

    return _loaded(TiffImageFile(io.BytesIO(data)))


def _libjpeg_turbo(data: bytes) -> "Image.Image":
    from kornia_rs.io import decode_image_jpegturbo
    from PIL import Image

    return Image.fromarray(decode_image_jpegturbo(data, "rgb"))


def _jpeg2000(data: bytes) -> "Image.Image":
    from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

    return _loaded(Jpeg2KImageFile(io.BytesIO(data)))


def _psd(data: bytes) -> "Image.Image":
    from PIL.PsdImagePlugin import PsdImageFile

    return _loaded(PsdImageFile(io.BytesIO(data)))


def _tga(data: bytes) -> "Image.Image":
    from PIL.TgaImagePlugin import TgaImageFile

    return _loaded(TgaImageFile(io.BytesIO(data)))


def _ico(data: bytes) -> "Image.Image":
    from PIL.IcoImagePlugin import IcoImageFile

    return _loaded(IcoImageFile(io.BytesIO(data)))


def _libavif(data: bytes) -> "Image.Image":
    from pillow_avif.AvifImagePlugin import AvifImageFile

    return _loaded(AvifImageFile(io.BytesIO(data)))


def _libheif(data: bytes) -> "Image.Image":
    import pi_heif

    pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False
    image: Image.Image = pi_heif.open_heif(data, convert_hdr_to_8bit=True).to_pillow()
    return image


def _libjxl(data: bytes) -> "Image.Image":
    import pylibjxl
    from PIL import Image

    pixels, metadata = pylibjxl.decode(data, metadata=True)
    image = Image.fromarray(pixels)
    if "icc" not in metadata:
        return image
    from PIL import ImageCms

    # Only here is the profile known: libjxl makes it of what the header says.
    profile = ImageCms.ImageCmsProfile(io.BytesIO(metadata["icc"]))
    into = "L" if image.mode == "L" else image.mode
    converted = ImageCms.profileToProfile(
        image, profile, ImageCms.createProfile("sRGB"), outputMode=into
    )
    return converted or image


_DECODERS: dict[str, Callable[[bytes], "Image.Image"]] = {
    "TIFF": _tiff,
    "libjpeg-turbo": _libjpeg_turbo,
    "JPEG2000": _jpeg2000,
    "PSD": _psd,
    "TGA": _tga,
    "ICO": _ico,
    "libavif": _libavif,
    "libheif": _libheif,
    "libjxl": _libjxl,
}

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
