"""The pictures to crop: named files, and the pictures in named folders."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from handler.codec import FORMATS

STANDARD_STREAM = "-"
# Other extensions of files in these formats.
_OTHER_EXTENSIONS = frozenset(("heif", "j2k", "jfif", "jpc", "jpe", "jpf", "jpx"))
EXTENSIONS = _OTHER_EXTENSIONS.union(*(format_.extensions for format_ in FORMATS.values()))
"""The extensions of the files in a folder that are treated as pictures."""


class Source(Struct, frozen=True):
    """A picture to crop.

    Attributes:
        name: path of the file, or ``-`` for standard input.
        subfolder: folder of the file, relative to the named folder; empty for a named file.
        named: whether the file itself is named, and not its folder.
    """

    name: str
    subfolder: Path = Path()
    named: bool = True

    @property
    def label(self) -> str:
        """Path of the file, relative to the named folder."""
        return str(self.subfolder / Path(self.name).name)


def has_folder(names: Sequence[str]) -> bool:
    """Return whether any of the names is that of a folder."""
    return any(map(os.path.isdir, names))


def find_sources(names: Sequence[str], excluded: frozenset[str] = frozenset()) -> list[Source]:
    """Return the named files, and the pictures in named folders, sorted by name.

    Hidden files and folders are skipped.

    Args:
        names: files, folders, or ``-``.
        excluded: real paths of files and folders to skip in folders.
    """
    return [source for name in names for source in _found(name, excluded)]


def _found(name: str, excluded: frozenset[str]) -> Iterator[Source]:
    if not os.path.isdir(name):
        yield Source(name)
        return
    for folder, folders, files in os.walk(name):
        folders[:] = sorted(each for each in folders if _is_included(folder, each, excluded))
        subfolder = Path(os.path.relpath(folder, name))
        for file in sorted(files):
            known = file.rpartition(".")[2].lower() in EXTENSIONS
            if known and _is_included(folder, file, excluded):
                yield Source(os.path.join(folder, file), subfolder, named=False)


def _is_included(folder: str, name: str, excluded: frozenset[str]) -> bool:
    hidden = name.startswith(".")
    return not hidden and os.path.realpath(os.path.join(folder, name)) not in excluded
