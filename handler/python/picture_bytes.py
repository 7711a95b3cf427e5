"""The pictures that the Python interface accepts, as the bytes of files."""

import io
import os
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Source = (
    bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO | Image.Image | NDArray[Any]
)
"""A picture: a file by its bytes, path or file object, a PIL image, or a NumPy array."""

_ORIENTATION = 0x0112
# Bands of an array -> modes of Pillow that have them.
_BANDS = {2: "LA", 3: "RGB", 4: "RGBA"}
# Modes that PNG has. Their pixels are passed on unchanged.
_IN_PNG = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
_CONVERTED = {
    **{"I;16B": "I;16", "I;16L": "I;16", "I;16N": "I;16"},
    **{"La": "LA", "PA": "RGBA", "RGBa": "RGBA"},
    **dict.fromkeys(("HSV", "RGBX", "YCbCr"), "RGB"),
}


def read(source: Source) -> tuple[bytes, str | None]:
    """Return the bytes of a picture's file, and its name if it has one.

    Args:
        source: a file by its bytes, path or binary file object; a PIL image, with its colour
            profile and EXIF orientation; or an array of the shape (height, width) or (height,
            width, bands): grey, grey and alpha, RGB or RGBA, uint8 or, for grey, uint16.

    Raises:
        TypeError: the source is of another type, or the array has another shape or dtype.
        ValueError: the picture has no pixels, or is of a mode that is not accepted.
        OSError: the file cannot be read.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), None
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return file.read(), os.fspath(source)
    if isinstance(source, Image.Image):
        name = getattr(source, "filename", None)
        return _file_of(source), name if isinstance(name, str) and name else None
    if isinstance(source, np.ndarray):
        return _file_of(_image_of(source)), None
    if hasattr(source, "read"):
        return _from_stream(source)
    raise TypeError(
        "source: expected bytes, a path, a binary file object, a PIL image or a NumPy array, "
        f"received {type(source).__name__}"
    )


def _from_stream(stream: BinaryIO) -> tuple[bytes, str | None]:
    data = stream.read()
    if not isinstance(data, bytes):
        raise TypeError(
            f"source: expected a file that is open in binary mode, received one whose read() "
            f"returns {type(data).__name__}"
        )
    name = getattr(stream, "name", None)
    return data, name if isinstance(name, str) else None


def _image_of(array: NDArray[Any]) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    is_grey = array.ndim == 2
    if not (is_grey or (array.ndim == 3 and array.shape[2] in _BANDS)):
        raise TypeError(
            "source: expected an array of the shape (height, width) or (height, width, bands) with "
            f"1 to 4 bands, received {array.shape}"
        )
    # Pillow reads native samples in rows.
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    if array.dtype != np.uint8 and not (is_grey and array.dtype == np.uint16):
        raise TypeError(
            "source: expected an array of uint8, or of uint16 with one band, received "
            f"{array.dtype} with {array.shape[2] if array.ndim == 3 else 1}"
        )
    if array.size == 0:
        raise ValueError(f"source: expected at least one pixel, received {array.shape}")
    return Image.fromarray(array)


def _file_of(image: Image.Image) -> bytes:
    """Return a PIL image as a file without loss, with its colour profile and orientation."""
    if image.width == 0 or image.height == 0:
        raise ValueError(f"source: expected at least one pixel, received {image.size}")
    mode = _CONVERTED.get(image.mode, image.mode)
    name = "TIFF" if mode == "CMYK" else "PNG"
    if mode not in (*_IN_PNG, "CMYK"):
        raise ValueError(
            f"source: expected an image of mode {', '.join((*_IN_PNG, 'CMYK'))}, received {mode}"
        )
    options: dict[str, object] = {"exif": _orientation_of(image)}
    if profile := image.info.get("icc_profile"):
        options["icc_profile"] = profile
    if name == "PNG":
        options["compress_level"] = 0  # it is decoded at once
    target = io.BytesIO()
    converted = image if mode == image.mode else image.convert(mode)
    converted.save(target, name, **options)
    return target.getvalue()


def _orientation_of(image: Image.Image) -> Image.Exif:
    exif = Image.Exif()
    exif[_ORIENTATION] = image.getexif().get(_ORIENTATION, 1)
    return exif
