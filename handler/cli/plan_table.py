"""The plans of ``smart-crop analyze`` as a table, for people at a terminal."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from handler.cli.common import report, standard_error
from handler.cli.option_names import with_options
from handler.cli.summary import printable

_COLUMNS = ("file", "picture", "mode", "window", "focus", "faces", "reason")


class PlanTable:
    """A table with a row for each plan. Errors and warnings go to standard error."""

    def __init__(self) -> None:
        """Begin without rows."""
        self._errors = standard_error()
        self._table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in _COLUMNS:
            is_text = name in ("file", "reason")
            self._table.add_column(name, overflow="fold" if is_text else "ellipsis")

    def add(self, name: str, answer: Mapping[str, Any]) -> None:
        """Add a row for each size of a file, or report its error.

        Args:
            name: name of the file.
            answer: the JSON of its plan, or of its error.
        """
        if "plan" not in answer:
            words = ": ".join(filter(None, [answer["error"], answer.get("details")]))
            report(self._errors, "Error", [f"{name}: {with_options(words)}"])
            return
        warnings = map(with_options, answer.get("warnings", ()))
        report(self._errors, "Warning", [f"{name}: {line}" for line in warnings])
        for each in answer.get("results") or [answer]:
            size = f" {each['name']}" if "name" in each else ""
            self._table.add_row(*map(_cell, _cells(f"{name}{size}", each["plan"])))

    def show(self) -> None:
        """Print the table on standard output, if it has rows."""
        if self._table.row_count:
            Console().print(self._table)


def _cells(name: str, plan: Mapping[str, Any]) -> list[str]:
    source, window, focus = plan["source"], plan["crop"], plan["focus"]
    mode = plan["mode"] if plan["strategy"] is None else f"{plan['mode']}, {plan['strategy']}"
    return [
        name,
        f"{source['width']}x{source['height']}",
        mode,
        f"{window['width']}x{window['height']}+{window['left']}+{window['top']}",
        f"{focus['x']},{focus['y']}",
        str(len(plan["faces"])),
        with_options(plan["reason"]),
    ]


def _cell(text: str) -> Text:
    return Text(printable(text))
