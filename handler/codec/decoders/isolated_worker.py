"""Program of the worker process, which decodes one file for `isolated`; it is never imported.

A hostile file may take control of this process. Its memory, CPU time and files are limited before
it reads a byte; it receives nothing but the file, and returns nothing but pixels. It starts with
every file, and so imports only the decoder that it needs.

Arguments: the decoder, bytes of memory, seconds of CPU time; then the folders to import from. The
file is read from standard input. Standard output receives a line of JSON,
`{"mode", "width", "height"}`, and the pixels, row by row. If decoding fails, the output is empty or
incomplete, and the exit status is not 0.
"""

import io
import resource
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageFile


def main(decoder: str, memory: int, cpu_seconds: int, path: list[str]) -> None:
    """Read a file, decode it and write its pixels."""
    _confine(memory, cpu_seconds)
    sys.path[:] = path
    image = _DECODERS[decoder](sys.stdin.buffer.read())
    # Pillow keeps RGB in four bytes a pixel. In this form the reader need not convert it.
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
        except (ValueError, OSError):  # macOS has no limit on memory
            continue
    if sys.platform == "linux":
        import ctypes

        # PR_SET_PDEATHSIG (1), SIGKILL (9): this process ends with its parent.
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)


def _loaded(image: "ImageFile.ImageFile") -> "Image.Image":
    """Decode an opened file to a mode whose rows are plain bytes, without a palette."""
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

    # libjxl derives the profile from the header, so only the decoder has it.
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
