"""Colour profiles for colours that a file describes by numbers (ITU-T H.273).

AVIF and HEIC have the numbers in a box `nclx`, PNG in a chunk `cICP`.
"""

import struct
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.float64]

# Number of primaries -> x and y of red, green, blue and white (ITU-T H.273, table 2).
_PRIMARIES = {
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316)),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), (0.3127, 0.3290)),
    6: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), (0.3127, 0.3290)),
    7: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), (0.3127, 0.3290)),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), (0.3127, 0.3290)),
    11: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), (0.314, 0.351)),
    12: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), (0.3127, 0.3290)),
}
_BT709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.3290))
# White of the connection space of ICC profiles, and the Bradford matrix (ICC.1, annex E).
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_ENTRIES = 4096
# Luminance in cd/m² of white in SDR (ITU-R BT.2408), of the top of PQ, and of the displays that HDR
# is usually made for; brighter highlights are white.
_SDR_WHITE, _PQ_PEAK, _HDR_PEAK = 203.0, 10_000.0, 1000.0
# Constants of PQ (SMPTE ST 2084).
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128


def _from_pq(signal: Levels) -> Levels:
    """Return the luminance in cd/m² of a PQ signal."""
    root = signal ** (1 / _M2)
    return _PQ_PEAK * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1)


def _to_pq(luminance: Levels) -> Levels:
    power = (luminance / _PQ_PEAK) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2


def _pq(signal: Levels) -> Levels:
    return _tone_mapped(_from_pq(signal))


def _hlg(signal: Levels) -> Levels:
    """Return the light of a HLG signal (ITU-R BT.2100) on a display of `_HDR_PEAK`, tone-mapped."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return _tone_mapped(_HDR_PEAK * scene**1.2)


def _tone_mapped(luminance: Levels) -> Levels:
    """Map luminance in cd/m² to light from 0 to 1 by the EETF of ITU-R BT.2390 (section 5.4.1).

    Dark and middle tones keep their luminance. A Hermite spline compresses those above the knee, in
    the scale of PQ.
    """
    source, target = (float(_to_pq(np.array(peak))) for peak in (_HDR_PEAK, _SDR_WHITE))
    signal = np.minimum(_to_pq(luminance) / source, 1)
    most = target / source
    knee = 1.5 * most - 0.5
    t = np.maximum(signal - knee, 0) / (1 - knee)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * most
    )
    mapped = np.where(signal < knee, signal, spline)
    return np.minimum(_from_pq(mapped * source) / _SDR_WHITE, 1)


def _srgb(signal: Levels) -> Levels:
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


# Number of the transfer -> function from signal to light, both from 0 to 1. The transfers of
# television are read as sRGB's, as browsers do.
_TRANSFERS: dict[int, Callable[[Levels], Levels]] = {
    4: lambda signal: signal**2.2,
    5: lambda signal: signal**2.8,
    8: lambda signal: signal,
    16: _pq,
    18: _hlg,
}


@cache
def profile_of(primaries: int, transfer: int) -> bytes | None:
    """Return an ICC profile for colours by their numbers, or None if they are those of sRGB.

    HDR (PQ and HLG) becomes SDR by the tone curve of ITU-R BT.2390, which is part of the profile
    and applies to each channel.

    Args:
        primaries: number of the primaries and the white. Unknown numbers are those of sRGB.
        transfer: number of the transfer characteristics, likewise.
    """
    if primaries not in _PRIMARIES and transfer not in _TRANSFERS:
        return None
    curve = _TRANSFERS.get(transfer, _srgb)(np.linspace(0, 1, _ENTRIES))
    colorants = _adapted(_PRIMARIES.get(primaries, _BT709))
    table = np.rint(curve * 65_535).astype(">u2").tobytes()
    tags = {
        b"desc": b"desc" + struct.pack(">4xI", 1) + bytes(79),
        b"wtpt": _xyz(_D50),
        b"rTRC": b"curv" + struct.pack(">4xI", _ENTRIES) + table,
        **{name: _xyz(colorants[:, at]) for at, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
    }
    return _profile(tags)


def _adapted(points: tuple[tuple[float, float], ...]) -> Levels:
    """Return the matrix from linear RGB to XYZ with the white of `_D50`."""
    *corners, white = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in points)
    columns = np.stack(corners, axis=1)
    matrix = columns * np.linalg.solve(columns, white)
    gain = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted: Levels = np.linalg.inv(_BRADFORD) @ (gain[:, np.newaxis] * _BRADFORD) @ matrix
    return adapted


def _xyz(colour: Levels) -> bytes:
    return (
        b"XYZ " + bytes(4) + struct.pack(">3i", *(round(float(each) * 65_536) for each in colour))
    )


def _profile(tags: dict[bytes, bytes]) -> bytes:
    """Return an ICC profile of version 2 for a display, whose three curves are equal."""
    names = [*tags, b"gTRC", b"bTRC"]
    start = 128 + 4 + 12 * len(names)
    places: dict[bytes, tuple[int, int]] = {}
    body = b""
    for name, data in tags.items():
        places[name] = start + len(body), len(data)
        body += data + bytes(-len(data) % 4)
    entries = b"".join(
        struct.pack(">4sII", name, *places.get(name, places[b"rTRC"])) for name in names
    )
    head = struct.pack(
        ">I4xI4s4s4s12x4s28x3i48x",
        start + len(body),
        0x02400000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        b"acsp",
        *(round(float(each) * 65_536) for each in _D50),
    )
    return head + struct.pack(">I", len(names)) + entries + body
