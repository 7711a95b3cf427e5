"""What is to be cropped: the files that were named, and the pictures in folders that were."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handler.codec import FORMATS

# What files of the formats are also called.
_OTHER_EXTENSIONS = {"heif", "j2k", "jfif", "jpc", "jpe", "jpeg", "jpf", "jpx", "tiff"}
EXTENSIONS = frozenset({format_.extension for format_ in FORMATS.values()} | _OTHER_EXTENSIONS)
"""The extensions by which pictures are known in a folder."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture to crop.

    Attributes:
        name: its path, or ``-`` for standard input.
        subfolder: the folder that it is in, from the one that was named; empty for a file that was
            named itself.
    """

    name: str
    subfolder: Path = Path()

    @property
    def label(self) -> str:
        """Its path from the folder that was named."""
        return str(self.subfolder / Path(self.name).name)


def has_folder(names: Sequence[str]) -> bool:
    """Whether any of the names is that of a folder."""
    return any(map(os.path.isdir, names))


def find_sources(names: Sequence[str], excluded: frozenset[str] = frozenset()) -> list[Source]:
    """List the pictures that names stand for; those in folders by name, hidden ones left out.

    Args:
        names: files, folders, or ``-``.
        excluded: real paths of folders and files that are not looked at in folders.
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
                yield Source(os.path.join(folder, file), subfolder)


def _is_included(folder: str, name: str, excluded: frozenset[str]) -> bool:
    hidden = name.startswith(".")
    return not hidden and os.path.realpath(os.path.join(folder, name)) not in excluded
