"""The primary picture of HEIC and AVIF files, which is all that the decoders receive."""

import struct
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handler.codec import FORMATS, Limits, open_picture
from handler.codec.headers import heif as reader
from handler.codec.headers.header import ANIMATED, ImageHeader
from handler.codec.headers.heif_items import read_items
from handler.codec.headers.heif_picture import find_picture
from handler.codec.headers.heif_writer import write_picture
from handler.codec.headers.hevc import coded_sizes
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed, SmartCropError
from handler.jobs.estimate import estimate_at
from handler.settings import CropSettings
from tests.codec import samples
from tests.hostile.heif import ALPHA, SIZE, Part, Reference, box, coded, grid, heif, ispe
from tests.pictures import encoded, gradient, photo

TILES: list[Reference] = [(b"dimg", 1, [2, 3])]
TWO = {1: grid(1, 2, 128, 64), 2: coded(), 3: coded()}


def read(data: bytes) -> ImageHeader:
    return reader.read_avif(data) if reader.kind(data) == "avif" else reader.read_heic(data)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(open_picture(data, Limits(100_000)).pixels(1).native().convert("RGB"))


def of_kind(kind: bytes) -> Part:
    return replace(coded(), kind=kind)


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidImage) as caught:
        read(data)
    return caught.value.error.removeprefix("Invalid image: ")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (b"iden", "iden (a copy of another picture)"),
        (b"iovl", "iovl (an overlay of pictures)"),
        (b"unci", "unci (an uncompressed picture)"),
        (b"mski", "mski (a mask)"),
        (b"tili", "tili (a tiled picture)"),
        (b"tmap", "tmap (a tone-mapped picture)"),
        (b"jpeg", "jpeg (a JPEG)"),
        (b"j2k1", "j2k1 (a JPEG 2000)"),
        (b"av01", "av01 (an AV1 picture)"),
        (b"avc1", "avc1 (an H.264 picture)"),
        (b"vvc1", "vvc1 (an H.266 picture)"),
        (b"mime", "mime (metadata)"),
        (b"sato", "sato"),
        (b"\0</>", "an unknown one"),
    ],
)
def test_a_picture_of_another_type_is_rejected_by_name(kind: bytes, words: str) -> None:
    expected = f"HEIC: expected a picture of type hvc1 or grid, received {words}"
    assert refusal(heif({1: of_kind(kind)})) == expected


def test_an_avif_has_its_own_types() -> None:
    expected = "AVIF: expected a picture of type av01 or grid, received hvc1 (an H.265 picture)"
    assert refusal(heif({1: coded()}, brand=b"avif")) == expected
    assert read(heif({1: coded("avif/still")}, brand=b"avif")).size == Size(64, 48)


@pytest.mark.parametrize("kind", [b"grid", b"iden", b"iovl", b"unci", b"mski", b"tili", b"jpeg"])
def test_a_tile_of_another_type_is_rejected_by_name(kind: bytes) -> None:
    message = refusal(heif({**TWO, 3: of_kind(kind)}, TILES))
    assert message.startswith(f"HEIC: expected a tile of type hvc1, received {kind.decode()} (")


@pytest.mark.parametrize("kind", [b"iden", b"iovl", b"unci", b"mski", b"tili", b"jpeg"])
def test_an_alpha_channel_of_another_type_is_rejected_by_name(kind: bytes) -> None:
    alpha = of_kind(kind).with_property(b"auxC", ALPHA)
    message = refusal(heif({1: coded(), 2: alpha}, [(b"auxl", 2, [1])]))
    expected = f"HEIC: expected an alpha channel of type hvc1 or grid, received {kind.decode()} ("
    assert message.startswith(expected)


@pytest.mark.parametrize(
    "references",
    [
        [(b"dimg", 1, [1])],
        [(b"dimg", 1, [2]), (b"dimg", 2, [1])],
        [(b"dimg", 1, [2]), (b"dimg", 2, [3])],
    ],
    ids=["itself", "a circle", "a chain"],
)
def test_a_grid_of_grids_is_rejected(references: list[Reference]) -> None:
    parts = {1: grid(1, 1, *SIZE), 2: grid(1, 1, *SIZE), 3: coded()}
    assert "expected a tile of type hvc1, received grid" in refusal(heif(parts, references))


