"""Pixels in memory that a worker process shares with the service.

The first page holds a description in JSON, the pixels follow. For the modes of `PLAIN_MODES` they
have the form that Pillow itself uses, so that Pillow decodes straight into this memory, and the
service uses it without a copy.
"""

import json
import mmap
from contextlib import suppress
from typing import Any, NamedTuple

from msgspec import Struct
from PIL import Image

from handler.sandbox.kept_memory import MOST_BYTES, KeptMap

HEADER_BYTES = 4096
# Mode -> bytes of a pixel in Pillow's memory, without a gap between rows.
PLAIN_MODES = {"L": 1, "P": 1, "I;16": 2, "RGB": 4, "RGBX": 4, "RGBA": 4, "CMYK": 4}
# Mode -> bits of a pixel when it is packed.
_PACKED_MODES = {"1": 1, "LA": 16, "I;16B": 16, "I;16L": 16, "YCbCr": 24, "LAB": 24, "HSV": 24}
_PACKED_MODES |= {"La": 16, "RGBa": 32}
BYTES_PER_PIXEL = 4
# With a page that is read, Linux maps all pages of such an area that exist, as those of kept memory
# do. A write maps only its own page.
_MAPPED_AT_ONCE = 16 * 4096
# Key of `Image.info` by which a decoder states that it ignored errors.
DAMAGED_KEY = "damaged"


class ReceivedImage(NamedTuple):
    """A picture that a worker process has written.

    Attributes:
        image: the picture.
        memory: the bytes of its pixels if they have the form that Pillow itself uses, and may be
            overwritten; else None.
        damaged: whether the decoder ignored errors.
    """

    image: Image.Image
    memory: memoryview | None = None
    damaged: bool = False


def bytes_needed(width: int, height: int) -> int:
    """Return the size of shared memory for a picture of any mode."""
    return HEADER_BYTES + BYTES_PER_PIXEL * width * height


class SharedPixels(Struct):
    """The memory, as the worker process writes it.

    Attributes:
        memory: the mapped memory.
        core: the pixels as memory of Pillow, after `make_core`.
    """

    memory: mmap.mmap
    core: Any = None

    def make_core(self, mode: str, size: tuple[int, int], *, ahead: bool = False) -> Any:
        """Map the pixels as memory of Pillow.

        Args:
            mode: mode of the picture.
            size: width and height, in pixels.
            ahead: whether the decoder writes the pixels at once, so that the pages that exist are
                used from the start.

        Raises:
            ValueError: a picture of this size does not fit.
        """
        self.core = _map(self.memory, mode, size)
        if ahead and len(self.memory) <= MOST_BYTES:
            end = HEADER_BYTES + PLAIN_MODES[mode] * size[0] * size[1]
            self.memory[HEADER_BYTES:end:_MAPPED_AT_ONCE]
        return self.core

    def write(self, image: Image.Image) -> None:
        """Write a picture and its description, unless its pixels are in the memory already.

        Raises:
            ValueError: the picture does not fit.
        """
        mode, size = image.mode, image.size
        if mode not in PLAIN_MODES:
            packed = image.tobytes("raw", mode)
            # The slice keeps its length: a longer picture is a ValueError.
            memoryview(self.memory)[HEADER_BYTES : HEADER_BYTES + len(packed)] = packed
        elif self.core is None or image.im is not self.core:
            self.make_core(mode, size).paste(image.im, (0, 0, *size))
        self.describe(_description(image))

    def describe(self, description: dict[str, Any]) -> None:
        """Write a description in JSON.

        Raises:
            ValueError: it is too long.
        """
        text = json.dumps(description).encode()
        if len(text) > HEADER_BYTES:
            raise ValueError("the description is too long")
        self.memory[: len(text)] = text


def read_missing_parts(memory: mmap.mmap) -> list[str]:
    """Return the list that a worker process has written as the description.

    Raises:
        ValueError: it is malformed.
    """
    try:
        return [str(part) for part in _read_description(memory)["missing"]]
    except (LookupError, TypeError) as error:
        raise ValueError("the description is malformed") from error


