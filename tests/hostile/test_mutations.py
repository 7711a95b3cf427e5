"""Files that hypothesis damages, with and without knowledge of their structure."""

import struct
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageCms

from tests.hostile.builders import (
    PNG_SIGNATURE,
    TiffValue,
    exif,
    insert,
    jpeg_segment,
    png_chunk,
    tiff,
    tiff_entry,
)
from tests.hostile.sandbox import Answer, Sandbox
from tests.hostile.specimens import NAMES, specimen

# Derandomized, so that all machines test the same examples. The sandbox is shared between examples
# on purpose, like a warm process.
fuzz = settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_SIGNATURES = (
    b"\xff\xd8\xff",
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff",
    PNG_SIGNATURE,
    PNG_SIGNATURE + b"\0\0\0\x0dIHDR",
    b"GIF87a",
    b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff",
    b"BM",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"RIFF\x64\0\0\0WEBPVP8 ",
    b"RIFF\x64\0\0\0WEBPVP8L",
    b"RIFF\x64\0\0\0WEBPVP8X",
    b"\0\0\0\x18ftypavif\0\0\0\0avifmif1\0\0\0\x40meta",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x40meta",
    b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ",
    b"\xff\x4f\xff\x51",
    b"\0\0\0\x0cJXL \r\n\x87\n",
    b"\xff\x0a",
    b"8BPS\0\1\0\0\0\0\0\0",
    b"\0\0\1\0\1\0",
    b"\0\0\2\0\0\0\0\0",
)
# Numbers that are likely to overflow or to pass a check.
_numbers = st.one_of(
    st.sampled_from([0, 1, 2, 7, 8, 255, 256, 32_767, 65_535, 2**31 - 1, 2**31, 2**32 - 1]),
    st.integers(0, 300),
    st.integers(0, 2**32 - 1),
)
_orders = st.sampled_from("<>")


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes that replace others, at a fraction of the file."""

    place: float
    removed: int
    added: bytes

    def apply(self, data: bytes) -> bytes:
        at = int(self.place * len(data))
        return data[:at] + self.added + data[at + self.removed :]


_edits = st.builds(
    Edit,
    # Most edits are at the beginning, where the headers are.
    st.one_of(st.floats(0, 0.1), st.floats(0, 0.999)),
    st.integers(0, 40),
    st.binary(max_size=40),
)


def check(answer: Answer) -> None:
    """Assert that the file was cropped, or rejected as an error of the client."""
    assert answer.status == 200 or 400 <= answer.status < 500, answer.error
    assert answer.size == answer.expected
    assert answer.leaked == ()


@fuzz
@given(signature=st.sampled_from(_SIGNATURES), rest=st.binary(max_size=300))
def test_noise_behind_a_signature(sandbox: Sandbox, signature: bytes, rest: bytes) -> None:
    check(sandbox.try_file(signature + rest, width=8, height=8))


@fuzz
@given(
    name=st.sampled_from(NAMES),
    edits=st.lists(_edits, min_size=1, max_size=5),
    width=st.sampled_from([1, 7, 40, 200]),
    strategy=st.sampled_from(["attention", "entropy"]),
)
def test_a_file_with_other_bytes_in_it(
    sandbox: Sandbox, name: str, edits: list[Edit], width: int, strategy: str
) -> None:
    data = specimen(name)
    for edit in edits:
        data = edit.apply(data)

    check(sandbox.try_file(data, width=width, height=40, strategy=strategy))


@fuzz
@given(
    name=st.sampled_from([name for name in NAMES if name.startswith("png/")]),
    kind=st.sampled_from([b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"iCCP", b"gAMA", b"cHRM", b"sRGB"]),
    edit=_edits,
)
def test_a_png_whose_checksums_are_right(
    sandbox: Sandbox, name: str, kind: bytes, edit: Edit
) -> None:
    data = specimen(name)
    at = data.find(kind) - 4
    if at < 0:
        data = insert(data, 33, png_chunk(kind, edit.added))
    else:
        (length,) = struct.unpack_from(">I", data, at)
        chunk = png_chunk(kind, edit.apply(data[at + 8 : at + 8 + length]))
        data = data[:at] + chunk + data[at + 12 + length :]

    check(sandbox.try_file(data, width=40, height=40))


@fuzz
@given(
    fields=st.dictionaries(
        st.sampled_from(
            [
                *range(256, 260),
                262,
                266,
                273,
                274,
                *range(277, 280),
                284,
                292,
                293,
                317,
                320,
                *range(322, 326),
                338,
                339,
                530,
                532,
                34_675,
            ]
        ),
        st.one_of(st.lists(_numbers, min_size=1, max_size=6), st.binary(min_size=1, max_size=20)),
    ),
    compression=st.sampled_from([1, 2, 3, 4, 5, 8, 32_773]),
    pixels=st.binary(min_size=64, max_size=400),
    order=_orders,
)
def test_a_tiff_of_any_fields(
    sandbox: Sandbox,
    fields: dict[int, TiffValue],
    compression: int,
    pixels: bytes,
    order: str,
) -> None:
    plain: dict[int, TiffValue] = {
        256: [8],
        257: [8],
        258: [8],
        259: [compression],
        262: [1],
        273: [8],
        277: [1],
        278: [8],
        279: [len(pixels)],
    }

    check(sandbox.try_file(tiff(plain | fields, pixels, order=order), width=8, height=8))


@fuzz
@given(
    entries=st.lists(
        st.builds(
            tiff_entry,
            st.one_of(st.sampled_from([274, 34_665, 34_853, 513, 514]), st.integers(0, 65_535)),
            st.integers(0, 14),
            _numbers,
            _numbers,
        ),
        max_size=20,
    ),
    order=_orders,
    tail=st.binary(max_size=60),
)
def test_damaged_exif_does_not_reject_the_photo(
    sandbox: Sandbox, entries: list[bytes], order: str, tail: bytes
) -> None:
    block = exif(*entries, order=order, tail=tail)
    data = insert(specimen("jpeg/baseline"), 2, jpeg_segment(0xE1, block))

    answer = sandbox.try_file(data, width=8, height=8)

    check(answer)
    assert answer.status == 200


@fuzz
@given(edits=st.lists(_edits, min_size=1, max_size=4))
def test_a_damaged_profile_does_not_reject_the_photo(sandbox: Sandbox, edits: list[Edit]) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for edit in edits:
        profile = edit.apply(profile)
    segment = jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + profile)
    data = insert(specimen("jpeg/baseline"), 2, segment)

    answer = sandbox.try_file(data, width=8, height=8)

    check(answer)
    assert answer.status == 200
