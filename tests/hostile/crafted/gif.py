"""GIF files with false sizes, loops and decompression bombs."""

from tests.hostile.builders import gif_blocks, gif_control, gif_frame, gif_screen, insert
from tests.hostile.crafted.case import Case, accepted, either, rejected
from tests.hostile.specimens import specimen

# LZW codes of three bits: clear, a pixel, end.
_PIXEL = b"\x44\x01"
_END = b";"


def _still() -> bytes:
    return specimen("gif/still")


def _first() -> int:
    """Return the offset of the first block of the specimen."""
    return 13 + (3 << (_still()[10] & 7) + 1)


def _with(*blocks: bytes) -> bytes:
    return insert(_still(), _first(), *blocks)


def _lzw_bomb(codes: int = 60_000) -> bytes:
    """Return codes of twelve bits without an end, each for the longest string."""
    return b"\x04" + b"\xff" * codes


CASES: dict[str, Case] = {
    "signature-only": rejected(lambda: b"GIF89a"),
    "signature-of-another-version": rejected(lambda: b"GIF90a" + _still()[6:]),
    "screen-only": rejected(lambda: gif_screen(64, 48)),
    "no-frame": rejected(lambda: gif_screen(64, 48) + _END),
    "no-table": either(lambda: gif_screen(1, 1, b"") + gif_frame(1, 1, _PIXEL) + _END),
    "table-cut-short": rejected(lambda: gif_screen(64, 48)[:14]),
    "one-pixel": accepted(lambda: gif_screen(1, 1) + gif_frame(1, 1, _PIXEL) + _END),
    "no-size": rejected(lambda: gif_screen(0, 0) + gif_frame(0, 0, _PIXEL) + _END),
    "frame-without-pixels": rejected(lambda: gif_screen(64, 48) + gif_frame(64, 48, b"") + _END),
    "frame-of-no-size": either(lambda: gif_screen(64, 48) + gif_frame(0, 0, _PIXEL) + _END),
    "frame-cut-short": rejected(lambda: gif_screen(64, 48) + gif_frame(64, 48, _PIXEL)[:12]),
    "frame-larger-than-the-screen": either(lambda: gif_screen(8, 8) + _still()[_first() :]),
    "frame-outside-the-screen": either(
        lambda: gif_screen(8, 8) + gif_frame(1, 1, _PIXEL, 500, 500) + _END
    ),
    "frame-of-65535-squared-on-a-small-screen": rejected(
        lambda: gif_screen(8, 8) + gif_frame(65_535, 65_535, _PIXEL) + _END
    ),
    "frame-at-65535": rejected(
        lambda: gif_screen(8, 8) + gif_frame(65_535, 65_535, _PIXEL, 65_535, 65_535) + _END
    ),
    "screen-of-65535-squared": rejected(
        lambda: gif_screen(65_535, 65_535) + gif_frame(1, 1, _PIXEL) + _END
    ),
    "screen-of-12000-squared-with-one-pixel": rejected(
        lambda: gif_screen(12_000, 12_000) + gif_frame(1, 1, _PIXEL) + _END
    ),
    "65535-squared-and-cleared-before-it-is-read": rejected(
        lambda: gif_screen(1, 1) + gif_control(2 << 2) + gif_frame(65_535, 65_535, _PIXEL) + _END
    ),
    "65535-squared-and-restored-before-it-is-read": rejected(
        lambda: (
            gif_screen(1, 1) + gif_control(3 << 2 | 1) + gif_frame(65_535, 65_535, _PIXEL) + _END
        )
    ),
    "codes-of-zero-bits": either(
        lambda: gif_screen(64, 48) + gif_frame(64, 48, _PIXEL, bits=0) + _END
    ),
    "codes-of-255-bits": rejected(
        lambda: gif_screen(64, 48) + gif_frame(64, 48, _PIXEL, bits=255) + _END
    ),
    "codes-that-mean-nothing": rejected(
        lambda: gif_screen(64, 48) + gif_frame(64, 48, b"\xff" * 99) + _END
    ),
    "codes-that-never-end": either(
        lambda: gif_screen(64, 48) + gif_frame(64, 48, _lzw_bomb()) + _END
    ),
    "codes-that-never-end-for-10000-squared": either(
        lambda: gif_screen(10_000, 10_000) + gif_frame(10_000, 10_000, _lzw_bomb(), bits=8) + _END
    ),
    "sub-blocks-of-a-byte": either(
        lambda: gif_screen(64, 48) + b"," + bytes(9) + b"\2" + gif_blocks(bytes(100_000), 1)
    ),
    "pixels-outside-the-table": either(lambda: gif_screen(64, 48) + _still()[_first() :]),
    "no-end": either(lambda: _still()[:-1]),
    "comment-of-four-megabytes": rejected(lambda: _with(b"!\xfe", gif_blocks(bytes(4_000_000)))),
    "comment-in-a-hundred-thousand-pieces": rejected(
        lambda: _with(b"!\xfe", gif_blocks(b"x" * 100_000, 1))
    ),
    "a-hundred-thousand-comments": rejected(lambda: _with(b"!\xfe\1x\0" * 100_000)),
    "a-million-empty-extensions": rejected(lambda: _with(b"!\xfe\0" * 1_000_000)),
    "comment-without-an-end": rejected(lambda: _still()[: _first()] + b"!\xfe" + b"\xff" * 99),
    "unknown-extension": accepted(lambda: _with(b"!\x77", gif_blocks(b"what" * 99))),
    "unknown-block": rejected(lambda: _with(b"\x99" * 99)),
    "control-too-short": accepted(lambda: _with(b"!\xf9\1\1\0")),
    "control-too-long": accepted(lambda: _with(b"!\xf9\x09" + bytes(9) + b"\0")),
    "a-thousand-controls": accepted(lambda: _with(gif_control(0xFF) * 1_000)),
    "ten-thousand-frames": rejected(
        lambda: _still()[:-1] + gif_frame(1, 1, _PIXEL) * 10_000 + _END
    ),
    "second-frame-of-65535-squared": accepted(
        lambda: _still()[:-1] + gif_frame(65_535, 65_535, _PIXEL) + _END
    ),
    "five-hundred-frames-on-1000-squared": rejected(
        lambda: gif_screen(1_000, 1_000) + gif_frame(1_000, 1_000, _PIXEL) * 500 + _END
    ),
    "frames-with-the-longest-and-no-times": accepted(
        lambda: (
            _still()[:-1]
            + (gif_control(0) + gif_frame(1, 1, _PIXEL)) * 20
            + (b"!\xf9\4\0\xff\xff\0\0" + gif_frame(2, 1, b"\x44\x02")) * 20
            + _END
        )
    ),
    "later-frames-outside-the-screen": accepted(
        lambda: _still()[:-1] + gif_frame(1, 1, _PIXEL, 65_535, 65_535) * 3 + _END
    ),
    "later-frames-restored-outside-the-screen": accepted(
        lambda: _still()[:-1] + (gif_control(3 << 2) + gif_frame(9, 9, _PIXEL, 60, 44)) * 5 + _END
    ),
    "a-million-empty-blocks-after-the-first-frame": accepted(
        lambda: _still()[:-1] + b"!\xfe\0" * 1_000_000 + gif_frame(1, 1, _PIXEL) + _END
    ),
    "script-in-a-comment": accepted(
        lambda: _with(b"!\xfe", gif_blocks(b"<script>alert(1)</script>"))
    ),
}
