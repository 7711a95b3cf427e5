"""Tables of a run."""

import os
from collections import Counter

from rich.console import RenderableType
from rich.table import Table

from tests.fuzz.coverage import executable
from tests.fuzz.progress import Progress
from tests.fuzz.supervisor import Run


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table


def inputs(progress: Progress) -> Table:
    """Return the table of inputs by target and label."""
    columns = ("target", "inputs", "decoded", "refused", "statuses", "ms an input")
    table = _table("Inputs", *columns)
    labels = sorted({key[:2] for key in progress.counts})
    for target, label in labels:
        found = {k: n for k, n in progress.counts.items() if k[:2] == (target, label)}
        _add_row(table, f"{target} {label}", found, progress.seconds[target, label])
    _add_row(table, "all", dict(progress.counts), progress.seconds.total())
    return table


def _add_row(
    table: Table, name: str, found: dict[tuple[str, str, str, str], int], seconds: float
) -> None:
    total = sum(found.values())
    decoded = sum(n for key, n in found.items() if key[3] == "decoded")
    statuses: Counter[str] = Counter()
    for key, amount in found.items():
        statuses[key[2]] += amount
    listed = ", ".join(f"{status}: {amount:,}" for status, amount in statuses.most_common(6))
    table.add_row(
        name,
        *(f"{total:,}", f"{decoded:,}", f"{total - decoded:,}", listed),
        f"{1000 * seconds / max(total, 1):.1f}",
    )


def coverage(progress: Progress) -> Table:
    """Return the table of lines of our readers that inputs reached."""
    table = _table(
        "Lines of handler/codec/headers", "module", "lines", "reached", "", "not reached"
    )
    modules = sorted({module for module, _ in executable()})
    for module in modules:
        lines = {line for name, line in executable() if name == module}
        reached = {line for name, line in progress.lines if name == module} & lines
        if lines:
            missing = ", ".join(map(str, sorted(lines - reached)[:12]))
            share = f"{len(reached) / len(lines):.0%}"
            table.add_row(module, str(len(lines)), str(len(reached)), share, missing)
    most, found = len(executable()), len(progress.lines & executable())
    table.add_row("all", str(most), str(found), f"{found / most:.0%}", "")
    return table


def memory(run: Run) -> Table:
    """Return the table of the resident memory of each process."""
    table = _table(
        "Memory of each process; MiB",
        *("inputs", "first in use", "at 5,000", "last", "most resident"),
    )
    for curve in run.curves:
        if curve.samples:
            sizes = [rss // 1024 for _, rss in curve.samples]
            settled = [rss // 1024 for at, rss in curve.samples if at <= 5_000]
            table.add_row(
                f"{curve.samples[-1][0]:,}",
                *(str(sizes[0]), str(settled[-1]), str(sizes[-1]), str(curve.peak // 1024)),
            )
    return table


def finds(progress: Progress) -> str:
    """Return the finds as text, each with the command that repeats it."""
    lines = []
    for saved in progress.finds.values():
        lines.append(f"{saved.find.key} ({saved.times:,} inputs)")
        lines += [f"    {line}" for line in saved.find.details.strip().splitlines()[-8:]]
        if saved.path is not None:
            path = os.path.relpath(saved.path)
            lines.append(f'    repeat with: make fuzz ARGS="--replay {path}"')
    return "\n".join(lines)


def tables(run: Run) -> list[RenderableType]:
    """Return all tables of a run."""
    return [inputs(run.progress), coverage(run.progress), memory(run)]
