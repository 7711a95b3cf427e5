"""The record of a run, from which another run goes on: counts, memory, coverage and finds."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.fuzz.coverage import Lines
from tests.fuzz.inputs import Input
from tests.fuzz.oracle import Find

BLOCK = 250
"""Inputs of a block, the unit of progress."""

Key = tuple[str, str, str, str]
"""Target, label, status, and code or ``decoded``."""


@dataclass(slots=True)
class Block:
    """The results of one block.

    Attributes:
        number: of the block, from 0.
        counts: inputs by key.
        seconds: of all inputs, by target and label.
        rss: resident KiB of the process after it.
        in_use: the same without free memory that the allocator keeps.
        files: open files of the process after it.
        lines: lines of our readers that it reached.
    """

    number: int
    counts: Counter[Key] = field(default_factory=Counter)
    seconds: Counter[tuple[str, str]] = field(default_factory=Counter)
    rss: int = 0
    in_use: int = 0
    files: int = 0
    lines: Lines = field(default_factory=set)

    def add(self, line: dict[str, Any]) -> None:
        """Add the line of an input."""
        target, label = line["target"], line["label"]
        outcome = line["code"] or ("decoded" if line["decoded"] else "")
        self.counts[target, label, line["status"], outcome] += 1
        self.seconds[target, label] += line["seconds"]

    def end(self, line: dict[str, Any]) -> None:
        """Add the line at the end of a block."""
        self.rss, self.in_use, self.files = line["rss"], line["in_use"], line["files"]
        self.lines |= {(module, number) for module, number in line["lines"]}

    def to_json(self) -> dict[str, Any]:
        """Return the block as a JSON object."""
        return {
            "number": self.number,
            "counts": [[*key, amount] for key, amount in sorted(self.counts.items())],
            "seconds": [[*key, round(each, 3)] for key, each in sorted(self.seconds.items())],
            "rss": self.rss,
            "in_use": self.in_use,
            "files": self.files,
            "lines": sorted(self.lines),
        }


@dataclass(slots=True)
class Saved:
    """A find with its smallest input.

    Attributes:
        find: the broken rule.
        path: file of the input; None for a find that no single input causes.
        times: inputs that break the rule at the same place.
    """

    find: Find
    path: Path | None
    times: int = 1


class Progress:
    """The results of a run, in a folder."""

    def __init__(self, folder: Path) -> None:
        """Open a folder, and read the earlier results in it."""
        self.folder = folder
        self.counts: Counter[Key] = Counter()
        self.seconds: Counter[tuple[str, str]] = Counter()
        self.lines: Lines = set()
        self.done: set[int] = set()
        self.finds: dict[str, Saved] = {}
        (folder / "finds").mkdir(parents=True, exist_ok=True)
        self._blocks = folder / "blocks.jsonl"
        self._index = folder / "finds.json"
        self._read()

    @property
    def inputs(self) -> int:
        """Number of all inputs so far."""
        return self.counts.total()

    def next_blocks(self) -> Iterator[int]:
        """Yield the numbers of blocks that are not done."""
        return (number for number in count() if number not in self.done)

    def add(self, block: Block) -> None:
        """Add a block, and write it to the record with the lines that it was the first to reach."""
        block.lines -= self.lines
        self._add(block)
        with self._blocks.open("a") as file:
            file.write(json.dumps(block.to_json()) + "\n")

    def save(self, find: Find, input_: Input | None) -> Saved:
        """Add a find, and write its input if it is smaller than that of an equal find."""
        content = b"" if input_ is None else input_.to_file()
        known = self.finds.get(find.key)
        if known is None:
            path = None if input_ is None else self.folder / "finds" / f"{input_.digest}.fuzz"
            known = self.finds[find.key] = Saved(find, path, 0)
        known.times += 1
        if known.path is not None and _is_smaller(content, known.path):
            known.path.write_bytes(content)
            known.find = find
        self._write_index()
        return known

    def _write_index(self) -> None:
        values = [
            {**each.find.to_json(), "file": each.path and each.path.name, "times": each.times}
            for each in self.finds.values()
        ]
        self._index.write_text(json.dumps(values, indent=1) + "\n")

    def _add(self, block: Block) -> None:
        self.done.add(block.number)
        self.counts += block.counts
        self.seconds += block.seconds
        self.lines |= block.lines

    def _read(self) -> None:
        if self._blocks.exists():
            for block in _blocks(self._blocks.read_text().splitlines()):
                self._add(block)
        if self._index.exists():
            for each in json.loads(self._index.read_text()):
                find = Find.from_json(each)
                path = each["file"] and self.folder / "finds" / each["file"]
                self.finds[find.key] = Saved(find, path or None, each["times"])


def _is_smaller(content: bytes, path: Path) -> bool:
    return not path.exists() or len(content) < path.stat().st_size


def _blocks(lines: Iterable[str]) -> Iterator[Block]:
    for line in lines:
        try:
            values = json.loads(line)
        except ValueError:  # the run was ended while it wrote the last line
            continue
        memory = {name: values[name] for name in ("rss", "in_use", "files")}
        block = Block(values["number"], **memory)
        block.counts.update({tuple(key): amount for *key, amount in values["counts"]})
        block.seconds.update({tuple(key): each for *key, each in values["seconds"]})
        block.lines = {(module, number) for module, number in values["lines"]}
        yield block
