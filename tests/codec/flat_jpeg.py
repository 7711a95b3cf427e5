"""JPEGs of blocks of one colour each, with any subsampling; encoders support only a few.

ITU-T T.81, baseline: each block consists of its mean, so its pixels are known.
"""

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.int_]
Sampling = Sequence[tuple[int, int]]

_BLOCK = 8
# With this quantisation step the first coefficient is the block's mean.
_STEP = 8
# Lengths of the codes for the bits of a difference of means, 0 to 11 (T.81, table K.3).
_DC_LENGTHS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
# One code of one bit, as there are no other coefficients.
_AC_LENGTHS = (1,) + (0,) * 15


def flat_jpeg(levels: Sequence[Levels], sampling: Sampling) -> bytes:
    """Return a file.

    Args:
        levels: means of the blocks of each component, arrays (rows, columns), -128 to 127, for a
            whole number of MCUs.
        sampling: horizontal and vertical sampling factor of each component.
    """
    across, down = (max(factors) for factors in zip(*sampling, strict=True))
    rows, columns = levels[0].shape[0] // sampling[0][1], levels[0].shape[1] // sampling[0][0]
    size = rows * down * _BLOCK, columns * across * _BLOCK
    parts = [bytes([n, h << 4 | v, 0]) for n, (h, v) in enumerate(sampling)]
    frame = struct.pack(">BHHB", 8, *size, len(sampling)) + b"".join(parts)
    scan = bytes([len(sampling)]) + b"".join(bytes([n, 0]) for n in range(len(sampling)))
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, b"\0" + bytes([_STEP]) * _BLOCK**2),
            _segment(0xC0, frame),
            _segment(0xC4, b"\0" + bytes(_DC_LENGTHS) + bytes(range(sum(_DC_LENGTHS)))),
            _segment(0xC4, b"\x10" + bytes(_AC_LENGTHS) + b"\0"),
            _segment(0xDA, scan + b"\0\x3f\0"),
            _coded(levels, sampling, rows, columns),
            b"\xff\xd9",
        )
    )


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _coded(levels: Sequence[Levels], sampling: Sampling, rows: int, columns: int) -> bytes:
    codes, last, bits = _codes(), [0] * len(sampling), []
    for row, column in np.ndindex(rows, columns):
        for component, (h, v) in enumerate(sampling):
            for y, x in np.ndindex(v, h):
                mean = int(levels[component][row * v + y, column * h + x])
                bits.append(_difference(codes, mean - last[component]) + "0")
                last[component] = mean
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")


def _codes() -> list[str]:
    codes, code = [], 0
    for length, count in enumerate(_DC_LENGTHS, 1):
        for _ in range(count):
            codes.append(f"{code:0{length}b}")
            code += 1
        code <<= 1
    return codes


def _difference(codes: list[str], value: int) -> str:
    length = abs(value).bit_length()
    if not length:
        return codes[0]
    return codes[length] + f"{value if value > 0 else value + (1 << length) - 1:0{length}b}"