def test_a_grid_is_decoded_from_its_tiles() -> None:
    data = heif(TWO, TILES)
    assert read(data).size == Size(128, 64)
    whole = pixels(data)
    assert np.array_equal(whole[:, :64], whole[:, 64:])
    assert np.array_equal(whole[:, :64], pixels(heif({1: coded()})))


@pytest.mark.parametrize(
    ("parts", "tiles", "words"),
    [
        ({**TWO, 1: grid(2, 2, 128, 128)}, [2, 3], "expected 4 tiles in 2 × 2, received 2"),
        ({**TWO, 1: grid(1, 1, 64, 64)}, [2, 3], "expected 1 tiles in 1 × 1, received 2"),
        ({**TWO, 1: grid(1, 2, 129, 64)}, [2, 3], "expected a grid of 129 × 64 pixels"),
        ({**TWO, 1: grid(1, 2, 64, 64)}, [2, 3], "expected a grid of 64 × 64 pixels"),
        ({**TWO, 1: grid(1, 2, 128, 65)}, [2, 3], "expected a grid of 128 × 65 pixels"),
        (
            {**TWO, 1: grid(1, 2, 128, 64).with_property(b"ispe", ispe(127, 64))},
            [2, 3],
            "the grid differs in size from the picture",
        ),
        (
            {**TWO, 3: coded().with_property(b"ispe", ispe(64, 40))},
            [2, 3],
            "expected tiles of one size, received several sizes",
        ),
        (TWO, [2, 2], "a part of the picture is used twice"),
    ],
)
def test_a_grid_that_its_tiles_do_not_fill_is_rejected(
    parts: dict[int, Part], tiles: list[int], words: str
) -> None:
    assert words in refusal(heif(parts, [(b"dimg", 1, tiles)]))


def test_tiles_with_many_pixels_outside_the_picture_are_rejected() -> None:
    tile = coded().with_property(b"ispe", ispe(20_000, 20_000))
    message = refusal(heif({1: grid(1, 1, 8, 8), 2: tile}, [(b"dimg", 1, [2])]))
    assert message.endswith("received 1 × 1 tiles of 20,000 × 20,000")


def test_too_many_parts_are_rejected() -> None:
    tile = replace(coded(), data=b"")
    parts = {1: grid(25, 40, 64 * 40, 64 * 25)} | dict.fromkeys(range(2, 1_002), tile)
    message = refusal(heif(parts, [(b"dimg", 1, range(2, 1_002))]))
    assert message == "HEIC: expected at most 1,000 parts, received more"


def test_a_file_with_too_many_references_is_damaged() -> None:
    many: list[Reference] = [(b"dimg", 9, range(50_000)) for _ in range(3)]
    assert refusal(heif(TWO, [*TILES, *many])) == "the HEIC header is damaged"


def test_only_one_alpha_channel_of_the_same_size_is_accepted() -> None:
    # CVE-2026-84383 needs two, or one of another size that is scaled.
    alpha = coded().with_property(b"auxC", ALPHA)
    assert read(heif({1: coded(), 2: alpha}, [(b"auxl", 2, [1])])).alpha
    two = heif({1: coded(), 2: alpha, 3: alpha}, [(b"auxl", 2, [1]), (b"auxl", 3, [1])])
    assert refusal(two) == "HEIC: expected at most one alpha channel, received 2"
    small = alpha.with_property(b"ispe", ispe(32, 24))
    assert refusal(heif({1: coded(), 2: small}, [(b"auxl", 2, [1])])) == (
        "HEIC: expected an alpha channel of 64 × 64 pixels, received 32 × 24"
    )


def test_an_alpha_channel_of_another_item_is_left_out() -> None:
    alpha = coded().with_property(b"auxC", ALPHA)
    parts = {1: coded(), 2: alpha, 3: alpha, 4: coded(), 5: alpha}
    references: list[Reference] = [(b"auxl", 2, [1]), (b"auxl", 3, [2]), (b"auxl", 5, [4])]
    kept = read(heif(parts, references)).data
    assert (kept.count(b"infe"), kept.count(b"auxl")) == (2, 1)
    assert not read(heif({1: coded(), 4: coded(), 5: alpha}, [(b"auxl", 5, [4])])).alpha


