"""TIFF files with false sizes, loops and decompression bombs."""

import zlib
from functools import partial

from tests.hostile.builders import TiffValue, tiff, tiff_entry
from tests.hostile.crafted.case import Case, accepted, either, rejected
from tests.hostile.specimens import specimen

_PIXELS = bytes(range(48)) * 64
# Compressions that Pillow or libtiff support and the service rejects.
_OTHER_COMPRESSIONS = (0, 6, 7, 9, 32_771, 32_809, 33_003, 34_676, 34_677, 34_712, 34_887, 34_925)
_LATER_COMPRESSIONS = (50_000, 50_001, 50_002, 65_535)
_ZLIB = zlib.compress(bytes(1_000_000), 9)


def _fields(**changes: TiffValue | None) -> dict[int, TiffValue]:
    """Return a grey picture of 64×48; arguments are ``t`` and the tag, None removes a field."""
    fields: dict[int, TiffValue] = {
        256: [64],
        257: [48],
        258: [8],
        259: [1],
        262: [1],
        273: [8],
        277: [1],
        278: [48],
        279: [64 * 48],
    }
    for name, value in changes.items():
        if value is None:
            del fields[int(name[1:])]
        else:
            fields[int(name[1:])] = value
    return fields


def _grey(**changes: TiffValue | None) -> bytes:
    return tiff(_fields(**changes), _PIXELS)


def _compressed(number: int, payload: bytes = _PIXELS) -> bytes:
    return tiff(_fields(t259=[number], t279=[len(payload)]), payload)


def _deflated(payload: bytes, **changes: TiffValue | None) -> bytes:
    fields: dict[str, TiffValue | None] = {"t259": [8], "t279": [len(payload)], **changes}
    return tiff(_fields(**fields), payload)


def _circle() -> bytes:
    """Return a TIFF whose directory refers to itself as the next one."""
    start = 8 + len(_PIXELS)
    return tiff(_fields(), _PIXELS, following=start)


def _pages(count: int) -> bytes:
    """Return a TIFF with a chain of ``count`` directories."""
    data = tiff(_fields(), _PIXELS)
    start = int.from_bytes(data[4:8], "little")
    page = data[start : start + 2 + 12 * 9]
    chain = [page + (start + i * (len(page) + 4)).to_bytes(4, "little") for i in range(1, count)]
    return data[:start] + b"".join(chain) + page + bytes(4)


def _jpeg_compressed(old: bool) -> bytes:
    """Return a TIFF with a JPEG as a strip, as scanners write it."""
    payload = specimen("jpeg/grey")
    changes: dict[str, TiffValue | None] = {"t259": [6 if old else 7], "t279": [len(payload)]}
    if old:
        changes |= {"t513": [8], "t514": [len(payload)]}
    return tiff(_fields(**changes), payload)


def _bomb(fields: int, size: int) -> bytes:
    """Return a TIFF with many fields that refer to the same bytes."""
    entries = (tiff_entry(40_000 + i, 7, size, 8) for i in range(fields))
    return tiff(_fields(), _PIXELS + bytes(size), entries=entries)


def _strips(count: int, rows: int, **changes: TiffValue | None) -> bytes:
    """Return a TIFF with strips that all refer to the same bytes."""
    return _grey(t273=[8] * count, t278=[rows], t279=[64 * rows] * count, **changes)


def _overlapping(fill_order: int) -> bytes:
    """Return a TIFF with a thousand strips, each as long as the file."""
    payload = _ZLIB + bytes(2_000_000)
    return _deflated(
        payload,
        t257=[1_000],
        t266=[fill_order],
        t273=[8] * 1_000,
        t278=[1],
        t279=[len(payload)] * 1_000,
    )


def _tiles(width: int, length: int, count: int = 1) -> bytes:
    changes: dict[str, TiffValue | None] = dict.fromkeys(("t273", "t278", "t279"))
    changes |= {"t322": [width], "t323": [length], "t324": [8] * count, "t325": [99] * count}
    return _grey(**changes)


