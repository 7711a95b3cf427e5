"""Reader of JPEG headers: the marker segments before the pixels, and the number of scans."""

import re
import struct
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from handler.codec.headers.header import DATA_ERRORS, ImageHeader, read_exif_orientation
from handler.core.geometry import Size
from handler.errors import InvalidImage

# A marker of a segment or of the end, as opposed to a stuffed 0xFF in the pixels or a restart.
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
_END, _SCAN = 0xD9, 0xDA
_EXIF, _PROFILE, _ADOBE = (0xE1, b"Exif\0\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe")
# Marker of a frame header -> the least bits of a block of 8x8 samples: one for the first
# coefficient, and in a sequential file another for the end of the block; in a lossless file one a
# sample.
_LOSSLESS = 0xC3
# Codings that allow one scan for all components.
_SEQUENTIAL = (0xC0, 0xC1)
_FRAMES = {0xC0: 2, 0xC1: 2, 0xC2: 1, _LOSSLESS: 64, 0xC9: 1, 0xCA: 1}
# Codings that libraries no longer decode (ITU-T T.81, table B.1).
_REJECTED = dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "hierarchical")
_REJECTED[0xCB] = "lossless arithmetic"
_FRAME_MARKERS = {*_FRAMES, *_REJECTED}
_COMPONENTS = (1, 3, 4)
_DEPTH = 8
_BLOCK = 8
# Bytes before the first segment, and those that may fill the space before a marker.
_START, _FILL = 2, b"\xff"
# More than 100 MB of profiles and previews, which are in segments of 64 KiB.
_MAX_SEGMENTS = 2_000
# Every scan of a progressive file costs a pass over all its blocks, and may be a few bytes.
# Encoders write about ten.
_MAX_SCANS = 100
# A regular expression finds it three times as fast as `bytes.count`.
_SCAN_MARKER = re.compile(bytes((0xFF, _SCAN)))


class JpegHeader(ImageHeader, frozen=True, kw_only=True):
    """The header of a JPEG.

    A damaged profile and bytes between segments are removed from its data.

    Attributes:
        components: samples per pixel: 1, 3 or 4.
        adobe: whether the file has Adobe's marker.
        lossless: whether the coding is lossless, which cannot be scaled while decoding.
        several_scans: whether the pixels are in several scans, so that the decoder keeps the
            coefficients of the whole picture.
    """

    components: int
    adobe: bool
    lossless: bool
    several_scans: bool


class _Part(Struct, frozen=True):
    """A part of the profile: its number from 1, their total, its bytes, its place in the file."""

    number: int
    total: int
    payload: bytes
    place: slice


