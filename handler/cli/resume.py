"""What has been entries to a folder, so that a run that was broken off goes on from there."""

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
"""The file that it is kept in, beside the results: a line of JSON for each picture."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The record of a folder of results.

    Attributes:
        folder: that the results are in.
        settings: that pictures are cropped with, in their canonical form.
        entries: what was written down of earlier runs, by the target.
    """

    folder: Path
    settings: str
    entries: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @classmethod
    def of(cls, folder: Path, settings: CropSettings) -> "RunRecord":
        """Read the record of a folder; lines that were cut off count as not written.

        Raises:
            Unwritable: there is one, and the system does not let it be read.
        """
        try:
            text = (folder / FILENAME).read_text(errors="replace")
        except FileNotFoundError:
            text = ""
        except OSError as error:
            raise Unwritable(f"{folder / FILENAME}: {error.strerror}") from error
        return cls(folder, settings.canonical(), dict(map(_entry, text.splitlines())))

    def without_entries(self) -> "RunRecord":
        """The same, without what it has read: for processes that only add to it."""
        return replace(self, entries={})

    def results(self) -> frozenset[str]:
        """Real paths of all results of earlier runs."""
        names = (name for line in self.entries.values() for name in line.get("results", {}))
        return frozenset(os.path.realpath(self.folder / name) for name in names)

    def has(self, source: Source, target: Path) -> bool:
        """Whether a picture was cropped, with these settings, and neither it nor a result changed.

        Args:
            source: the picture.
            target: where its results go; see `handler.cli.outputs.Target`.
        """
        line = self.entries.get(self._relative(target))
        try:
            if line is None or not _state(source, self.settings).items() <= line.items():
                return False
            results = line["results"].items()
            return all((self.folder / name).stat().st_size == size for name, size in results)
        except (OSError, AttributeError, LookupError, TypeError):  # it is gone, or no line of ours
            return False

    def add(self, source: Source, target: Path, results: Sequence[Path]) -> None:
        """Write down that a picture was cropped. Several processes may do so at once.

        Raises:
            Unwritable: the system refused.
        """
        try:
            self._add(source, target, results)
        except OSError as error:
            raise Unwritable(f"{self.folder / FILENAME}: {error.strerror}") from error

    def _add(self, source: Source, target: Path, results: Sequence[Path]) -> None:
        sizes = {self._relative(path): path.stat().st_size for path in results}
        line = {"target": self._relative(target), **_state(source, self.settings), "results": sizes}
        with open(
            self.folder / FILENAME, "ab", buffering=0
        ) as file:  # one write, whole or not at all
            file.write(json.dumps(line).encode() + b"\n")

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def _state(source: Source, settings: str) -> dict[str, Any]:
    """What a result depends on."""
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