def test_a_property_that_must_be_known_is_rejected_by_name() -> None:
    unknown = coded().with_property(b"rrtp", b"", required=True)
    assert refusal(heif({1: unknown})) == "HEIC: the property rrtp is not supported"
    optional = coded().with_property(b"cmin", bytes(24))
    assert b"cmin" not in read(heif({1: optional})).data


def test_a_property_is_accepted_once() -> None:
    twice = replace(coded(), properties=coded().properties * 2)
    assert "HEIC: expected one property" in refusal(heif({1: twice}))


def test_an_encrypted_picture_is_rejected() -> None:
    message = refusal(heif({1: replace(coded(), protected=True)}))
    assert message == "HEIC: encrypted pictures are not supported"


@pytest.mark.parametrize("part", [replace(coded(), method=2), replace(coded(), elsewhere=1)])
def test_data_outside_the_file_are_rejected(part: Part) -> None:
    assert refusal(heif({1: part})) == "the HEIC header is damaged"


def test_a_picture_without_configuration_or_size_is_damaged() -> None:
    for name in (b"hvcC", b"ispe"):
        kept = tuple(one for one in coded().properties if one[0] != name)
        assert refusal(heif({1: replace(coded(), properties=kept)})) == "the HEIC header is damaged"


def test_a_file_that_ends_before_the_data_is_incomplete() -> None:
    with pytest.raises(ProcessingFailed, match="The HEIC data are incomplete"):
        read(heif({1: coded()})[:-1])


def test_data_that_are_used_many_times_do_not_grow() -> None:
    data = heif({1: coded()})
    # Behind the kind of the box: version, sizes and count; number, method and place of the item.
    extents = data.index(b"iloc") + 4 + 8 + 6
    assert data[extents : extents + 2] == b"\0\1"
    assert refusal(_with_extents(data, extents, 10)) == "the HEIC header is damaged"


def _with_extents(data: bytes, at: int, count: int) -> bytes:
    """Return the file with the last extent repeated, without a shift of the data."""
    extent = data[at + 2 : at + 10]
    more = count.to_bytes(2, "big") + extent * count
    added = len(more) - 10
    new = data[:at] + more + data[at + 10 :]
    for name in (b"meta", b"iloc"):
        place = new.index(name) - 4
        length = int.from_bytes(new[place : place + 4], "big") + added
        new = new[:place] + length.to_bytes(4, "big") + new[place + 4 :]
    return new


@pytest.mark.parametrize(
    "kind", [b"unci", b"tili", b"mski", b"iden", b"iovl", b"tmap", b"jpeg", b"j2k1", b"mime"]
)
def test_items_that_the_picture_does_not_need_do_not_reach_the_decoder(kind: bytes) -> None:
    # Photographs of phones have gain maps and depth maps, those of cameras JPEG previews.
    parts = {1: coded(), 2: of_kind(kind), 3: replace(of_kind(kind), data=b"\xff" * 99)}
    others: list[Reference] = [(b"thmb", 2, [1]), (b"cdsc", 3, [1]), (b"dimg", 2, [1, 3])]
    track = box(b"moov", box(b"trak", bytes(99)))
    data = heif(parts, others, b"heic", track, box(b"uuid", bytes(99)))
    header = read(data)
    for name in (kind, b"moov", b"trak", b"uuid", b"thmb", b"dimg"):
        assert name not in header.data
    assert header.warning is not None, "there is a track"
    assert np.array_equal(pixels(data), pixels(heif({1: coded()})))


def test_the_file_for_the_decoder_is_read_as_itself() -> None:
    alpha = coded().with_property(b"auxC", ALPHA)
    parts = {**TWO, 4: grid(1, 2, 128, 64).with_property(b"auxC", ALPHA), 5: alpha, 6: alpha}
    references: list[Reference] = [*TILES, (b"dimg", 4, [5, 6]), (b"auxl", 4, [1])]
    references.append((b"prem", 1, [4]))
    header = read(heif(parts, references))
    assert header.alpha
    assert read(header.data) == header
    assert header.data.count(b"prem") == 1