def free_rows(memory: mmap.mmap, start: int, stop: int) -> None:
    """Return some bytes of pixels to the system, for both processes; they must not be read again.

    Memory that is kept for the next picture only leaves this process.

    Args:
        memory: the shared memory.
        start: offset of the first one in the pixels. Bytes of the page that it shares with others
            are kept.
        stop: offset of the end.
    """
    first = HEADER_BYTES + start
    first += -first % mmap.PAGESIZE
    length = min(HEADER_BYTES + stop, len(memory)) - first
    # Not every platform and file system can free a part of a file.
    with suppress(AttributeError, OSError):
        if length > 0:
            kept = isinstance(memory, KeptMap)
            memory.madvise(mmap.MADV_DONTNEED if kept else mmap.MADV_REMOVE, first, length)


def read(memory: mmap.mmap, width: int, height: int) -> ReceivedImage:
    """Return the picture that a worker process has written, without a copy where possible.

    The worker process is not trusted: its description is checked, and it must have ended.

    Args:
        memory: the shared memory.
        width: the largest width, in pixels.
        height: the largest height.

    Raises:
        ValueError: the description is malformed, or does not fit the picture.
    """
    try:
        return _read(memory, width * height)
    except Exception as error:  # hostile values make Pillow raise anything
        raise ValueError("the pixels are malformed") from error


def _read(memory: mmap.mmap, most_pixels: int) -> ReceivedImage:
    description = _read_description(memory)
    mode, size = description["mode"], (int(description["width"]), int(description["height"]))
    if min(size) < 1 or size[0] * size[1] > most_pixels:
        raise ValueError("there are more pixels than the image header promised")
    transparency = _transparency(description.get("transparency"))
    plain = None
    if mode in PLAIN_MODES:
        # Without transparency, RGB needs no other form than that of its memory.
        mode = "RGBX" if mode == "RGB" and transparency is None else mode
        image = Image.Image()._new(_map(memory, mode, size))
        end = HEADER_BYTES + PLAIN_MODES[mode] * size[0] * size[1]
        plain = memoryview(memory)[HEADER_BYTES:end]
    else:
        stride = (size[0] * _PACKED_MODES[mode] + 7) // 8
        packed = memory[HEADER_BYTES : HEADER_BYTES + stride * size[1]]
        image = Image.frombuffer(mode, size, packed, "raw", mode, 0, 1)
    if mode == "P":
        image.putpalette(bytes.fromhex(description["palette"]), description["palette_mode"])
    if transparency is not None:
        image.info["transparency"] = transparency
    return ReceivedImage(image, plain, bool(description.get(DAMAGED_KEY)))


def _read_description(memory: mmap.mmap) -> Any:
    return json.loads(memory[:HEADER_BYTES].rstrip(b"\0"))


def _map(memory: mmap.mmap, mode: str, size: tuple[int, int]) -> Any:
    stride = size[0] * PLAIN_MODES[mode]
    if stride * size[1] > len(memory) - HEADER_BYTES:
        raise ValueError("the picture does not fit into the shared memory")
    core: Any = Image.core  # type: ignore[attr-defined]  # Pillow's C module
    return core.map_buffer(memory, size, "raw", HEADER_BYTES, (mode, stride, 1))


def _description(image: Image.Image) -> dict[str, Any]:
    description: dict[str, Any] = {
        "mode": image.mode,
        "width": image.width,
        "height": image.height,
    }
    if image.mode == "P":
        palette_mode = image.im.getpalettemode()
        description["palette_mode"] = palette_mode
        description["palette"] = image.im.getpalette(palette_mode, palette_mode).hex()
    if image.info.get(DAMAGED_KEY):
        description[DAMAGED_KEY] = True
    if "transparency" in image.info:
        transparency = image.info["transparency"]
        is_bytes = isinstance(transparency, bytes)
        description["transparency"] = transparency.hex() if is_bytes else transparency
    return description


def _transparency(value: Any) -> bytes | int | tuple[int, ...] | None:
    """Return the transparent colour or colours in Pillow's form, as `_description` wrote them."""
    if value is None:
        return None
    if isinstance(value, str):
        return bytes.fromhex(value)
    levels = tuple(int(level) for level in (value if isinstance(value, list) else [value]))
    if not all(0 <= level < 1 << 16 for level in levels):
        raise ValueError("expected levels of 16 bits")
    return levels if isinstance(value, list) else levels[0]
