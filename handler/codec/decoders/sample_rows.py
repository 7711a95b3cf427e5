"""Plain samples, read by numpy in the service: Netpbm, PFM, FITS, and some DDS."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from handler.codec.costs import DECODING, DecodingCost
from handler.codec.headers.sample_array import TEXT, SampleArray, SampleHeader
from handler.core.geometry import Size
from handler.core.image.alpha import DecodedImage
from handler.core.image.freed_rows import Samples
from handler.errors import ProcessingFailed
from handler.sandbox.tone import Tone, choose_step, choose_tone, to_levels

_DIGITS, _SPACES = b"0123456789", b" \t\r\n\v\f"
_COMMENT = re.compile(rb"#[^\r\n]*")
_TO_SPACES = bytes.maketrans(_SPACES, b" " * len(_SPACES))
# Bytes of a text that are read at a time, and the end of the range of its numbers.
_CHUNK, _MOST = 1 << 20, 1 << 16
_WHITE = 255
# Rows are converted in strips of about so many samples, which stay in the processor's cache.
_STRIP_SAMPLES = 1 << 16
# Percentiles that become black and white in a picture of measures.
_DARKEST, _BRIGHTEST = 0.5, 99.5

Stored = npt.NDArray[Any]
Convert = Callable[[Stored], Samples]


def cost(header: SampleHeader) -> DecodingCost:
    """Return the cost of decoding."""
    samples = header.samples
    found = DECODING["samples"]
    if samples.bands == 1:
        found = replace(found, decoded=1.2, held=1)
    if samples.code == TEXT:
        text = DECODING["samples in text"]
        # The numbers are in memory as a whole.
        decoded = found.decoded + 2 * samples.bands
        return replace(text, decoded=decoded, held=found.held)
    return found.converted() if samples.bands in (2, 4) else found


def decode(header: SampleHeader) -> DecodedImage:
    """Decode a file.

    Returns:
        Picture of mode L, RGBX or RGBA, as stored.

    Raises:
        ProcessingFailed: the samples end early, or are no numbers.
    """
    try:
        return _decode(header.data, header.size, header.samples)
    except (ValueError, MemoryError, OverflowError) as error:
        raise ProcessingFailed("The samples are damaged or incomplete") from error


def _decode(data: bytes, size: Size, samples: SampleArray) -> DecodedImage:
    stored = _read_text(data, size, samples) if samples.code == TEXT else _map(data, size, samples)
    convert = _conversion(stored, samples)
    bands = samples.bands
    shape = (size.height, size.width)
    mode = {1: "L", 2: "RGBA", 3: "RGBX", 4: "RGBA"}[bands]
    result = np.empty(shape if bands == 1 else (*shape, 4), np.uint8)
    for rows in _strips(size, bands):
        part = stored[rows][..., list(samples.order)] if samples.order else stored[rows]
        levels = convert(part)[:, : size.width]
        if bands == 1:
            result[rows] = levels[..., 0]
            continue
        if bands == 2:
            result[rows][..., :3] = levels[..., :1]
        else:
            result[rows][..., :3] = levels[..., :3]
        result[rows][..., 3] = levels[..., -1] if mode == "RGBA" else _WHITE
    return DecodedImage.over(result, mode)


def _strips(size: Size, bands: int) -> Iterator[slice]:
    step = max(1, _STRIP_SAMPLES // max(1, size.width * bands))
    return (slice(top, top + step) for top in range(0, size.height, step))


def _map(data: bytes, size: Size, samples: SampleArray) -> Stored:
    """Return the samples without a copy: array (height, width, bands), upright.

    Pixels with masks have one band, and those of one bit have a byte for eight.
    """
    code = "u1" if samples.code == "bit" else samples.code
    width = samples.row_bytes(size.width) if samples.code == "bit" else size.width
    shape = (size.height, width, samples.stored_bands)
    planes = (shape[2], *shape[:2])
    found = np.frombuffer(data, code, size.height * width * shape[2], samples.start)
    stored: Stored
    stored = np.moveaxis(found.reshape(planes), 0, 2) if samples.planar else found.reshape(shape)
    return stored[::-1] if samples.upwards else stored


def _read_text(data: bytes, size: Size, samples: SampleArray) -> Stored:
    """Return the samples of a text: array (height, width, bands).

    Raises:
        ValueError: the text has other characters, or too few numbers.
    """
    text = data[samples.start :]
    if b"#" in text:
        text = _COMMENT.sub(b"", text)
    if text.translate(None, _DIGITS + _SPACES):
        raise ValueError("characters that are no digits")
    count = size.area * samples.bands
    if samples.digits:
        found = np.frombuffer(text.translate(None, _SPACES), np.uint8, count) & np.uint8(1)
    else:
        found = _numbers(text.translate(_TO_SPACES), count)
    return found.reshape(size.height, size.width, samples.bands)


def _numbers(text: bytes, count: int) -> Stored:
    """Return the first numbers of a text of digits and spaces.

    Raises:
        ValueError: there are fewer, or one has too many digits.
    """
    numbers, found, position = np.empty(count, np.uint16), 0, 0
    while found < count and position < len(text):
        end = min(len(text), position + _CHUNK)
        if end < len(text):
            end = text.rfind(b" ", position, end) + 1
        chunk = text[position:end].strip()
        if end <= position:
            raise ValueError("a number is too long")
        position = end
        if chunk:
            some = np.fromstring(chunk.decode("ascii"), np.int64, sep=" ")[: count - found]
            if not 0 <= int(some.min()) <= int(some.max()) < _MOST:
                raise ValueError("a number is too large")
            numbers[found : found + len(some)] = some
            found += len(some)
    if found < count:
        raise ValueError("too few numbers")
    return numbers


def _conversion(stored: Stored, samples: SampleArray) -> Convert:
    """Return the function that makes levels of 8 bits of some rows."""
    if samples.code == "bit":
        return lambda rows: _bits(rows, inverted=samples.inverted)
    if samples.masks:
        return partial(_masked, samples.masks)
    if samples.meaning == "light":
        tone = _tone(stored)
        return lambda rows: to_levels(rows, tone)
    if samples.meaning == "measure":
        return _measures(stored, samples)
    return partial(_levels, samples.white, inverted=samples.inverted)


def _levels(white: int, rows: Stored, *, inverted: bool) -> Samples:
    if white == _WHITE:
        return rows
    levels = (np.minimum(rows, white).astype(np.uint32) * _WHITE + white // 2) // white
    small = levels.astype(np.uint8)
    return _WHITE - small if inverted else small


def _bits(rows: Stored, *, inverted: bool) -> Samples:
    levels = np.unpackbits(rows[..., 0].astype(np.uint8), axis=1) * np.uint8(_WHITE)
    return (_WHITE - levels if inverted else levels)[..., np.newaxis]


def _masked(masks: Sequence[int], rows: Stored) -> Samples:
    pixels = rows[..., 0].astype(np.uint64)
    bands = []
    for mask in masks:
        shift = (mask & -mask).bit_length() - 1
        most = mask >> shift
        bands.append(((pixels & np.uint64(mask)) >> np.uint64(shift)) * _WHITE // np.uint64(most))
    return np.stack(bands, axis=-1).astype(np.uint8)


def _some(stored: Stored) -> Stored:
    """Return pixels from the whole picture: array (pixels, bands)."""
    step = max(1, round(choose_step(stored.shape[0] * stored.shape[1]) ** 0.5))
    return stored[::step, ::step].reshape(-1, stored.shape[2])


def _tone(stored: Stored) -> Tone:
    return choose_tone(_some(stored))


def _measures(stored: Stored, samples: SampleArray) -> Convert:
    def measured(rows: Stored) -> npt.NDArray[np.float64]:
        with np.errstate(all="ignore"):
            values: npt.NDArray[np.float64]
            values = rows.astype(np.float64) * samples.scale + samples.zero
        if samples.blank is not None:
            values[rows == samples.blank] = np.nan
        return values

    sample = measured(_some(stored))
    sample = sample[np.isfinite(sample)]
    black, white = np.percentile(sample, (_DARKEST, _BRIGHTEST)) if sample.size else (0.0, 1.0)
    width = white - black if white > black else 1.0

    def convert(rows: Stored) -> Samples:
        with np.errstate(all="ignore"):
            shares = (measured(rows) - black) / width
        shares = np.nan_to_num(shares, nan=0, posinf=1, neginf=0).clip(0, 1)
        return np.rint(shares * _WHITE).astype(np.uint8)

    return convert