def test_the_colour_profile_and_the_turn_are_kept() -> None:
    turned = coded().with_property(b"ispe", ispe(64, 48)).with_property(b"irot", b"\1")
    turned = turned.with_property(b"colr", b"profan icc profile")
    header = read(heif({1: turned}))
    assert header.size == Size(48, 64)
    assert header.profile == b"an icc profile"
    assert header.data.count(b"irot") == header.data.count(b"colr") == 1


def large() -> Part:
    """Return a picture of 256 × 256."""
    data = samples.heic(gradient(256, 256))
    items = read_items(data)
    properties = [(name, bytes(body), name == b"hvcC") for name, body in items.properties_of(1)]
    kept = tuple(one for one in properties if one[0] in (b"ispe", b"hvcC"))
    return Part(b"hvc1", b"".join(items.data_of(1)), kept)


def test_a_picture_that_is_coded_larger_than_its_size_is_rejected() -> None:
    # GHSA-v8qw-hwjv-44hw: a few bytes had libheif allocate gigabytes.
    assert read(heif({1: large()})).size == Size(256, 256)
    bomb = large().with_property(b"ispe", ispe(64, 64))
    expected = "HEIC: expected a coded picture of 64 × 64 pixels, received 256 × 256"
    assert refusal(heif({1: bomb})) == expected
    tiles = {1: grid(1, 2, 128, 64), 2: coded(), 3: bomb}
    assert refusal(heif(tiles, TILES)) == expected


def test_sizes_among_the_coded_data_are_read_as_well() -> None:
    configuration = {name: body for name, body, _ in large().properties}[b"hvcC"]
    start = configuration.index(b"\x42\x01") - 2
    length = int.from_bytes(configuration[start : start + 2], "big")
    unit = configuration[start + 2 : start + 2 + length]
    bomb = replace(coded(), data=len(unit).to_bytes(4, "big") + unit + coded().data)
    assert "received 256 × 256" in refusal(heif({1: bomb}))
    many = replace(coded(), data=bytes(4) * 1_001)
    assert refusal(heif({1: many})) == "the HEIC header is damaged"


@pytest.mark.parametrize("length", [0, 10, 22, 23, 40, 70])
def test_a_configuration_that_ends_early_is_damaged(length: int) -> None:
    whole = {name: body for name, body, _ in coded().properties}[b"hvcC"]
    cut = coded().with_property(b"hvcC", whole[:length], required=True)
    assert refusal(heif({1: cut})) == "the HEIC header is damaged"


@pytest.mark.parametrize("size", [(64, 64), (200, 120), (1000, 70), (4000, 3000)])
def test_the_coded_size_is_that_of_the_encoder(size: tuple[int, int]) -> None:
    items = read_items(samples.heic(Image.new("L", size)))
    configuration = dict(items.properties_of(1))[b"hvcC"]
    (coded_,) = set(coded_sizes(configuration, b"".join(items.data_of(1))))
    assert 0 <= coded_.width - max(size[0], 64) < 64
    assert 0 <= coded_.height - max(size[1], 64) < 64


def with_properties(data: bytes, *added: tuple[bytes, bytes]) -> bytes:
    """Return an AVIF with further properties of its picture, which are applied in this order."""
    items = read_items(data)
    for name, body in added:
        items.properties.append((name, memoryview(body)))
        items.associations[items.primary].append((len(items.properties), True))
    return write_picture(find_picture(items, b"av01", "AVIF"), b"avif", "AVIF")


def aperture(width: int, height: int, right: int = 0, low: int = 0) -> tuple[bytes, bytes]:
    """Return a clean aperture; the offsets of its centre are in half pixels."""
    return b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, right, 2, low, 2)


