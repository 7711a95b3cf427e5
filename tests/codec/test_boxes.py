"""Boxes of the ISO base media file format, with each kind of length."""

import struct

import pytest

from handler.codec.headers.boxes import boxes


def box(kind: bytes, payload: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def read(data: bytes, most: int = 10, entered: tuple[bytes, ...] = ()) -> list[tuple[bytes, bytes]]:
    return [(kind, bytes(body)) for kind, body in boxes(memoryview(data), most, entered)]


def test_boxes_follow_one_another() -> None:
    assert read(box(b"aaaa", b"1") + box(b"bbbb")) == [(b"aaaa", b"1"), (b"bbbb", b"")]


def test_a_length_of_64_bits_is_read() -> None:
    long = struct.pack(">I4sQ", 1, b"aaaa", 16 + 3) + b"123"
    assert read(long + box(b"bbbb")) == [(b"aaaa", b"123"), (b"bbbb", b"")]


def test_a_length_of_zero_reaches_to_the_end() -> None:
    assert read(struct.pack(">I4s", 0, b"aaaa") + b"123") == [(b"aaaa", b"123")]


def test_the_last_box_may_be_cut_short() -> None:
    assert read(box(b"aaaa", b"123")[:-1]) == [(b"aaaa", b"12")]


def test_boxes_inside_a_box_follow_it() -> None:
    data = box(b"jp2h", box(b"ihdr", b"1")) + box(b"jp2c")
    kinds = [kind for kind, _ in read(data, entered=(b"jp2h",))]
    assert kinds == [b"jp2h", b"ihdr", b"jp2c"]


@pytest.mark.parametrize("length", [2, 7])
def test_a_box_shorter_than_its_header_is_an_error(length: int) -> None:
    with pytest.raises(ValueError, match="shorter"):
        read(struct.pack(">I4s", length, b"aaaa"))


def test_a_long_box_shorter_than_its_header_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        read(struct.pack(">I4sQ", 1, b"aaaa", 15))


def test_a_long_length_that_is_cut_short_is_an_error() -> None:
    with pytest.raises(struct.error):
        read(struct.pack(">I4s", 1, b"aaaa") + bytes(7))


def test_only_so_many_boxes_are_read() -> None:
    assert len(read(box(b"free") * 9)) == 9
    with pytest.raises(ValueError, match="many"):
        read(box(b"free") * 10)
