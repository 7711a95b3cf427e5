"""The counts that end a run: as a line, and as a table by folder."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_MEGABYTE = 1_000_000
_COLUMNS = ("cropped", "skipped", "failed", "MB read", "MB written")


class FolderCounts(Struct):
    """Counts of the pictures of a folder by outcome, and their bytes."""

    cropped: int = 0
    skipped: int = 0
    failed: int = 0
    read: int = 0
    written: int = 0

    def cells(self) -> list[str]:
        """Return the cells of the folder's row in the table."""
        counts = [f"{n:,}" for n in (self.cropped, self.skipped, self.failed)]
        return [*counts, *(f"{n / _MEGABYTE:,.1f}" for n in (self.read, self.written))]


class Summary:
    """The counts of a run, by folder."""

    def __init__(self) -> None:
        """Begin without folders."""
        self._folders: dict[Path, FolderCounts] = {}

    def of(self, folder: Path) -> FolderCounts:
        """Return the counts of a folder, to add to."""
        return self._folders.setdefault(folder, FolderCounts())

    @property
    def total(self) -> FolderCounts:
        """The counts of all folders together."""
        return _sum(self._folders.values())

    @property
    def has_failed(self) -> bool:
        """True if a picture failed."""
        return self.total.failed > 0

    @property
    def is_empty(self) -> bool:
        """True if no picture was counted."""
        total = self.total
        return total.cropped + total.skipped + total.failed == 0

    def line(self, verb: str = "cropped") -> str:
        """Return the counts of all pictures in one line.

        Args:
            verb: what was done with those that were not skipped and did not fail.
        """
        total = self.total
        return f"{total.cropped:,} {verb}, {total.skipped:,} skipped, {total.failed:,} failed"

    def show(self, console: Console) -> None:
        """Print a row for each folder, and a row of totals."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("folder", overflow="fold")
        for name in _COLUMNS:
            table.add_column(name, justify="right")
        if len(self._folders) > 1:
            for folder, counts in sorted(self._folders.items()):
                table.add_row(Text(printable(str(folder))), *counts.cells())
            table.add_section()
        table.add_row("all", *self.total.cells())
        console.print(table)


def _sum(folders: Iterable[FolderCounts]) -> FolderCounts:
    total = FolderCounts()
    for each in folders:
        total.cropped += each.cropped
        total.skipped += each.skipped
        total.failed += each.failed
        total.read += each.read
        total.written += each.written
    return total


def printable(text: str) -> str:
    """Return a text with its unprintable characters escaped.

    The name of a file can contain line breaks and control sequences of a terminal.
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