@pytest.mark.parametrize("brand", ["heic", "avif"])
def test_pixels_outside_the_aperture_count(brand: str) -> None:
    clap = struct.pack(">IIIIiIiI", 8, 1, 8, 1, 0, 1, 0, 1)
    huge = coded(f"{brand}/still").with_property(b"ispe", ispe(60_000, 50_000))
    with pytest.raises(InvalidImage, match="received 60,000 × 50,000"):
        open_picture(
            heif({1: huge.with_property(b"clap", clap)}, (), brand.encode()), Limits(10**8)
        )
    large = coded(f"{brand}/still").with_property(b"ispe", ispe(4_000, 3_000))
    data = heif({1: large.with_property(b"clap", clap)}, (), brand.encode())
    picture = open_picture(data, Limits(10**8))
    assert picture.size == Size(8, 8)
    requests = CropSettings(width=8, height=8).requests()
    cost = estimate_at(picture, picture.size, requests, FORMATS["png"])
    # Nine bytes and 45 ns for each pixel at least.
    assert cost.bytes > 9 * 12_000_000
    assert cost.seconds > 0.5


AVIF = encoded(photo(size=(96, 64)), "AVIF", quality=95)


@pytest.mark.parametrize(
    ("clap", "edges"),
    [
        (aperture(80, 50), (8, 7, 88, 57)),
        (aperture(96, 50, 0, -14), (0, 0, 96, 50)),
        (aperture(81, 64, -15), (0, 0, 81, 64)),
        (aperture(40, 30, 20, 10), (38, 22, 78, 52)),
    ],
)
@pytest.mark.parametrize("turn", [None, (b"irot", b"\1"), (b"imir", b"\0")])
def test_the_clean_aperture_of_an_avif_is_shown(
    clap: tuple[bytes, bytes], edges: tuple[int, int, int, int], turn: tuple[bytes, bytes] | None
) -> None:
    data = with_properties(AVIF, clap, *([turn] if turn else []))
    whole = Image.fromarray(pixels(AVIF)).crop(edges)
    if turn:
        turned = {b"irot": Image.Transpose.ROTATE_90, b"imir": Image.Transpose.FLIP_TOP_BOTTOM}
        whole = whole.transpose(turned[turn[0]])
    opened = open_picture(data, Limits(100_000))
    assert (opened.size.width, opened.size.height) == whole.size
    assert (pixels(data) == np.asarray(whole)).all()


@pytest.mark.parametrize("clap", [aperture(97, 64), aperture(80, 50, 40), aperture(0, 10)])
def test_an_aperture_outside_the_picture_is_ignored(clap: tuple[bytes, bytes]) -> None:
    assert (pixels(with_properties(AVIF, clap)) == pixels(AVIF)).all()


def test_the_limit_of_pixels_counts_those_outside_the_aperture() -> None:
    with pytest.raises(InvalidImage, match="pixels"):
        open_picture(with_properties(AVIF, aperture(8, 8)), Limits(6_000))


def sequence(mode: str = "RGB", *, with_item: bool = False) -> bytes:
    """Return an AVIF of two frames, without the item for readers of still pictures."""
    first = photo(size=(96, 64)).convert(mode)
    if mode == "RGBA":
        first.putalpha(Image.linear_gradient("L").resize(first.size))
    second = first.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    data = encoded(first, "AVIF", quality=95, save_all=True, append_images=[second])
    at = data.index(b"meta")
    return data if with_item else data[:at] + b"free" + data[at + 4 :]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_sequence_without_items_is_decoded(mode: str) -> None:
    pictures = [
        open_picture(sequence(mode, with_item=with_item), Limits(100_000))
        for with_item in (True, False)
    ]
    images = [picture.pixels(1).native() for picture in pictures]
    assert images[0].tobytes() == images[1].tobytes()
    assert pictures[1].warnings == [ANIMATED]
    assert pictures[1].alpha == (mode == "RGBA")


@pytest.mark.parametrize("box_", [b"trak", b"hdlr", b"stsd", b"stsz", b"stco", b"av01", b"av1C"])
def test_a_sequence_that_lacks_a_box_is_rejected(box_: bytes) -> None:
    with pytest.raises(SmartCropError):
        pixels(sequence().replace(box_, b"free"))


@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_a_damaged_sequence_is_no_crash(place: float, value: int) -> None:
    data = bytearray(_SEQUENCE)
    start, end = data.index(b"moov"), data.index(b"mdat")
    data[start + int((end - start) * place)] = value
    with suppress(SmartCropError):  # other errors are raised
        read(bytes(data))


_SEQUENCE = sequence("RGBA")
