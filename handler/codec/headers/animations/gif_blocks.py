"""Reader of the frames of a GIF, from its blocks (GIF89a specification, sections 12 to 26)."""

import struct

from handler.codec.headers.animations.timeline import (
    Disposal,
    FramePart,
    Timeline,
    TooManyFrames,
)
from handler.core.geometry import Box, Size

_SCREEN_BYTES, _SCREEN_FLAGS = 13, 10
_EXTENSION, _FRAME = 0x21, 0x2C
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_HAS_TABLE, _TABLE_SIZE = 0x80, 0x07
# Applications whose block has the number of repetitions; browsers know both.
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_LOOP_BLOCK = 1
_FRAME_HEADER = struct.Struct("<HHHHB")
_CONTROL = struct.Struct("<BHB")
_HAS_TRANSPARENCY = 0x01
_DISPOSALS: dict[int, Disposal] = {2: "clear", 3: "restore"}
_CENTISECOND = 10
_END = b";"
# 250 MB of pixels and comments.
_MAX_SUB_BLOCKS = 1_000_000
# A frame has a few extensions, each of which is read on its own.
_MAX_EXTENSIONS = 10_000


class _Blocks:
    """A position in the blocks of a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self._left = _MAX_SUB_BLOCKS

    def skip(self) -> None:
        """Move behind the sub-blocks at the position, or to the end of the file."""
        data, length = self.data, len(self.data)
        while self.position < length:
            size = data[self.position]
            self.position += 1 + size
            self._left -= 1
            if not size or self._left < 0:
                break
        self.position = min(self.position, length)
        if self._left < 0:
            self.position = length


def read_frames(data: bytes, canvas: Size, most: int) -> Timeline:
    """Read all frames of a file. Those after damaged or too many blocks are left out.

    Args:
        data: the whole file, whose first frame has been read before.
        canvas: size of the canvas, in pixels.
        most: number of frames that are read.

    Raises:
        TooManyFrames: there are more.
    """
    blocks = _Blocks(data)
    table = _table(data, _SCREEN_BYTES, data[_SCREEN_FLAGS])
    blocks.position = _SCREEN_BYTES + len(table)
    parts: list[FramePart] = []
    plays, control, extensions = 1, b"", 0
    try:
        while blocks.position < len(data) and extensions < _MAX_EXTENSIONS:
            kind, start = data[blocks.position], blocks.position
            if kind == _EXTENSION:
                extensions += 1
                blocks.position += 2
                blocks.skip()
                block = data[start : blocks.position]
                if block[1] == _GRAPHIC_CONTROL and block[2] == _CONTROL.size:
                    control = block
                elif block[1] == _APPLICATION:
                    plays = _plays(block, plays)
            elif kind == _FRAME:
                if len(parts) == most:
                    raise TooManyFrames
                part = _read_frame(blocks, table, control)
                if part is not None:
                    parts.append(part)
                control = b""
            else:
                break
    except (IndexError, struct.error):  # the file ends early
        pass
    return Timeline(canvas, parts, plays)


def _table(data: bytes, position: int, flags: int) -> bytes:
    """Return the colour table at a position, if there is one."""
    length = 3 << (flags & _TABLE_SIZE) + 1 if flags & _HAS_TABLE else 0
    return data[position : position + length]


def _plays(block: bytes, known: int) -> int:
    """Return the number of plays by an application block."""
    name, rest = block[3 : 3 + 11], block[14:]
    if name not in _LOOPS or len(rest) < 4 or rest[0] < 3 or rest[1] != _LOOP_BLOCK:
        return known
    (repetitions,) = struct.unpack_from("<H", rest, 2)
    # Browsers show the animation once, and then repeat it so many times.
    return repetitions + 1 if repetitions else 0


def _read_frame(blocks: _Blocks, table: bytes, control: bytes) -> FramePart | None:
    """Read the frame at the position; None for one without pixels."""
    data, start = blocks.data, blocks.position + 1
    left, top, width, height, flags = _FRAME_HEADER.unpack_from(data, start)
    pixels = start + _FRAME_HEADER.size
    own = _table(data, pixels, flags)
    pixels += len(own)
    blocks.position = pixels + 1  # behind the size of the first code
    blocks.skip()
    if not width or not height or pixels >= len(data):
        return None
    control_flags, delay, index = _CONTROL.unpack_from(control, 3) if control else (0, 0, 0)
    still = _still(
        Size(width, height),
        own or table,
        flags,
        index if control_flags & _HAS_TRANSPARENCY else None,
        data[pixels : blocks.position],
    )
    return FramePart(
        Box(left, top, width, height),
        delay * _CENTISECOND,
        still,
        disposal=_DISPOSALS.get(control_flags >> 2 & 7, "keep"),
    )


def _still(size: Size, table: bytes, flags: int, transparent: int | None, pixels: bytes) -> bytes:
    """Return a GIF of one frame that fills its screen."""
    depth = max(1, (len(table) // 3).bit_length() - 1)
    screen_flags = _HAS_TABLE | depth - 1 if table else 0
    screen = struct.pack("<6sHHBBB", b"GIF89a", size.width, size.height, screen_flags, 0, 0)
    control = b""
    if transparent is not None:
        control = struct.pack("<BBBBHBB", _EXTENSION, _GRAPHIC_CONTROL, 4, 1, 0, transparent, 0)
    # The frame keeps its interlacing, and has the table of the screen.
    kept = flags & ~(_HAS_TABLE | _TABLE_SIZE)
    frame = struct.pack("<BHHHHB", _FRAME, 0, 0, size.width, size.height, kept)
    return b"".join((screen, table, control, frame, pixels, _END))
