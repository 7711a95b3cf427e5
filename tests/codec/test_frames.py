"""Animations: the first frame that shows something, on a transparent canvas."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Box
from tests.pictures import photo

LIMITS = Limits(1_000_000)
SIZE = (60, 40)
EMPTY = Image.new("RGBA", SIZE)


def disc(colour: tuple[int, int, int] = (200, 30, 40)) -> Image.Image:
    image = EMPTY.copy()
    image.paste((*colour, 255), (20, 10, 44, 30))
    return image


def animation(name: str, frames: list[Image.Image]) -> bytes:
    target = io.BytesIO()
    options = {"lossless": True} if name == "WEBP" else {"disposal": 2}
    frames[0].save(target, name, save_all=True, append_images=frames[1:], duration=100, **options)
    return target.getvalue()


def read(data: bytes) -> np.ndarray:
    opened = open_picture(data, LIMITS)
    image = opened.pixels(1).crop(Box(0, 0, opened.size.width, opened.size.height))
    return np.asarray(image.convert("RGBA"))


@pytest.mark.parametrize("name", ["GIF", "WEBP"])
@pytest.mark.parametrize("empty", [0, 1, 3])
def test_empty_frames_are_skipped(name: str, empty: int) -> None:
    # Frames differ, as equal ones are joined.
    frames = [EMPTY.copy() for _ in range(empty)]
    for index, frame in enumerate(frames):
        frame.putpixel((0, 0), (index, 0, 0, 0))
    read_back = read(_with_durations(name, [*frames, disc(), disc((1, 2, 3))]))
    assert (read_back[..., 3] == np.asarray(disc())[..., 3]).all()
    assert np.abs(read_back[20, 30, :3].astype(int) - (200, 30, 40)).max() <= 8


def _with_durations(name: str, frames: list[Image.Image]) -> bytes:
    """Return an animation of frames, each of which is written although it may equal another."""
    if name == "WEBP":
        chunks = [_webp_frame(frame) for frame in frames]
        header = struct.pack("<B3xHBHB", 0x12, SIZE[0] - 1, 0, SIZE[1] - 1, 0)
        body = _chunk(b"VP8X", header) + _chunk(b"ANIM", bytes(6)) + b"".join(chunks)
        return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
    stills = [animation("GIF", [frame]) for frame in frames]
    return stills[0][:-1] + b"".join(_gif_frame(still) for still in stills[1:]) + b";"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(body)) + body + bytes(len(body) % 2)


def _webp_frame(image: Image.Image) -> bytes:
    still = animation("WEBP", [image])
    payload = still[still.index(b"VP8L") :]
    sides = b"".join((side - 1).to_bytes(3, "little") for side in SIZE)
    return _chunk(b"ANMF", bytes(6) + sides + bytes(4) + payload)


def _gif_frame(still: bytes) -> bytes:
    """Return the blocks of a still GIF after its screen, with its palette as a local one."""
    table = 3 << (still[10] & 7) + 1
    colours = still[13 : 13 + table]
    rest = bytearray(still[13 + table : -1])
    at = rest.index(b"\x2c\0\0\0\0")
    assert not rest[at + 9] & 0x80
    rest[at + 9] |= 0x80 | still[10] & 7
    return bytes(rest[: at + 10]) + colours + bytes(rest[at + 10 :])


def test_an_animation_of_empty_frames_is_empty() -> None:
    assert not read(_with_durations("GIF", [EMPTY] * 4)).any()


@pytest.mark.parametrize("transparent", [False, True])
def test_a_gif_is_transparent_outside_its_frame(transparent: bool) -> None:
    target = io.BytesIO()
    frame = photo(size=(24, 20)).quantize(16)
    options = {"transparency": 3} if transparent else {}
    frame.save(target, "GIF", **options)
    data = bytearray(target.getvalue())
    struct.pack_into("<HH", data, 6, *SIZE)
    at = data.index(b"\x2c\0\0\0\0")
    struct.pack_into("<HH", data, at + 1, 20, 10)

    alpha = read(bytes(data))[..., 3].copy()
    inside = alpha[10:30, 20:44].copy()
    alpha[10:30, 20:44] = 0
    assert not alpha.any()
    assert (inside == 255).all() != transparent
    assert inside.any()
