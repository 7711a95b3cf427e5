"""Sizes of pictures in H.265 bitstreams (ISO/IEC 23008-2, 7.3.2.2; ISO/IEC 14496-15, 8.3.3)."""

from collections.abc import Iterator

from handler.core.geometry import Size

BLOCK = 64
"""The largest block; encoders fill the last one, and cut the picture."""
# Type of a NAL unit with a sequence parameter set.
_PARAMETERS = 33
# Bytes in front of the arrays of NAL units in a configuration.
_CONFIGURATION = 22
# A parameter set begins with the size; longer ones are only searched up to here, in bytes.
_BEGINNING = 256
# A picture has at most 600 slices (level 6.2), each in a unit, and some units of metadata.
_MAX_UNITS = 1_000
# Numbers of the chroma formats: 4:4:4, and the luma samples of a chroma sample in 4:2:0 and 4:2:2.
_FULL_CHROMA = 3
_CHROMA_UNITS = {1: (2, 2), 2: (2, 1)}
# Parameter sets have numbers from 0 to 15. A file may have them in both places.
_MAX_SETS = 32


def coded_sizes(configuration: memoryview, data: bytes) -> Iterator[Size]:
    """Yield the size of each parameter set in a configuration (`hvcC`) and in coded data.

    A decoder allocates its frame by these, not by the size in the boxes.

    Raises:
        ValueError: a parameter set or the configuration ends early, or there are too many units.
    """
    for coded, _ in _sizes(configuration, data):
        yield coded


def decoded_size(configuration: memoryview) -> Size | None:
    """Return the size of the frames that a decoder returns; None if no parameter set has it.

    Args:
        configuration: payload of a box `hvcC`.

    Raises:
        ValueError: a parameter set or the configuration ends early, or there are too many units.
    """
    return next((decoded for _, decoded in _sizes(configuration, b"")), None)


def _sizes(configuration: memoryview, data: bytes) -> Iterator[tuple[Size, Size]]:
    """Yield the size of each parameter set as coded, and of its frames as a decoder cuts them."""
    if len(configuration) <= _CONFIGURATION:
        raise ValueError("the configuration ends early")
    prefix = (configuration[_CONFIGURATION - 1] & 3) + 1
    arrays = configuration[_CONFIGURATION:]
    units = (*_configured(arrays), *_units(memoryview(data), prefix))
    sets = [unit for unit in units if unit and unit[0] >> 1 & 63 == _PARAMETERS]
    if len(sets) > _MAX_SETS:
        raise ValueError("there are too many parameter sets")
    for unit in sets:
        yield _size(bytes(unit[2:_BEGINNING]))


def _configured(arrays: memoryview) -> Iterator[memoryview]:
    """Yield the NAL units of a configuration."""
    position = 1
    for _ in range(arrays[0]):
        if position + 3 > len(arrays):
            raise ValueError("the configuration ends early")
        count = int.from_bytes(arrays[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            length = int.from_bytes(arrays[position : position + 2], "big")
            if position + 2 + length > len(arrays):
                raise ValueError("the configuration ends early")
            yield arrays[position + 2 : position + 2 + length]
            position += 2 + length


def _units(data: memoryview, prefix: int) -> Iterator[memoryview]:
    """Yield the NAL units of coded data, each behind its length; the last may be cut short."""
    position = 0
    for _ in range(_MAX_UNITS):
        start = position + prefix
        if start > len(data):
            return
        length = int.from_bytes(data[position:start], "big")
        yield data[start : start + length]
        position = start + length
    raise ValueError("there are too many units")


class _Bits:
    """A position in bits, from the first to the last of each byte."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def read(self, count: int) -> int:
        """Return the next number, of so many bits."""
        self._left -= count
        if self._left < 0:
            raise ValueError("a parameter set ends early")
        return self._value >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        """Return the next number in Exp-Golomb code (9.2)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)


def _size(payload: bytes) -> tuple[Size, Size]:
    """Return the sizes in a sequence parameter set, without the header of its NAL unit."""
    # A 3 keeps two zeros from being the start of a unit (7.4.2).
    bits = _Bits(payload.replace(b"\0\0\3", b"\0\0"))
    bits.read(4)
    layers = bits.read(3)
    bits.read(1)
    _skip_levels(bits, layers)
    bits.golomb()
    chroma = bits.golomb()
    if chroma == _FULL_CHROMA:  # its planes may be coded as three pictures
        bits.read(1)
    coded = Size(bits.golomb(), bits.golomb())
    if not bits.read(1):
        return coded, coded
    # The margins have the unit of the chroma samples (7.4.3.2.1).
    left, right, top, bottom = (bits.golomb() for _ in range(4))
    across, down = _CHROMA_UNITS.get(chroma, (1, 1))
    return coded, Size(coded.width - across * (left + right), coded.height - down * (top + bottom))


def _skip_levels(bits: _Bits, layers: int) -> None:
    """Skip profile, tier and level, of all layers but the highest too (7.3.3)."""
    bits.read(96)
    present = [(bits.read(1), bits.read(1)) for _ in range(layers)]
    if layers:
        bits.read(2 * (8 - layers))
    for profile, level in present:
        bits.read(88 * profile + 8 * level)
