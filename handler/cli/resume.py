"""The record of the pictures that were cropped, so that runs can be resumed and names stay."""

import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from handler import __version__
from handler.cli.inputs import STANDARD_STREAM, Source
from handler.cli.outputs import Unwritable
from handler.settings import CropSettings, lone_side

FILENAME = ".smart-crop.jsonl"
"""Name of the file next to the results that has a line of JSON for each picture."""

_Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The record of a folder of results.

    Attributes:
        folder: folder of the results.
        settings: settings of this run, in their canonical form.
        entries: last entry of each target in earlier runs, by the target; in the order of their
            lines.
        made: names of all results of a target in earlier runs, by the target.
    """

    folder: Path
    settings: str
    entries: Mapping[str, _Entry] = field(repr=False)
    made: Mapping[str, frozenset[str]] = field(repr=False)

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
        entries: dict[str, _Entry] = {}
        made: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
        for target, entry in filter(None, map(_entry, text.splitlines())):
            entries.pop(target, None)  # so that the order is that of the last lines
            entries[target] = entry
            made[target] |= _names(entry)
        return cls(folder, _written(settings), entries, dict(made))

    def without_entries(self) -> "RunRecord":
        """Return the record without its entries, for worker processes that only add to it."""
        return replace(self, entries={}, made={})

    def results(self) -> frozenset[str]:
        """Return the real paths of all results of earlier runs."""
        return frozenset(self._real(name) for names in self.made.values() for name in names)

    def results_of(self, target: Path) -> frozenset[str]:
        """Return the real paths of the results that earlier runs wrote for a target."""
        return frozenset(map(self._real, self.made.get(self._relative(target), ())))

    def earlier_paths(self, sources: Sequence[Source]) -> list[list[Path]]:
        """Return the targets that each picture had in earlier runs, relative to the folder.

        A picture can have several: as a file, as one of its folder, and as one of the folder above.
        It is recognised by its path. If the pictures were moved, it is recognised by its place in
        the named folder.
        """
        by_path: defaultdict[str, list[str]] = defaultdict(list)
        by_label: defaultdict[str, list[str]] = defaultdict(list)
        for name, entry in self.entries.items():
            path, label = str(entry.get("path", "")), str(entry.get("source", ""))
            by_path[path].append(name)
            if not path or not os.path.exists(self.folder / path):
                by_label[label].append(name)
        return [
            [Path(name) for name in (*by_path[self._path_of(source)], *by_label[source.label])]
            for source in sources
        ]

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
        """Add the entry of a picture, unless it is standard input.

        Several processes may add entries at once.

        Args:
            source: the picture.
            target: path of the target.
            results: paths of its results.

        Raises:
            Unwritable: the entry cannot be written.
        """
        if source.name == STANDARD_STREAM:
            return
        try:
            self._add(source, target, results)
        except OSError as error:
            raise Unwritable(f"{self.folder / FILENAME}: {error.strerror}") from error

    def _add(self, source: Source, target: Path, results: Sequence[Path]) -> None:
        line = {
            "target": self._relative(target),
            "path": self._path_of(source),
            **_state(source, self.settings),
            "results": {self._relative(path): path.stat().st_size for path in results},
        }
        # Unbuffered, so that the line is one write, which processes cannot interleave.
        with open(self.folder / FILENAME, "ab", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")

    def _path_of(self, source: Source) -> str:
        """Return the path of a picture, relative to the folder, so that both can be moved."""
        folder, name = os.path.split(os.path.abspath(source.name))
        return os.path.relpath(
            os.path.join(os.path.realpath(folder), name), os.path.realpath(self.folder)
        )

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _real(self, name: str) -> str:
        return os.path.realpath(self.folder / name)


@dataclass(frozen=True, slots=True)
class SiblingRecords:
    """The records of results that are next to their pictures: one in each of their folders.

    Attributes:
        records: the records by their folders.
    """

    records: Mapping[Path, RunRecord]

    @classmethod
    def of(cls, sources: Sequence[Source], settings: CropSettings) -> "SiblingRecords":
        """Read the records of the folders of named files, or begin them.

        Raises:
            Unwritable: a record exists and cannot be read.
        """
        folders = dict.fromkeys(Path(source.name).parent for source in sources)
        return cls({folder: RunRecord.of(folder, settings) for folder in folders})

    def without_entries(self) -> "SiblingRecords":
        """Return the records without their entries; see `RunRecord.without_entries`."""
        return SiblingRecords({path: each.without_entries() for path, each in self.records.items()})

    def results_of(self, target: Path) -> frozenset[str]:
        """Return the real paths of all results that earlier runs wrote for a target."""
        return self.records[target.parent].results_of(target)

    def earlier_paths(self, sources: Sequence[Source]) -> list[list[Path]]:
        """Return the targets that each picture had in earlier runs."""
        return [
            [folder / path for path in self.records[folder].earlier_paths([source])[0]]
            for source in sources
            for folder in [Path(source.name).parent]
        ]

    def targets(self) -> list[Path]:
        """Return the targets of all earlier runs."""
        return [folder / name for folder, each in self.records.items() for name in each.entries]

    def has(self, source: Source, target: Path) -> bool:
        """Return whether an earlier run cropped a picture; see `RunRecord.has`."""
        return self.records[target.parent].has(source, target)

    def add(self, source: Source, target: Path, results: Sequence[Path]) -> None:
        """Add the entry of a picture to the record of its folder; see `RunRecord.add`."""
        self.records[target.parent].add(source, target, results)


Record = RunRecord | SiblingRecords
"""The record of a run: of one folder of results, or of results next to their pictures."""


def _written(settings: CropSettings) -> str:
    """Return settings in their canonical form; a lone side's other one depends on the picture."""
    text = settings.canonical()
    return text if lone_side(settings) is None else f"{text} with the aspect ratio of the picture"


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


def _entry(text: str) -> tuple[str, _Entry] | None:
    try:
        line = json.loads(text)
        return str(line["target"]), line
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _names(entry: _Entry) -> frozenset[str]:
    results = entry.get("results")
    return frozenset(results) if isinstance(results, dict) else frozenset()
