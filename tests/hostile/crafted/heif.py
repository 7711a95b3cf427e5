"""HEIC and AVIF files with items that no photograph has."""

from dataclasses import replace
from functools import partial

from tests.hostile.crafted.case import Case, accepted, rejected
from tests.hostile.heif import ALPHA, SIZE, box, coded, grid, heif, ispe

_KINDS = (b"iden", b"iovl", b"unci", b"mski", b"tili", b"tmap", b"jpeg", b"j2k1", b"avc1", b"vvc1")


def _primary(kind: bytes) -> bytes:
    return heif({1: replace(coded(), kind=kind)})


def _tile(kind: bytes) -> bytes:
    return heif({1: grid(1, 1, *SIZE), 2: replace(coded(), kind=kind)}, [(b"dimg", 1, [2])])


def _alpha(kind: bytes) -> bytes:
    alpha = replace(coded(), kind=kind).with_property(b"auxC", ALPHA)
    return heif({1: coded(), 2: alpha}, [(b"auxl", 2, [1])])


def _nested_alpha() -> bytes:
    """Return a file of the kind of CVE-2026-84383: alpha channels through a copy."""
    alpha = coded().with_property(b"auxC", ALPHA)
    copy = replace(alpha, kind=b"iden", data=b"")
    references = [(b"auxl", 2, [1]), (b"auxl", 3, [1]), (b"dimg", 2, [3])]
    return heif({1: coded(), 2: copy, 3: alpha}, references)


def _unused(kind: bytes) -> bytes:
    unused = replace(coded(), kind=kind, data=b"\xff" * 99)
    track = box(b"moov", box(b"trak", b"\xff" * 99))
    return heif({1: coded(), 2: unused}, [(b"thmb", 2, [1])], b"heic", track)


CASES: dict[str, Case] = {
    **{f"picture-of-{kind.decode()}": rejected(partial(_primary, kind)) for kind in _KINDS},
    **{f"tile-of-{kind.decode()}": rejected(partial(_tile, kind)) for kind in (b"grid", *_KINDS)},
    **{f"alpha-of-{kind.decode()}": rejected(partial(_alpha, kind)) for kind in _KINDS},
    "alpha-through-a-copy": rejected(_nested_alpha),
    "grid-of-itself": rejected(lambda: heif({1: grid(1, 1, *SIZE)}, [(b"dimg", 1, [1])])),
    "grids-in-a-circle": rejected(
        lambda: heif(
            {1: grid(1, 1, *SIZE), 2: grid(1, 1, *SIZE)}, [(b"dimg", 1, [2]), (b"dimg", 2, [1])]
        )
    ),
    "grid-of-65536-tiles": rejected(
        lambda: heif({1: grid(256, 256, 16_384, 16_384), 2: coded()}, [(b"dimg", 1, [2])])
    ),
    "grid-without-tiles": rejected(lambda: heif({1: grid(1, 1, *SIZE)})),
    "grid-of-one-pixel-from-a-large-tile": rejected(
        lambda: heif(
            {1: grid(1, 1, 1, 1), 2: coded().with_property(b"ispe", ispe(60_000, 60_000))},
            [(b"dimg", 1, [2])],
        )
    ),
    "grid-of-one-tile": accepted(
        lambda: heif({1: grid(1, 1, *SIZE), 2: coded()}, [(b"dimg", 1, [2])])
    ),
    **{f"unused-{kind.decode()}": accepted(partial(_unused, kind)) for kind in (b"unci", b"iovl")},
    "avif-with-a-picture-of-hvc1": rejected(lambda: heif({1: coded()}, brand=b"avif")),
    "heic-with-a-picture-of-av01": rejected(lambda: heif({1: coded("avif/still")})),
}