CASES: dict[str, Case] = {
    "specimen-by-hand": accepted(_grey),
    "signature-only": rejected(lambda: b"II*\0"),
    "header-only": rejected(lambda: b"II*\0\x08\0\0\0"),
    "directory-outside": rejected(lambda: b"MM\0*\x7f\xff\xff\xff" + bytes(99)),
    "directory-of-nothing": rejected(lambda: tiff({})),
    "directory-cut-short": rejected(lambda: _grey()[:-90]),
    "big-tiff": rejected(lambda: b"II+\0\x08\0\0\0" + bytes(99)),
    "no-size": rejected(lambda: _grey(t256=None)),
    "no-strips": rejected(lambda: _grey(t273=None)),
    "width-of-zero": rejected(lambda: _grey(t256=[0])),
    "length-of-zero": rejected(lambda: _grey(t257=[0])),
    "width-of-two-numbers": rejected(lambda: _grey(t256=[64, 64])),
    "width-of-text": rejected(lambda: _grey(t256=b"64  ")),
    "4-billion-wide": rejected(lambda: _grey(t256=[2**32 - 1])),
    "4-billion-squared": rejected(lambda: _grey(t256=[2**32 - 1], t257=[2**32 - 1])),
    "65535-squared": rejected(lambda: _grey(t256=[65_535], t257=[65_535], t278=[65_535])),
    "12000-squared": rejected(lambda: _grey(t256=[12_000], t257=[12_000], t278=[12_000])),
    "deflated-12000-squared": rejected(
        lambda: _deflated(_ZLIB + bytes(200_000), t256=[12_000], t257=[12_000], t278=[12_000])
    ),
    "larger-than-its-data": rejected(lambda: _grey(t257=[480], t278=[480])),
    "deflated-data-for-a-larger-picture": rejected(
        lambda: _deflated(zlib.compress(_PIXELS), t257=[480], t278=[480])
    ),
    "deflated-data-of-noise": rejected(lambda: _deflated(b"noise" * 200)),
    "lzw-data-of-noise": rejected(lambda: _compressed(5, b"\xff\x00noise" * 200)),
    "packbits-data-of-noise": either(lambda: _compressed(32_773, b"\x81noise" * 200)),
    "deflated-megabytes-for-48-rows": either(lambda: _deflated(_ZLIB)),
    "fax-of-noise": either(
        lambda: tiff(
            _fields(t258=[1], t259=[4], t279=[999]), b"\x01\x23\x45\x67\x89\xab\xcd\xef\x10" * 111
        )
    ),
    "fax-of-6000-empty-rows": either(
        lambda: tiff(
            _fields(t256=[2_000], t257=[6_000], t258=[1], t259=[4], t278=[6_000], t279=[900]),
            b"\xff" * 900,
        )
    ),
    "fax-of-6000-rows-of-noise": either(
        lambda: tiff(
            _fields(t256=[2_000], t257=[6_000], t258=[1], t259=[3], t278=[6_000], t279=[99_000]),
            b"\x01\x23\x45\x67\x89\xab\xcd\xef\x10" * 11_000,
        )
    ),
    "jpeg-compressed": either(lambda: _jpeg_compressed(old=False)),
    "jpeg-compressed-the-old-way": rejected(lambda: _jpeg_compressed(old=True)),
    **{
        f"compression-{number}": rejected(partial(_compressed, number))
        for number in _OTHER_COMPRESSIONS + _LATER_COMPRESSIONS
    },
    "compression-of-two-numbers": rejected(lambda: _grey(t259=[1, 7])),
    "compression-twice": accepted(
        lambda: tiff(_fields(), _PIXELS, entries=[tiff_entry(259, 3, 1, 7)])
    ),
    "jpeg-tables-with-plain-data": accepted(lambda: _grey(t347=specimen("jpeg/grey"))),
    "directory-that-is-its-own-next": accepted(_circle),
    "ten-thousand-pages": accepted(lambda: _pages(10_000)),
    "previews-that-go-in-circles": accepted(lambda: _grey(t330=[8 + len(_PIXELS)] * 99)),
    "exif-that-goes-in-circles": accepted(lambda: _grey(t34665=[8 + len(_PIXELS)])),
    "exif-outside": accepted(lambda: _grey(t34665=[2**32 - 1])),
    "20000-fields-of-a-megabyte": accepted(lambda: _bomb(20_000, 1_000_000)),
    "field-outside": accepted(
        lambda: tiff(_fields(), _PIXELS, entries=[tiff_entry(700, 1, 2**32 - 1, 8)])
    ),
    "field-of-an-unknown-type": accepted(
        lambda: tiff(_fields(), _PIXELS, entries=[tiff_entry(700, 99, 5, 8)])
    ),
    "strip-offset-outside": rejected(lambda: _grey(t273=[2**32 - 1])),
    "strip-in-the-header": either(lambda: _grey(t273=[0])),
    "strip-of-4-gigabytes": either(lambda: _grey(t279=[2**32 - 1])),
    "strip-of-zero-bytes": either(lambda: _grey(t279=[0])),
    "deflated-strip-of-4-gigabytes": either(
        lambda: _deflated(zlib.compress(_PIXELS), t279=[2**32 - 1])
    ),
    "deflated-strip-of-zero-bytes": either(lambda: _deflated(zlib.compress(_PIXELS), t279=[0])),
    "strips-missing": rejected(lambda: _strips(3, 8)),
    "strips-too-many": accepted(lambda: _strips(600, 8)),
    "rows-per-strip-of-zero": rejected(lambda: _grey(t278=[0])),
    "rows-per-strip-of-4-billion": accepted(lambda: _grey(t278=[2**32 - 1])),
    "a-million-strips": rejected(
        lambda: _deflated(_ZLIB, t256=[8], t257=[1_000_000], t273=[8] * 1_000_000, t278=[1])
    ),
    "a-thousand-strips-of-the-whole-file": rejected(partial(_overlapping, 1)),
    "a-thousand-strips-of-the-whole-file-reversed": rejected(partial(_overlapping, 2)),
    "tile-of-65535-squared": rejected(lambda: _tiles(65_535, 65_535)),
    "tile-of-4-billion-squared": rejected(lambda: _tiles(2**32 - 1, 2**32 - 1)),
    "tile-of-no-width": rejected(lambda: _tiles(0, 16)),
    "tiles-of-a-pixel": accepted(lambda: _tiles(1, 1, 64 * 48)),
    "tiles-missing": rejected(lambda: _tiles(16, 16)),
    "tiles-and-strips": either(lambda: _grey(t322=[64], t323=[48], t324=[8], t325=[len(_PIXELS)])),
    "samples-of-4-billion": rejected(lambda: _grey(t277=[2**32 - 1])),
    "samples-of-100": rejected(lambda: _grey(t277=[100])),
    "planes-of-100-samples": rejected(lambda: _grey(t277=[100], t284=[2])),
    "depth-of-zero": rejected(lambda: _grey(t258=[0])),
    "depth-of-4-billion": rejected(lambda: _grey(t258=[2**32 - 1])),
    "depth-of-32": rejected(lambda: _grey(t258=[32])),
    "depths-that-differ": rejected(lambda: _grey(t258=[8, 16, 4], t277=[3])),
    "unknown-photometry": rejected(lambda: _grey(t262=[999])),
    "unknown-planes": either(lambda: _grey(t284=[9])),
    "unknown-predictor": either(lambda: _deflated(zlib.compress(_PIXELS), t317=[9])),
    "unknown-fill-order": rejected(lambda: _grey(t266=[9])),
    "palette-missing": rejected(lambda: _grey(t262=[3])),
    "palette-too-short": either(lambda: _grey(t262=[3], t320=[1, 2, 3])),
    "palette-of-a-million": rejected(lambda: _grey(t262=[3], t320=[0] * 1_000_000)),
    "subsampling-of-zero": rejected(
        lambda: _deflated(zlib.compress(_PIXELS), t262=[6], t258=[8, 8, 8], t277=[3], t530=[0, 0])
    ),
    "subsampling-of-99": rejected(
        lambda: _deflated(zlib.compress(_PIXELS), t262=[6], t258=[8, 8, 8], t277=[3], t530=[99, 99])
    ),
    "orientation-of-9": accepted(lambda: _grey(t274=[9])),
    "orientation-of-4-billion": accepted(lambda: _grey(t274=[2**32 - 1])),
    "profile-of-noise": accepted(lambda: _grey(t34675=b"noise" * 99)),
    "profile-of-5-megabytes": rejected(lambda: _grey(t34675=bytes(5 << 20))),
    "more-extra-samples-than-samples": rejected(lambda: _grey(t338=[1] * 7)),
    "zip-behind-it": accepted(lambda: _grey() + b"PK\3\4" + bytes(99)),
}
