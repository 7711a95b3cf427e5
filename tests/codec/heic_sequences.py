"""HEIC sequences, written by functions of libheif that pillow-heif leaves out.

pillow-heif has the encoder, and is only installed for tests.
"""

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from PIL import Image

from tests.codec.animations import SCENES, Frames

_ADDRESS, _NUMBER, _COUNT = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32
# Of libheif's headers heif_context.h, heif_image.h and heif_sequences.h.
_HEVC, _RGB, _INTERLEAVED, _ALL = 1, 1, 10, 2
_CHROMA = {"RGB": 10, "RGBA": 11}
_PICTURES = 0x70696374
_MILLISECONDS = 1000


class _Error(ctypes.Structure):
    _fields_ = (("code", _NUMBER), ("further", _NUMBER), ("message", ctypes.c_char_p))


class _Conversion(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_uint8),
        ("downsampling", _NUMBER),
        ("upsampling", _NUMBER),
        ("only_preferred", ctypes.c_uint8),
    )


class _Options(ctypes.Structure):
    """The beginning of `struct heif_sequence_encoding_options`."""

    _fields_ = (
        ("version", ctypes.c_uint8),
        ("profile", _ADDRESS),
        ("conversion", _Conversion),
        ("order", _NUMBER),
    )


@cache
def _library() -> ctypes.CDLL:
    import _pillow_heif

    return ctypes.CDLL(_pillow_heif.__file__)


def _function(name: str, result: Any, *types: Any) -> Callable[..., Any]:
    found: Any = _library()[f"heif_{name}"]
    found.restype, found.argtypes = result, types
    return lambda *arguments: _checked(found(*arguments))


def _checked(result: Any) -> Any:
    if isinstance(result, _Error) and result.code:
        raise ValueError(result.message)
    return result


def heic_sequence(
    frames: Frames,
    times: Sequence[int],
    plays: int | None = None,
    *,
    quality: int = 95,
    reorders: bool = False,
) -> bytes:
    """Return frames as a HEIC sequence.

    Args:
        frames: of one size and mode, RGB or RGBA.
        times: milliseconds of each.
        plays: number of plays, 0 for without end; None for a file without it.
        quality: 1 to 100.
        reorders: whether frames may be decoded in another order than they are shown in.
    """
    file = _function("context_alloc", _ADDRESS)()
    _function("context_set_sequence_timescale", None, _ADDRESS, _COUNT)(file, _MILLISECONDS)
    if plays is not None:
        _function("context_set_number_of_sequence_repetitions", None, _ADDRESS, _COUNT)(file, plays)
    encoder, track = _ADDRESS(), _ADDRESS()
    to_address = ctypes.POINTER(_ADDRESS)
    encoders = ("context_get_encoder_for_format", _Error, _ADDRESS, _NUMBER, to_address)
    _function(*encoders)(file, _HEVC, ctypes.byref(encoder))
    _function("encoder_set_lossy_quality", _Error, _ADDRESS, _NUMBER)(encoder, quality)
    of_track = _function("track_options_alloc", _ADDRESS)()
    _function("track_options_set_timescale", None, _ADDRESS, _COUNT)(of_track, _MILLISECONDS)
    options = _function("sequence_encoding_options_alloc", ctypes.POINTER(_Options))()
    if reorders:
        options.contents.order = _ALL
    side = ctypes.c_uint16
    added = (_ADDRESS, side, side, _COUNT, _ADDRESS, ctypes.POINTER(_Options), to_address)
    width, height = frames[0].size
    _function("context_add_visual_sequence_track", _Error, *added)(
        file, width, height, _PICTURES, of_track, options, ctypes.byref(track)
    )
    encoded = (_ADDRESS, _ADDRESS, _ADDRESS, ctypes.POINTER(_Options))
    for frame, milliseconds in zip(frames, times, strict=True):
        picture = _picture(frame)
        _function("image_set_duration", None, _ADDRESS, _COUNT)(picture, milliseconds)
        _function("track_encode_sequence_image", _Error, *encoded)(track, picture, encoder, options)
        _function("image_release", None, _ADDRESS)(picture)
    _function("track_encode_end_of_sequence", _Error, _ADDRESS, _ADDRESS)(track, encoder)
    return _written(file)


def _picture(frame: Image.Image) -> Any:
    picture, stride = _ADDRESS(), _NUMBER()
    sides = (_NUMBER, _NUMBER)
    made = (*sides, _NUMBER, _NUMBER, ctypes.POINTER(_ADDRESS))
    chroma = _CHROMA[frame.mode]
    _function("image_create", _Error, *made)(*frame.size, _RGB, chroma, ctypes.byref(picture))
    plane = (_ADDRESS, _NUMBER, *sides, _NUMBER)
    _function("image_add_plane", _Error, *plane)(picture, _INTERLEAVED, *frame.size, 8)
    found = ("image_get_plane", _ADDRESS, _ADDRESS, _NUMBER, ctypes.POINTER(_NUMBER))
    start = _function(*found)(picture, _INTERLEAVED, ctypes.byref(stride))
    for index, row in enumerate(np.asarray(frame)):
        ctypes.memmove(start + index * stride.value, row.tobytes(), row.size)
    return picture


def _written(file: Any) -> bytes:
    with NamedTemporaryFile(suffix=".heic") as target:
        name = target.name.encode()
        _function("context_write_to_file", _Error, _ADDRESS, ctypes.c_char_p)(file, name)
        _function("context_free", None, _ADDRESS)(file)
        return Path(target.name).read_bytes()


@cache
def heic_scene(scene: str) -> bytes:
    """Return a scene of `tests.codec.animations.SCENES` as a HEIC sequence."""
    make, times, plays = SCENES[scene]
    return heic_sequence(make(), times, plays)
