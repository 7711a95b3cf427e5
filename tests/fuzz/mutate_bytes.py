"""Mutations of bytes without knowledge of their structure."""

from collections.abc import Callable
from random import Random
from typing import Literal

from tests.fuzz.containers.fields import Layout

MAX_BYTES = 1 << 18
"""Size at which a mutated file is cut, so that an input takes milliseconds."""

# Numbers that are likely to overflow or to pass a check.
INTERESTING = (
    *(0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 63, 64, 65, 100, 127, 128, 129, 254, 255, 256),
    *(257, 511, 512, 1000, 1023, 1024, 4095, 4096, 4097, 10_000, 16_383, 16_384, 32_767, 32_768),
    *(32_769, 65_534, 65_535, 65_536, 65_537, 100_000, 1 << 20, 1 << 24, (1 << 24) - 1, 1 << 30),
    *((1 << 31) - 1, 1 << 31, (1 << 32) - 2, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, (1 << 64) - 1),
)
Order = Literal["little", "big"]
BYTE_ORDERS: tuple[Order, Order] = ("little", "big")


def place(rng: Random, length: int) -> int:
    """Return an offset; most are near the beginning, where the headers are."""
    return int(length * rng.random() ** rng.choice((1, 3, 6))) if length else 0


def number(rng: Random) -> int:
    """Return a number that is not negative."""
    choice = rng.random()
    if choice < 0.6:
        return rng.choice(INTERESTING)
    return rng.randrange(300) if choice < 0.9 else rng.getrandbits(32)


def noise(rng: Random, most: int = 40) -> bytes:
    """Return some random bytes, or one byte repeated."""
    length = rng.randrange(1, most + 1)
    return rng.randbytes(length) if rng.random() < 0.6 else rng.randbytes(1) * length


def _flip_bit(rng: Random, data: bytes) -> bytes:
    at = place(rng, len(data))
    return data[:at] + bytes((data[at] ^ 1 << rng.randrange(8),)) + data[at + 1 :]


def _set_byte(rng: Random, data: bytes) -> bytes:
    at = place(rng, len(data))
    return data[:at] + rng.randbytes(1) + data[at + 1 :]


def _set_number(rng: Random, data: bytes) -> bytes:
    return write_number(rng, data, place(rng, len(data)), rng.choice((1, 2, 4, 8)))


def write_number(rng: Random, data: bytes, at: int, size: int, order: Order | None = None) -> bytes:
    """Return a copy with a number of ``size`` bytes at an offset."""
    chosen: Order = rng.choice(BYTE_ORDERS) if order is None else order
    value = number(rng)
    if rng.random() < 0.3:
        old = int.from_bytes(data[at : at + size], chosen)
        value = old + rng.choice((-1, 1, -2, 2, -8, 8, old))
    raw = (value & (1 << 8 * size) - 1).to_bytes(size, chosen)
    return data[:at] + raw + data[at + size :]


def _delete(rng: Random, data: bytes) -> bytes:
    at = place(rng, len(data))
    return data[:at] + data[at + rng.randrange(1, 40) :]


def _insert(rng: Random, data: bytes) -> bytes:
    at = place(rng, len(data))
    return data[:at] + noise(rng) + data[at:]


def _overwrite(rng: Random, data: bytes) -> bytes:
    at, new = place(rng, len(data)), noise(rng)
    return data[:at] + new + data[at + len(new) :]


def _repeat(rng: Random, data: bytes) -> bytes:
    at = place(rng, len(data))
    part = data[at : at + rng.randrange(1, 200)]
    return data[:at] + part * rng.randrange(2, 20) + data[at:]


def _cut(rng: Random, data: bytes) -> bytes:
    return data[: place(rng, len(data))] if rng.random() < 0.5 else data[: -rng.randrange(1, 40)]


def _blank(rng: Random, data: bytes) -> bytes:
    at, length = place(rng, len(data)), rng.randrange(1, 1000)
    return data[:at] + bytes(len(data[at : at + length])) + data[at + length :]


_MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (
    *(_flip_bit, _flip_bit, _set_byte, _set_number, _set_number, _delete, _insert, _overwrite),
    *(_repeat, _cut, _blank),
)


def mutate_bytes(rng: Random, data: bytes) -> bytes:
    """Return bytes with one mutation."""
    return rng.choice(_MUTATIONS)(rng, data)[:MAX_BYTES] if data else noise(rng)


def splice(rng: Random, data: bytes, other: bytes) -> bytes:
    """Return the beginning of one file with the end of another."""
    return (data[: place(rng, len(data))] + other[place(rng, len(other)) :])[:MAX_BYTES]


def mutate_field(rng: Random, data: bytes, layout: Layout) -> bytes:
    """Return bytes with another number in a field of their header."""
    at, size = rng.choice(layout.fields)
    return write_number(rng, data, at, size, "big" if layout.order == ">" else "little")
