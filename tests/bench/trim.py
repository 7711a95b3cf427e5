"""Trim with ``background: auto`` on pictures with known content.

make bench-trim; alone: python -m tests.bench.trim [SET ...]
"""

import sys
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from handler.core.geometry import Box
from handler.core.trim.uneven_background import find_product
from tests.bench.trim_pictures import SETS, THRESHOLD, Example, example

NUMBERS = {"documents": 60, "receipts": 20, "films": 20, "scans": 20, "products": 20}
# Largest distance of an edge that counts as right, as a share of the picture's side.
_NEAR = 0.01
# Content may be cut by this many pixels.
_CUT = 2
_REQUIRED = 0.98


@dataclass(slots=True)
class Tally:
    """Results of one set.

    Attributes:
        pictures: number of pictures.
        near: number of boxes of which each edge is near the true one.
        cuts: pixels by which content was cut, for each picture that has more than allowed.
        missed: numbers of the pictures whose box is not near, or cuts.
    """

    pictures: int = 0
    near: int = 0
    cuts: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    def add(self, number: int, shot: Example) -> None:
        """Search one picture, and compare its box with the true one."""
        found = find_product(shot.image, THRESHOLD)[0] or Box(0, 0, *shot.image.size)
        near = error(found, shot) <= _NEAR
        cut = cut_by(found, shot.box)
        self.pictures += 1
        self.near += near
        if cut > _CUT:
            self.cuts.append(cut)
        if cut > _CUT or not near:
            self.missed.append(number)


def error(found: Box, shot: Example) -> float:
    """Return the largest distance of an edge from the true one, as a share of the side."""
    width, height = shot.image.size
    across = max(abs(found.left - shot.box.left), abs(found.right - shot.box.right))
    down = max(abs(found.top - shot.box.top), abs(found.bottom - shot.box.bottom))
    return max(across / width, down / height)


def cut_by(found: Box, true: Box) -> int:
    """Return the largest number of pixels by which a box cuts another."""
    before = max(found.left - true.left, found.top - true.top)
    return max(before, true.right - found.right, true.bottom - found.bottom, 0)


def main() -> None:
    """Print a row for each set."""
    table = Table(title="Boxes of trim, background: auto", title_justify="left")
    columns = ("set", "pictures", "within 1 %", "cut by > 2 px", "largest cut, px", "", "missed")
    for column in columns:
        table.add_column(column, justify="left" if column in ("set", "missed") else "right")
    for name in sys.argv[1:] or SETS:
        tally = Tally()
        for number in range(NUMBERS[name]):
            tally.add(number, example(name, number))
        passed = tally.near >= _REQUIRED * tally.pictures and not tally.cuts
        table.add_row(
            name,
            str(tally.pictures),
            f"{tally.near / tally.pictures:.0%}",
            str(len(tally.cuts)),
            str(max(tally.cuts, default=0)),
            "[green]PASS[/]" if passed else "[red]under[/]",
            " ".join(map(str, tally.missed)),
        )
    Console().print(table)


if __name__ == "__main__":
    main()
