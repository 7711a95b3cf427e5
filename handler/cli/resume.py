"""The record of the pictures that were cropped, so that an interrupted run can be resumed."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from handler import __version__
from handler.cli.inputs import Source
from handler.cli.outputs import Unwritable
from handler.settings import CropSettings

FILENAME = ".smart-crop.jsonl"
"""Name of the file next to the results that has a line of JSON for each picture."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The record of a folder of results.

    Attributes:
        folder: folder of the results.
        settings: settings of this run, in their canonical form.
        entries: entries of earlier runs, by the target.
    """

    folder: Path
    settings: str
    entries: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @classmethod
    def of(cls, folder: Path, settings: CropSettings) -> "RunRecord":
        """Read the record of a folder, or begin one. Incomplete lines are ignored.

        Raises:
            Unwritable: the record exists and cannot be read.
        """
        try:
            text = (folder / FILENAME).read_text(errors="replace")
        except FileNotFoundError:
            text = ""
        except OSError as error:
            raise Unwritable(f"{folder / FILENAME}: {error.strerror}") from error
        return cls(folder, settings.canonical(), dict(map(_entry, text.splitlines())))

    def without_entries(self) -> "RunRecord":
        """Return the record without its entries, for worker processes that only add to it."""
        return replace(self, entries={})

    def results(self) -> frozenset[str]:
        """Return the real paths of all results of earlier runs."""
        names = (name for line in self.entries.values() for name in line.get("results", {}))
        return frozenset(os.path.realpath(self.folder / name) for name in names)

    def has(self, source: Source, target: Path) -> bool:
        """Return whether an earlier run cropped a picture with these settings.

        The answer is False if the picture or a result has changed since.

        Args:
            source: the picture.
            target: path of the target; see `handler.cli.outputs.Target`.
        """
        line = self.entries.get(self._relative(target))
        try:
            if line is None or not _state(source, self.settings).items() <= line.items():
                return False
            results = line["results"].items()
            return all((self.folder / name).stat().st_size == size for name, size in results)
        except (OSError, AttributeError, LookupError, TypeError):
            # A file is missing, or the entry is malformed.
            return False

    def add(self, source: Source, target: Path, results: Sequence[Path]) -> None:
        """Add the entry of a picture. Several processes may add entries at once.

        Args:
            source: the picture.
            target: path of the target.
            results: paths of its results.

        Raises:
            Unwritable: the entry cannot be written.
        """
        try:
            self._add(source, target, results)
        except OSError as error:
            raise Unwritable(f"{self.folder / FILENAME}: {error.strerror}") from error

    def _add(self, source: Source, target: Path, results: Sequence[Path]) -> None:
        sizes = {self._relative(path): path.stat().st_size for path in results}
        line = {"target": self._relative(target), **_state(source, self.settings), "results": sizes}
        # Unbuffered, so that the line is one write, which processes cannot interleave.
        with open(self.folder / FILENAME, "ab", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def _state(source: Source, settings: str) -> dict[str, Any]:
    """Return the facts that a result depends on."""
    status = os.stat(source.name)
    return {
        "source": source.label,
        "size": status.st_size,
        "modified": status.st_mtime_ns,
        "settings": settings,
        "version": __version__,
    }


def _entry(text: str) -> tuple[str, Mapping[str, Any]]:
    try:
        line = json.loads(text)
        return str(line["target"]), line
    except (ValueError, LookupError, TypeError, RecursionError):
        return "", {}