def read(data: bytes) -> JpegHeader:
    """Walk the segments up to the pixels.

    Raises:
        InvalidImage: a segment is damaged, there are too many segments or scans, or the coding is
            not supported.
    """
    exif: bytes | None = None
    parts: list[_Part] = []
    stray: list[slice] = []
    position = _START
    adobe = lossless = scanned = one_scan = False
    most_pixels = components = 0
    size = Size(0, 0)
    all_components: bytes | None = None
    for marker, payload, place in _walk(data):
        if data[position : place.start].strip(_FILL):
            stray.append(slice(position, place.start))
        position = place.stop
        if marker == _SCAN:
            scanned, one_scan = True, payload[:1] == all_components
            break
        if marker in _FRAME_MARKERS and not most_pixels:
            lossless = marker == _LOSSLESS
            all_components = payload[5:6] if marker in _SEQUENTIAL else None
            size, components = _read_frame(marker, payload)
            most_pixels = _most_pixels(payload, len(data) * 8 // _FRAMES[marker])
        elif _is(_EXIF, marker, payload):
            exif = exif or payload
        elif _is(_PROFILE, marker, payload):
            parts.append(_Part(payload[12], payload[13], payload[14:], place))
        elif _is(_ADOBE, marker, payload):
            adobe = True
    if not (components and scanned):
        raise InvalidImage("the JPEG header is damaged")
    # libjpeg rejects a second scan after one for all components, so the pixels need no search.
    if not one_scan:
        _check_scans(data)
    profile = _joined(parts)
    removed = stray if profile or not parts else stray + [part.place for part in parts]
    return JpegHeader(
        _without(data, removed) if removed else data,
        size,
        most_pixels,
        read_exif_orientation(exif),
        profile,
        warning=DATA_ERRORS.format("JPEG") if stray else None,
        components=components,
        adobe=adobe,
        lossless=lossless,
        several_scans=not one_scan,
    )


def last_scan(data: bytes, components: int) -> tuple[int, bool]:
    """Return the position of the pixels of the last scan, and whether no further scan is missing.

    Args:
        data: a file with one scan at least.
        components: samples of a pixel.
    """
    start = 0
    # (component, coefficient) -> number of low bits that are left to later scans.
    left: dict[tuple[int, int], int] = {}
    for marker, payload, place in _walk(data):
        if marker == _SCAN and len(payload) >= 1 + 2 * payload[0] + 3:
            start = place.stop
            first, last, bits = payload[1 + 2 * payload[0] :][:3]
            for component in payload[1 : 1 + 2 * payload[0] : 2]:
                for coefficient in range(first, min(last, _BLOCK**2 - 1) + 1):
                    left[component, coefficient] = bits & 15
    return start, len(left) == components * _BLOCK**2 and not any(left.values())


def _is(kind: tuple[int, bytes], marker: int, payload: bytes) -> bool:
    return marker == kind[0] and payload.startswith(kind[1]) and len(payload) > len(kind[1]) + 1


def _walk(data: bytes) -> Iterator[tuple[int, bytes, slice]]:
    """Yield marker, payload and place of each segment; pixels are skipped."""
    position = _START
    for _ in range(_MAX_SEGMENTS):
        found = _MARKER.search(data, position)
        if found is None or data[found.end() - 1] == _END:
            return
        try:
            (length,) = struct.unpack_from(">H", data, found.end())
        except struct.error as error:
            raise InvalidImage("the JPEG header is damaged") from error
        position = found.end() + max(2, length)
        place = slice(found.start(), position)
        yield data[found.end() - 1], data[found.end() + 2 : position], place
    raise InvalidImage(f"JPEG segments: expected at most {_MAX_SEGMENTS:,}, received more")


def _check_scans(data: bytes) -> None:
    # Few markers, even if some of them are in comments, need no walk.
    if sum(1 for _ in islice(_SCAN_MARKER.finditer(data), _MAX_SCANS + 1)) <= _MAX_SCANS:
        return
    if sum(marker == _SCAN for marker, *_ in _walk(data)) > _MAX_SCANS:
        raise InvalidImage(f"JPEG scans: expected at most {_MAX_SCANS}, received more")


def _read_frame(marker: int, frame: bytes) -> tuple[Size, int]:
    """Return the size and the number of components."""
    if marker in _REJECTED:
        raise InvalidImage(
            "JPEG coding: expected baseline, extended sequential, progressive or lossless, "
            f"received {_REJECTED[marker]}"
        )
    try:
        depth, height, width, components = struct.unpack_from(">BHHB", frame)
    except struct.error as error:
        raise InvalidImage("the JPEG header is damaged") from error
    if len(frame) < 6 + 3 * components:
        raise InvalidImage("the JPEG header is damaged")
    if depth != _DEPTH:
        raise InvalidImage(f"JPEG samples: expected 8 bits, received {depth}")
    if components not in _COMPONENTS:
        raise InvalidImage(f"JPEG components: expected 1, 3 or 4, received {components}")
    return Size(width, height), components


def _most_pixels(frame: bytes, blocks: int) -> int:
    """Return the pixels of that many blocks, by the frame header's sampling factors."""
    factors = frame[7::3]
    if len(frame) < 9 or not all(factor >> 4 and factor & 15 for factor in factors):
        raise InvalidImage("the JPEG header is damaged")
    across, down = max(f >> 4 for f in factors), max(f & 15 for f in factors)
    # Blocks of all components that cover the same rectangle of the picture.
    unit = sum((f >> 4) * (f & 15) for f in factors)
    return blocks * across * down * _BLOCK**2 // unit


def _joined(parts: list[_Part]) -> bytes | None:
    """Return the profile, or None if a part is missing or repeated."""
    ordered = sorted(parts, key=lambda part: part.number)
    whole = [(number, len(parts)) for number in range(1, len(parts) + 1)]
    if not parts or [(part.number, part.total) for part in ordered] != whole:
        return None
    return b"".join(part.payload for part in ordered)


def _without(data: bytes, places: list[slice]) -> bytes:
    """Return the file without some places; libjpeg-turbo rejects a damaged profile, for example."""
    kept, position = [], 0
    for place in sorted(places, key=lambda each: each.start):
        kept.append(data[position : place.start])
        position = place.stop
    return b"".join((*kept, data[position:]))
