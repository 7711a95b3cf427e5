"""`make budget`: estimates of memory and CPU time next to measured ones, for large pictures.

make budget                              every kind of file at 1, 12, 50 and 150 megapixels
make budget ARGS="--megapixels 12 jp2"   one kind at one size
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from handler.core.geometry import Size
from tests.budget.measured import JobProcess, Measured
from tests.budget.pictures import PICTURES

_MEBIBYTE = 1 << 20
_SETTINGS: dict[str, dict[str, Any]] = {
    "thumbnail": {"width": 300, "height": 300},
    "trim": {"mode": "trim", "padToSquare": True, "targetSize": 64, "format": "png"},
}


def main() -> int:
    """Print a table, and return the exit status: 1 if an estimate is too low."""
    parser = argparse.ArgumentParser(prog="make budget", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("kinds", nargs="*", metavar="kind", help=", ".join(PICTURES))
    parser.add_argument("--megapixels", type=int, nargs="+", default=[1, 12, 50, 150])
    arguments = parser.parse_args()
    table = Table("file", "MP", "settings", "MiB", "estimated", "ratio", "CPU s", "estimated")
    too_low = False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        for kind in arguments.kinds or PICTURES:
            for megapixels in arguments.megapixels:
                width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
                path.write_bytes(PICTURES[kind](Size(width, width * 3 // 4)))
                for name, values in _SETTINGS.items():
                    with JobProcess() as jobs:
                        measured = jobs.run(path, values)
                    too_low |= measured.estimated_bytes < measured.bytes
                    table.add_row(kind, str(megapixels), name, *_cells(measured))
    Console(width=120).print(table)
    return int(too_low)


def _cells(measured: Measured) -> tuple[str, ...]:
    if measured.error:
        return (measured.error, "", "", "", "")
    return (
        f"{measured.bytes / _MEBIBYTE:,.0f}",
        f"{measured.estimated_bytes / _MEBIBYTE:,.0f}",
        f"{measured.estimated_bytes / measured.bytes:.2f}",
        f"{measured.seconds:.2f}",
        f"{measured.estimated_seconds:.2f}",
    )


if __name__ == "__main__":
    sys.exit(main())
