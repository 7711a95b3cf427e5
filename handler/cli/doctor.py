"""The command ``smart-crop doctor``: the parts of the service on this machine."""

import json

import click
from msgspec.structs import asdict
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from handler import __version__
from handler.cli.summary import printable
from handler.config import Config
from handler.jobs.diagnosis import Finding, diagnose

_COLOURS = {"ok": "green", "warning": "yellow", "broken": "red"}


def examine(config: Config, *, as_json: bool) -> int:
    """Print the state of each part, and return the exit status: 1 if one is broken.

    Args:
        config: configuration of the service.
        as_json: whether to print a line of JSON for each part, in place of a table.
    """
    findings = [Finding("version", "ok", __version__), *diagnose(config)]
    if as_json:
        for each in findings:
            click.echo(json.dumps(asdict(each)))
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=False)
        for each in findings:
            state = Text(each.state, style=_COLOURS[each.state])
            table.add_row(each.part, state, Text(printable(each.details)))
        Console().print(table)
    return 1 if any(each.state == "broken" for each in findings) else 0
