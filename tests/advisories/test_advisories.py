"""Every library that files of clients reach has a row, and every advisory a verdict."""

import re
import tomllib
from fnmatch import fnmatch
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from handler.codec.formats import FORMATS
from tests.advisories import installed
from tests.needs import needs_linux
from tests.template.stack import ROOT

_TABLE = tomllib.loads(Path(__file__).with_name("advisories.toml").read_text())
LIBRARIES: list[dict[str, Any]] = _TABLE["library"]
ADVISORIES: list[dict[str, Any]] = _TABLE["advisory"]
VERSIONS = installed.versions()
# Libraries of the system and of Python, which know nothing of pictures.
_NEUTRAL = (
    *("ld-linux*", "libc.so*", "libm.so*", "libstdc++*", "libgcc_s*", "libpthread*", "libdl.so*"),
    *("librt.so*", "libutil.so*", "libpython*", "libffi*", "libssl*", "libcrypto*", "libbz2*"),
    *("libexpat*", "libuuid*", "libsqlite*", "libmpdec*", "libtcl*", "libtk*", "libX*", "libxcb*"),
    *("libbsd*", "libmd.so*"),
)


def numbers(version: str) -> tuple[int, ...]:
    found = takewhile(str.isdecimal, re.split(r"[.+-]", version))
    return tuple(int(number) for number in found)


def affects(advisory: dict[str, Any]) -> bool:
    """Return whether the installed version has the error."""
    library = next(one for one in LIBRARIES if one["name"] == advisory["library"])
    revision = installed.debian_revision(library["debian"]) if "debian" in library else None
    if revision is not None and revision[0] in advisory.get("debian", {}):
        return not installed.is_at_least(revision[1], advisory["debian"][revision[0]])
    version = numbers(VERSIONS[advisory["library"]])
    if version < numbers(advisory.get("introduced", "0")):
        return False
    return "fixed_in" not in advisory or version < numbers(advisory["fixed_in"])


def undecided(advisories: list[dict[str, Any]]) -> list[str]:
    """Return the ids of advisories that affect an installed version and have no verdict."""
    open_ = (one for one in advisories if affects(one) and "verdict" not in one)
    return [f"{id_} of {one['library']}" for one in open_ for id_ in one["ids"]]


def test_every_advisory_of_an_installed_version_has_a_verdict() -> None:
    assert undecided(ADVISORIES) == []


def test_an_advisory_without_a_verdict_is_found() -> None:
    new = {"ids": ["CVE-2099-1"], "library": "libjxl", "fixed_in": "99.0"}
    assert undecided([new]) == ["CVE-2099-1 of libjxl"]
    assert undecided([{**new, "fixed_in": "0.1"}, {**new, "introduced": "98.0"}]) == []


@pytest.mark.parametrize("advisory", ADVISORIES, ids=lambda one: one["ids"][0])
def test_every_verdict_has_its_reason(advisory: dict[str, Any]) -> None:
    assert advisory["what"].endswith(".")
    assert all(re.fullmatch(r"(CVE|GHSA)-[\w-]+|\w+ v[\d.]+", id_) for id_ in advisory["ids"])
    verdict = advisory.get("verdict")
    assert verdict in (None, "contained", "unreachable")
    if verdict == "contained":
        assert {name for name in advisory["formats"] if not FORMATS[name].isolated} == set()
    if verdict == "unreachable":
        assert advisory["because"]
    if verdict == "unreachable" or "test" in advisory:
        file, _, name = advisory["test"].partition("::")
        assert f"\ndef {name}(" in (ROOT / file).read_text()


def test_every_library_is_listed_once_with_its_version() -> None:
    names = [library["name"] for library in LIBRARIES]
    assert sorted(names) == sorted(set(names))
    assert set(names) == set(VERSIONS)
    unknown = {name for name, version in VERSIONS.items() if not version}
    # A library that states no version, or that is not installed, must read nothing.
    reads = {library["name"]: library["reads"] for library in LIBRARIES}
    assert [name for name in unknown if not reads[name].startswith("nothing")] == []


def rows(path: Path) -> list[str]:
    """Return the names of the libraries that a shared object contains."""
    patterns = {
        library["name"]: [f"*/{one}" for one in library.get("files", ())]
        + [f"*/{one}" for one in library.get("extensions", ())]
        for library in LIBRARIES
    }
    return [name for name, found in patterns.items() if any(fnmatch(str(path), p) for p in found)]


@needs_linux
def test_every_loaded_library_has_a_row() -> None:
    loaded = installed.mapped_libraries()
    assert any("libheif" in path.name for path in loaded)
    missing = [
        str(path)
        for path in loaded
        if not rows(path)
        and not any(fnmatch(path.name, pattern) for pattern in _NEUTRAL)
        and "lib-dynload" not in path.parts
    ]
    assert missing == []


def test_a_library_without_a_row_is_found() -> None:
    assert rows(Path("/usr/lib/libnew.so.1")) == []
    assert rows(Path("/usr/lib/libz.so.1")) == ["zlib"]


def test_libheif_is_one_without_known_critical_errors() -> None:
    # CVE-2026-84383 was fixed in 1.23.2. The package pi-heif ends with 1.23.0.
    assert numbers(VERSIONS["libheif"]) >= (1, 23, 4)
    assert numbers(VERSIONS["libde265"]) >= (1, 1, 3)
