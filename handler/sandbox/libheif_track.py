"""The frames of a HEIC sequence, by the functions of libheif that its Python package leaves out."""

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from PIL import Image

# Of libheif's headers heif_image.h and heif_error.h.
_AS_DECODED = 99
_LUMA, _BLUE, _RED, _ALPHA = 0, 1, 2, 6
_END = 13
_PICTURE, _NUMBER = ctypes.c_void_p, ctypes.c_int
# Matrix -> weights of red and blue in the luma (ITU-T H.273, table 4). 2 is
# "unspecified", which is BT.601 in HEIF (ISO/IEC 23000-22, 7.3.6.4).
_WEIGHTS = {
    1: (0.2126, 0.0722),
    2: (0.299, 0.114),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    9: (0.2627, 0.0593),
}
_NO_COLOUR = 128

Matrix = tuple[float, ...]


class _Error(ctypes.Structure):
    """`struct heif_error`."""

    _fields_ = (("code", _NUMBER), ("further", _NUMBER), ("message", ctypes.c_char_p))


class Planes(Struct, frozen=True):
    """The samples of a frame, each of mode L.

    Attributes:
        luma: brightness, or the only samples of a grey frame.
        colours: blue and red differences of any size; empty for a grey frame.
        alpha: transparency, or None.
    """

    luma: Image.Image
    colours: tuple[Image.Image, ...]
    alpha: Image.Image | None

    def convert(self, matrix: Matrix, shown: tuple[int, int]) -> Image.Image:
        """Return the frame as mode RGB or RGBA.

        Args:
            matrix: of `rgb_matrix`.
            shown: width and height. Encoders fill the last blocks on the right and below; not all
                of them say so in the coded data.

        Raises:
            ValueError: the frame is smaller.
        """
        size = self.luma.size
        grey = (Image.new("L", size, _NO_COLOUR),) * 2
        bands = [
            band if band.size == size else band.resize(size, Image.Resampling.BILINEAR)
            for band in self.colours or grey
        ]
        # Pillow multiplies the samples of a picture of this mode only.
        image = Image.merge("RGB", (self.luma, *bands)).convert("RGB", matrix)
        if self.alpha is not None:
            image.putalpha(self.alpha)
        if size == shown:
            return image
        if size[0] < shown[0] or size[1] < shown[1]:
            raise ValueError("the frame is smaller than the size in its box")
        return image.crop((0, 0, *shown))


def rgb_matrix(matrix: int, *, is_full: bool) -> Matrix:
    """Return the matrix from luma and colour differences to RGB, in rows of four numbers.

    Args:
        matrix: number of the coefficients, one of those in the table above.
        is_full: whether the samples use all values from 0 to 255, and not those of television.
    """
    red, blue = _WEIGHTS[matrix]
    green = 1 - red - blue
    luma, colour, black = (1.0, 1.0, 0) if is_full else (255 / 219, 255 / 224, 16)
    of_red, of_blue = 2 * (1 - red) * colour, 2 * (1 - blue) * colour
    rows = (
        (0.0, of_red),
        (-of_blue * blue / green, -of_red * red / green),
        (of_blue, 0.0),
    )
    return tuple(
        number
        for in_blue, in_red in rows
        for number in (luma, in_blue, in_red, -luma * black - _NO_COLOUR * (in_blue + in_red))
    )


class LibheifTracks:
    """The functions of libheif that decode sequences."""

    def __init__(self, extension: str) -> None:
        """Find the functions.

        Args:
            extension: path of a library that is linked with libheif.
        """
        library = ctypes.CDLL(extension)

        def function(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
            found: Callable[..., Any] = getattr(library, f"heif_{name}")
            found.restype, found.argtypes = result, arguments  # type: ignore[attr-defined]  # of ctypes
            return found

        address = ctypes.POINTER(_PICTURE)
        self._new_file = function("context_alloc", _PICTURE)
        self._read = function(
            "context_read_from_memory_without_copy",
            _Error,
            _PICTURE,
            ctypes.c_char_p,
            ctypes.c_size_t,
            _PICTURE,
        )
        self._first_track = function("context_get_track", _PICTURE, _PICTURE, ctypes.c_uint32)
        self._decode = function(
            "track_decode_next_image", _Error, _PICTURE, address, _NUMBER, _NUMBER, _PICTURE
        )
        self._release = function("image_release", None, _PICTURE)
        self._width = function("image_get_width", _NUMBER, _PICTURE, _NUMBER)
        self._height = function("image_get_height", _NUMBER, _PICTURE, _NUMBER)
        self._depth = function("image_get_bits_per_pixel_range", _NUMBER, _PICTURE, _NUMBER)
        self._plane = function(
            "image_get_plane_readonly", _PICTURE, _PICTURE, _NUMBER, ctypes.POINTER(_NUMBER)
        )

    def frames(self, file: bytes) -> Iterator[Planes]:
        """Decode the frames of a file, which has the track of the colours first.

        The process is expected to end afterwards: the file is not closed.

        Raises:
            ValueError: the file or a frame is damaged.
        """
        context = self._new_file()
        _check(self._read(context, file, len(file), None))
        track = self._first_track(context, 0)
        if not track:
            raise ValueError("the file has no track")
        while True:
            picture = _PICTURE()
            error = self._decode(track, ctypes.byref(picture), _AS_DECODED, _AS_DECODED, None)
            if error.code == _END:
                return
            _check(error)
            yield self._planes(picture)
            self._release(picture)

    def _planes(self, picture: Any) -> Planes:
        luma = self._samples(picture, _LUMA)
        colours = [self._samples(picture, channel) for channel in (_BLUE, _RED)]
        if luma is None:
            raise ValueError("a frame has no samples")
        kept = tuple(each for each in colours if each is not None)
        return Planes(luma, kept if len(kept) == len(colours) else (), self._alpha(picture, luma))

    def _alpha(self, picture: Any, luma: Image.Image) -> Image.Image | None:
        alpha = self._samples(picture, _ALPHA)
        if alpha is not None and alpha.size != luma.size:
            raise ValueError("the alpha channel has another size")
        return alpha

    def _samples(self, picture: Any, channel: int) -> Image.Image | None:
        """Return a copy of the samples of a channel, reduced to 8 bits; None if it has none."""
        stride = _NUMBER()
        start = self._plane(picture, channel, ctypes.byref(stride))
        if not start:
            return None
        width, height = self._width(picture, channel), self._height(picture, channel)
        depth = self._depth(picture, channel)
        memory = (ctypes.c_char * (stride.value * height)).from_address(start)
        rows = np.frombuffer(memory, np.uint8).reshape(height, stride.value)
        if depth <= 8:
            return Image.fromarray(rows[:, :width])
        deep = rows[:, : 2 * width].view(np.uint16)
        return Image.fromarray((deep >> depth - 8).astype(np.uint8))


def _check(error: _Error) -> None:
    if error.code:
        raise ValueError(f"libheif's error {error.code}")
