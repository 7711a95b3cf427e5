"""The page of results, tests/bench/README.md, written from what `make bench` has measured.

The page has a part for each section, between two comments. The text around them is fixed. A part
is replaced if the section has results in .cache/results.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from rich.console import RenderableType
from rich.markdown import Markdown

from tests.bench import page_tables, plots
from tests.bench.measurements import kept
from tests.bench.peers import HERE

PAGE = HERE / "README.md"
_PART = re.compile(
    r"(<!-- (?P<name>[a-z]+), made by tests/bench/page.py -->\n).*?(<!-- end -->\n)", re.DOTALL
)

TABLES: dict[str, Callable[[Any], str]] = {
    "parity": page_tables.parity,
    "speed": page_tables.speed,
    "rss": page_tables.memory,
    "pyvips": page_tables.pyvips,
    "quality": page_tables.quality,
    "curve": page_tables.curve,
    "batch": page_tables.batch,
    "throughput": page_tables.throughput,
    "animations": page_tables.animations,
    "raw": page_tables.camera_raw,
    "cold": page_tables.cold_starts,
}


def shown(section: str) -> Callable[[Any], list[RenderableType]]:
    """Return a function that shows the results of a section in a terminal."""
    return lambda data: [Markdown(TABLES[section](data))]


def write() -> None:
    """Write the parts of the sections that have results, and the plots."""
    PAGE.write_text(filled(PAGE.read_text(), kept))
    for section, draw in plots.PLOTS.items():
        results = kept(section)
        if results is not None:
            draw(results["data"])


def filled(page: str, results_of: Callable[[str], dict[str, Any] | None]) -> str:
    """Return the page with new parts for the sections that have results."""

    def part(found: re.Match[str]) -> str:
        text = _text(found["name"], results_of)
        return f"{found[1]}\n{text}\n{found[3]}" if text else found[0]

    return _PART.sub(part, page)


def _text(name: str, results_of: Callable[[str], dict[str, Any] | None]) -> str | None:
    if name == "machine":
        measured = [results for each in TABLES if (results := results_of(each))]
        return machine(measured[-1]) if measured else None
    results = results_of(name)
    if results is None:
        return None
    return f"{TABLES[name](results['data'])}\n{source(name, results)}"


def source(section: str, results: dict[str, Any]) -> str:
    """Return the line below a table: the command, the date and the load."""
    return (
        f"`make bench ARGS={section}`, {results['date']}, with a load of {results['load']} at the "
        "end.\n"
    )


def machine(results: dict[str, Any]) -> str:
    """Return the machine, and the versions of both sides."""
    pins = json.loads((HERE / "package.json").read_text())["dependencies"]
    versions = results["versions"] | {
        name: pins[name] for name in ("sharp", "sharp-cli", "fastify")
    }
    listed = ", ".join(f"{name} {number}" for name, number in versions.items())
    return f"{results['machine']}. {listed}.\n"
