"""An ICC profile of the Display P3 colour space, written from its definition.

Photos from phones contain a similar one. The layout is ICC.1:2001-04, sections 6.1 to 6.5.
"""

import struct

# Primaries of DCI-P3 with white point D65, adapted to the profile's D50 by the Bradford method.
_COLUMNS = {
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
}
_D50 = (0.96420, 1.0, 0.82491)
_GAMMA = 2.2


def profile() -> bytes:
    """Return the bytes of the profile."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(_GAMMA * 256))
    name = b"Display P3\0"
    tags = {
        b"desc": b"desc" + struct.pack(">4xI", len(name)) + name + bytes(78),
        b"cprt": b"text" + bytes(4) + b"Public domain\0",
        b"wtpt": _xyz(_D50),
        **{tag: _xyz(column) for tag, column in _COLUMNS.items()},
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, value in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    return _header(128 + len(table) + len(body)) + table + body


def _header(length: int) -> bytes:
    start = struct.pack(">I4xI", length, 0x02400000) + b"mntrRGB XYZ "
    created = struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    rest = b"acsp" + bytes(28) + _numbers(_D50)
    return (start + created + rest).ljust(128, b"\0")


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + _numbers(values)


def _numbers(values: tuple[float, float, float]) -> bytes:
    """Return numbers in the format s15Fixed16Number."""
    return struct.pack(">3i", *(round(value * 65536) for value in values))
