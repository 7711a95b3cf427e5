"""The table of what every accepted format has, so that a new one lacks nothing.

| | where | what it checks |
| --- | --- | --- |
| bomb | `BOMBS` below, of `tests.hostile.corpus` | a few bytes that claim a huge picture |
| truncation | `tests.hostile.specimens`, cut by `tests.hostile.damage` | a file that ends early |
| fuzz corpus | the same files, and those of `tests.fuzz.specimens` | mutations of `make fuzz` |
| memory row | `tests.budget.pictures`, measured by `tests/budget` | the estimate of a job |
| golden picture | `KINDS` of `tests/codec/test_formats.py` | the pixels of a whole file |
"""

from handler.codec import Limits, available_formats, open_picture
from handler.codec.formats import FORMATS, recognise
from handler.codec.headers.animations import FRAME_READERS
from handler.core.geometry import Size
from tests.budget.pictures import PICTURES
from tests.codec.test_formats import KINDS
from tests.fuzz.corpus import corpus
from tests.hostile.corpus import CORPUS
from tests.hostile.specimens import NAMES, specimen

# Format -> the case of the corpus with the most pixels for its bytes. The corpus is answered within
# a second of CPU time, and a file that is rejected uses little memory.
BOMBS = {
    "jpeg": "jpeg/65500-squared",
    "png": "png/65535-squared",
    "webp": "webp/lossless-of-16384-squared",
    "gif": "gif/screen-of-65535-squared",
    "tiff": "tiff/65535-squared",
    "bmp": "bmp/65535-squared",
    "avif": "bombs/avif",
    "heic": "bombs/heic",
    "jp2": "bombs/jp2",
    "jxl": "bombs/jxl",
    "ico": "bombs/ico",
    "tga": "bombs/tga",
    "psd": "bombs/psd",
    "raw": "bombs/raw",
    "svg": "further/svg-compressed-bomb",
    "exr": "further/exr-of-60000-squared",
    "hdr": "further/hdr-of-60000-squared",
    "pfm": "bombs/pfm",
    "netpbm": "further/netpbm-of-60000-squared",
    "qoi": "further/qoi-of-60000-squared",
    "dds": "further/dds-of-60000-squared",
    "cur": "bombs/cur",
    "fits": "bombs/fits",
}
# Likewise of animations: too many frames.
LONG_ANIMATIONS = {
    "gif": "gif/ten-thousand-frames",
    "webp": "webp/animation-of-a-thousand-frames",
    "png": "png/animation-of-a-thousand-frames",
    "avif": "heif/avif-sequence-of-a-thousand-frames",
    "heic": "heif/sequence-of-a-thousand-frames",
}
_SMALL = Size(64, 48)
_MOST_FRAMES = 10_000


def _name(data: bytes) -> str | None:
    format_ = recognise(data)
    return None if format_ is None else format_.name


def test_every_format_has_a_bomb_that_is_rejected() -> None:
    assert set(BOMBS) == set(FORMATS)
    for name, case in BOMBS.items():
        assert CORPUS[case].outcome == "rejected"
        assert _name(CORPUS[case].build()) == name


def test_files_of_every_format_are_cut_off() -> None:
    cut = {_name(specimen(name)) for name in NAMES if f"{name}-cut-to-50%" in CORPUS}
    assert cut == available_formats()


def test_files_of_every_format_are_mutated_by_the_fuzzer() -> None:
    assert {name for name, files in corpus().items() if files.whole} == available_formats()


def test_the_memory_of_every_format_is_measured() -> None:
    assert {_name(make(_SMALL)) for make in PICTURES.values()} == available_formats()


def test_the_pixels_of_every_format_are_compared() -> None:
    assert {name for _, name, _ in KINDS.values()} == available_formats()


def test_every_animation_has_a_file_of_too_many_frames_that_is_rejected() -> None:
    assert set(LONG_ANIMATIONS) == set(FRAME_READERS)
    for name, case in LONG_ANIMATIONS.items():
        assert CORPUS[case].outcome == "rejected"
        assert _name(CORPUS[case].build()) == name


def test_animations_of_every_kind_are_mutated_by_the_fuzzer() -> None:
    for name, read in FRAME_READERS.items():
        sizes = [(each, _canvas(each)) for each in corpus()[name].whole]
        assert any(len(read(data, size, _MOST_FRAMES).parts) > 1 for data, size in sizes), name


def _canvas(data: bytes) -> Size:
    picture = open_picture(data, Limits(10**8))
    return picture.orientation.size(picture.size)
