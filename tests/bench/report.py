"""Tables of the results."""

from typing import Any

from rich.console import RenderableType
from rich.table import Table

Rows = list[dict[str, Any]]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table


def verdict(value: float, budget: float | None) -> str:
    """Return PASS if a value is within its budget, otherwise over."""
    if budget is None:
        return ""
    return "[green]PASS[/]" if value <= budget else "[red]over[/]"


def _limit(budget: float | None) -> str:
    return "" if budget is None else f"≤ {budget:.2f}"


def parity(results: dict[str, Any]) -> list[RenderableType]:
    """Return a table of fractions, and one of the pictures with other windows."""
    shares = _table(
        "Windows compared with sharp's", "strategy", "rows", "IoU ≥ 0.99", "exact", "budget", ""
    )
    misses = _table(
        "Pictures with other windows",
        "picture",
        "strategy",
        "target",
        "resized",
        "ours",
        "sharp",
        "IoU",
    )
    for strategy, found in results.items():
        passed = "[green]PASS[/]" if found["same"] >= found["budget"] else "[red]under[/]"
        shares.add_row(
            strategy,
            str(found["rows"]),
            f"{found['same']:.1%}",
            f"{found['exact']:.1%}",
            f"≥ {found['budget']:.0%}",
            passed,
        )
        for miss in found["misses"]:
            misses.add_row(
                miss.file,
                strategy,
                "×".join(map(str, miss.target)),
                "×".join(map(str, miss.resized)),
                str(miss.ours),
                str(miss.sharp),
                f"{miss.iou:.3f}",
            )
    return [shares, misses] if misses.rows else [shares]


def speed(rows: Rows) -> list[RenderableType]:
    """Return a table of CPU time, wall time and the size of the results."""
    table = _table(
        "Crop to 1080×1080, quality 95, one thread each; milliseconds, medians of runs in turns",
        *("case", "CPU ours", "sharp", "ratio", "budget", "", "wall ours", "sharp", "ratio"),
        *("bytes out", "IoU", ""),
    )
    for row in rows:
        cpu, wall = row["cpu"], row["wall"]
        table.add_row(
            f"{row['case']} ({row['bytes_in'] / 1e6:.1f} MB)",
            *(f"{cpu['ours']:.1f}", f"{cpu['sharp']:.1f}", f"[bold]{cpu['ratio']:.2f}[/]"),
            *(_limit(row["budget"]), verdict(cpu["ratio"], row["budget"])),
            *(f"{wall['ours']:.1f}", f"{wall['sharp']:.1f}", f"{wall['ratio']:.2f}"),
            *(f"{row['bytes']['ratio']:.2f} ×", f"{row['iou']:.3f}"),
            "disturbed" if row["disturbed"] else "",
        )
    return [table]


def memory(rows: Rows) -> list[RenderableType]:
    """Return a table of peak resident memory."""
    table = _table(
        "Peak memory of a new process that crops once, without worker processes; MiB",
        *(
            "case",
            "peak ours",
            "sharp",
            "ratio",
            "budget",
            "",
            "above idle: ours",
            "sharp",
            "ratio",
        ),
    )
    for row in rows:
        ours, sharp, ratio = row["ours"], row["sharp"], row["ratio"]
        table.add_row(
            row["case"],
            *(f"{ours['peak']:.0f}", f"{sharp['peak']:.0f}", f"[bold]{ratio['peak']:.2f}[/]"),
            *_memory_verdict(row),
            *(f"{ours['increase']:.0f}", f"{sharp['increase']:.0f}", f"{ratio['increase']:.2f}"),
        )
    return [table]


def _memory_verdict(row: dict[str, Any]) -> tuple[str, str]:
    if row["budget"] is None:
        return "", ""
    ratio, mebibytes = row["budget"]
    within = row["ratio"]["peak"] <= ratio and row["ours"]["peak"] <= mebibytes
    return f"≤ {ratio:.2f}, {mebibytes} MiB", verdict(not within, 0)


def stages(rows: Rows) -> list[RenderableType]:
    """Return a table of CPU time by stage."""
    names = [name for name in rows[0] if name != "case"]
    table = _table("Our time by stage; milliseconds of CPU, medians", "case", *names, "whole")
    for row in rows:
        times = [row[name] for name in names]
        table.add_row(row["case"], *(f"{time:.1f}" for time in times), f"{sum(times):.1f}")
    return [table]


_STARTS = {
    "ours": "ours",
    "events": "ours, the events function",
    "restored": "ours, restored from a snapshot",
    "boto3": "the same app on boto3",
    "plain boto3": "the same app on boto3, without the optimised start",
}


def cold_starts(results: dict[str, Any]) -> list[RenderableType]:
    """Return tables of the cold starts, and of the parts of ours."""
    ours = results["ours"]
    whole = _table(
        "From process start, or restore, to the first crop on Lambda's runtime; milliseconds",
        *("", "CPU", "wall", "ours / this", "budget", ""),
    )
    budgets: dict[str, tuple[float, float, str]] = {
        "ours": (ours["cpu"], results["budget"], f"≤ {results['budget']} ms"),
        "events": (results["events"]["cpu"], ours["cpu"], "≤ ours"),
        "boto3": (results["ratio"], results["budget_ratio"], f"≤ {results['budget_ratio']:.2f}"),
    }
    for name, label in _STARTS.items():
        cpu, wall = results[name]["cpu"], results[name]["wall"]
        measured, limit, budget = budgets.get(name, (0, 0, ""))
        share = f"[bold]{ours['cpu'] / cpu:.2f}[/]" if "boto3" in name else ""
        mark = verdict(measured > limit, 0) if budget else ""
        whole.add_row(label, f"{cpu:.0f}", f"{wall:.0f}", share, budget, mark)
    parts = _table("Parts of our start; milliseconds of CPU", "part", "ms")
    packages = _table(
        "Imports by package, without nested imports; milliseconds of CPU", "package", "ms"
    )
    for table, name in ((parts, "parts"), (packages, "packages")):
        for part, time in results[name].items():
            table.add_row(part, f"{time:.0f}")
    return [whole, parts, packages]
