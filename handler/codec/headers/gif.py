"""Reader of GIF headers: the screen and its first frame."""

import struct
from collections.abc import Iterator
from functools import partial

from handler.codec.headers.header import ANIMATED, ImageHeader
from handler.core.geometry import Box, Size
from handler.errors import InvalidImage

_SCREEN_BYTES = 13
_HAS_TABLE = 0x80
_EXTENSION, _FRAME = 0x21, 0x2C
_GRAPHIC_CONTROL = 0xF9
_END = b";"
# Bits for clearing the screen before the second frame, which is not read.
_DISPOSAL = 0b00011100
# Sub-blocks of 255 bytes: 2.5 MB of comments and XMP before the first frame.
_MAX_BLOCKS = 10_000
# The pixels of a frame of 250 MB. After a longer one, no further frame is looked for.
_MAX_PIXEL_BLOCKS = 1_000_000
_FRAME_BYTES = 10
# Pixels of a byte at most: a code of 12 bits encodes up to 3,838.
_MAX_EXPANSION = 2560
# A small frame may be on a large screen. Screens of up to this many pixels cost next to nothing.
_SMALL_SCREEN = 1024 * 1024


def read(data: bytes) -> ImageHeader:
    """Find the first frame; of the blocks before it, only transparency is kept.

    Raises:
        InvalidImage: there is no frame, or the way to it is damaged.
    """
    return _read_frame(data, 0)


def _read_frame(data: bytes, start: int) -> ImageHeader:
    """Find the first frame after a position, 0 for the start of the file; see `read`."""
    try:
        screen_end = _SCREEN_BYTES + _table_bytes(data[10])
        control, frame = _find_frame(data, max(start, screen_end))
        width, height = struct.unpack_from("<HH", data, 6)
        left, top, across, down = struct.unpack_from("<HHHH", data, frame + 1)
    except (IndexError, struct.error) as error:
        raise InvalidImage("the GIF header is damaged") from error
    end = _frame_end(data, frame)
    size = Size(max(width, left + across), max(height, top + down))  # as Pillow computes it
    covers_all = (across, down) == (size.width, size.height)
    animated = _has_frame(data, end)
    return ImageHeader(
        data[:screen_end] + control + data[frame:end] + _END,
        size,
        max(_SMALL_SCREEN, len(data) * _MAX_EXPANSION),
        warning=ANIMATED if animated else None,
        frame=None if covers_all else Box(left, top, across, down),
        later_frames=partial(_later_frames, data, end) if animated else None,
    )


def _later_frames(data: bytes, start: int) -> Iterator[ImageHeader]:
    try:
        header = _read_frame(data, start)
    except InvalidImage:  # the first frame may be whole
        return
    yield header
    if header.later_frames is not None:
        yield from header.later_frames()


def _frame_end(data: bytes, frame: int) -> int:
    """Return the position after the frame's pixels, or the end of the file."""
    try:
        position = frame + _FRAME_BYTES + _table_bytes(data[frame + _FRAME_BYTES - 1]) + 1
        for _ in range(_MAX_PIXEL_BLOCKS):
            size = data[position]
            position += 1 + size
            if not size:
                return position
    except IndexError:
        pass
    return len(data)


def _has_frame(data: bytes, position: int) -> bool:
    try:
        _find_frame(data, position)
    except (IndexError, InvalidImage):
        return False
    return True


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & _HAS_TABLE else 0


def _find_frame(data: bytes, position: int) -> tuple[bytes, int]:
    """Return the last graphic control block before the first frame, and the frame's position."""
    control = b""
    blocks = 0
    while data[position] == _EXTENSION:
        start, label = position, data[position + 1]
        position += 2
        blocks += 1
        while size := data[position]:
            position += 1 + size
            blocks += 1
        position += 1
        if blocks > _MAX_BLOCKS:
            raise InvalidImage(
                f"GIF: expected a frame within {_MAX_BLOCKS:,} blocks, received none"
            )
        if label == _GRAPHIC_CONTROL and data[start + 2] == 4:
            flags = data[start + 3] & ~_DISPOSAL
            control = data[start : start + 3] + bytes([flags]) + data[start + 4 : start + 7] + b"\0"
    if data[position] != _FRAME:
        raise InvalidImage("the GIF has no frame")
    return control, position
