"""JPEG files with errors that viewers ignore, and files that were cut off."""

from typing import Any

import pytest

from handler.codec import Limits, open_picture
from handler.core.geometry import Box
from handler.errors import ProcessingFailed
from tests.codec.test_libjpeg_turbo import psnr, read
from tests.pictures import encoded, photo

WARNING = "The JPEG data have errors; parts of the picture may be wrong"
LIMITS = Limits(3_000_000)
PHOTO = photo(size=(640, 960))
KINDS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "full colour": {"subsampling": 0},
    "restarts": {"restart_marker_rows": 1},
    "progressive": {"progressive": True},
    "grey": {},
}
_SCAN = b"\xff\xda"


def made(kind: str) -> bytes:
    image = PHOTO.convert("L") if kind == "grey" else PHOTO
    return encoded(image, "JPEG", quality=90, **KINDS[kind])


def warnings(data: bytes, shrink: float = 1) -> list[str]:
    """Decode a file, and return the warnings."""
    picture = open_picture(data, LIMITS)
    picture.pixels(shrink).crop(Box(0, 0, 1, 1))
    return picture.warnings


def after_scan_header(data: bytes) -> int:
    start = data.rindex(_SCAN)
    return start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_errors_has_no_warning(kind: str) -> None:
    assert warnings(made(kind)) == []


@pytest.mark.parametrize("parameters", [b"\0\0\0", b"\0\x3f\x11", b"\x01\x3f\0"])
def test_parameters_of_a_scan_that_baseline_ignores_are_ignored(parameters: bytes) -> None:
    data = made("baseline")
    end = after_scan_header(data)
    damaged = data[: end - 3] + parameters + data[end:]
    assert warnings(damaged) == [WARNING]
    assert read(damaged).tobytes() == read(data).tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stray", [b"\0", b"\x00\x12\x34", b"Exif and more" * 100, b"\xff\0\0"])
def test_bytes_between_segments_are_ignored(kind: str, stray: bytes) -> None:
    data = made(kind)
    for marker in (b"\xff\xdb", _SCAN):  # a segment at the start, and the last one
        at = data.index(marker)
        damaged = data[:at] + stray + data[at:]
        assert warnings(damaged) == [WARNING]
        assert read(damaged).tobytes() == read(data).tobytes()


def test_bytes_that_may_fill_the_space_between_segments_are_no_error() -> None:
    data = made("baseline")
    at = data.index(b"\xff\xdb")
    assert warnings(data[:at] + b"\xff\xff\xff" + data[at:]) == []


def test_bytes_before_a_restart_are_ignored() -> None:
    data = made("restarts")
    at = data.index(b"\xff\xd3", after_scan_header(data))
    damaged = data[:at] + bytes(range(100)) + data[at:]
    assert warnings(damaged) == [WARNING]
    assert psnr(read(damaged), read(data)) > 40


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shrink", [1, 4])
def test_a_file_that_lacks_only_its_end_is_decoded(kind: str, shrink: float) -> None:
    data = made(kind)
    for missing in (1, 2, 3):
        assert warnings(data[:-missing], shrink) == [WARNING]
    assert psnr(read(data[:-2]).convert("RGB"), read(data).convert("RGB")) > 40


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("shrink", [1, 4])
def test_a_file_that_lacks_more_rows_is_rejected(kind: str, share: float, shrink: float) -> None:
    data = made(kind)
    start = after_scan_header(data)
    kept = start + round((len(data) - start) * (1 - share))
    with pytest.raises(ProcessingFailed):
        warnings(data[:kept], shrink)


@pytest.mark.parametrize("kind", ["baseline", "full colour", "grey"])
def test_an_end_that_was_added_does_not_hide_that_rows_are_missing(kind: str) -> None:
    data = made(kind)
    with pytest.raises(ProcessingFailed):
        warnings(data[: len(data) * 9 // 10] + b"\xff\xd9")
