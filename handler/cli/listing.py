"""The commands ``smart-crop sizes`` and ``smart-crop formats``."""

import json
from collections.abc import Mapping, Sequence
from math import gcd
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from handler.codec import FORMATS, Format, available_formats
from handler.settings import PRESETS


def list_sizes(*, as_json: bool) -> None:
    """Print the names of sizes, each with its width, height and aspect."""
    _show(
        [
            {"name": name, "width": width, "height": height, "aspect": _aspect(width, height)}
            for name, (width, height) in PRESETS.items()
        ],
        as_json=as_json,
    )


def list_formats(*, as_json: bool) -> None:
    """Print the formats, and whether this installation reads and writes them."""
    _show([_facts(format_) for format_ in FORMATS.values()], as_json=as_json)


def _facts(format_: Format) -> Mapping[str, Any]:
    available = format_.name in available_formats()
    written = format_.name == format_.output
    return {
        "name": format_.name,
        "format": format_.label,
        "extensions": ", ".join(format_.extensions),
        "read": available,
        "written": available and written,
        "result": format_.output,
        "sandbox": format_.isolated,
    }


def _aspect(width: int, height: int) -> str:
    divisor = gcd(width, height)
    across, down = width // divisor, height // divisor
    # A ratio of larger whole numbers is harder to read than a decimal number.
    return f"{across}:{down}" if max(across, down) <= 21 else f"{width / height:.2f}"


def _show(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, value in rows[0].items():
        is_number = isinstance(value, int) and not isinstance(value, bool)
        table.add_column(name, justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    Console().print(table)


def _cell(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
