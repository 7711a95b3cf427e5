"""The figures of the face benchmark as tables."""

from typing import Any

from rich.table import Table

from tests.bench.report import verdict

_LEAST_RECALL = 0.94
_MOST_MILLISECONDS = 250
# Measured on another machine, for machines without mediapipe.
PEER_ELSEWHERE = (
    "measured on another machine, on 853 photos that include these: average precision 0.272,"
    " recall of the largest face 0.668"
)
Rows = list[dict[str, Any]]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table


def accuracy(sides: Rows) -> Table:
    """Return the table for upright photos."""
    table = _table(
        "Annotated photos, upright; a face is found at IoU 0.5",
        *("detector", "photos", "average precision", "largest face found", "all faces found"),
        *("ms of CPU a photo", f"largest ≥ {_LEAST_RECALL}"),
    )
    for row in sides:
        goal = verdict(-row["largest"], -_LEAST_RECALL) if row["side"] == "ours" else ""
        table.add_row(
            row["side"],
            str(row["photos"]),
            *(f"{row[name]:.3f}" for name in ("average precision", "largest", "all")),
            f"{row['ms']:.1f}",
            goal,
        )
    return table


def leaning(sides: Rows) -> Table:
    """Return the table for turned photos."""
    table = _table(
        "The same photos, turned: largest face found, turn detected, ms of CPU",
        *("detector", "heads lean right by", "found", "turn detected", "ms"),
    )
    for side in sides:
        for lean, row in side["leans"].items():
            table.add_row(
                side["side"],
                f"{lean}°",
                *(f"{row[name]:.3f}" for name in ("largest", "right turns")),
                f"{row['ms']:.1f}",
            )
    return table


def nobody(rows: Rows) -> Table:
    """Return the table for photos without people."""
    table = _table(
        "Photos without people: false faces",
        *("detector", "photos of", "photos", "false faces", "photos with false faces"),
        "false faces at sensitivity 1",
    )
    for row in rows:
        table.add_row(
            row["side"],
            row["source"],
            *(str(row[name]) for name in ("photos", "hits", "with hits", "most sensitive")),
        )
    return table


def first_requests(sides: Rows) -> Table:
    """Return the table of first requests."""
    table = _table(
        "First face request of a process, 12 MP JPEG; medians over new processes",
        *("detector", "part", "ms of CPU"),
    )
    for side in sides:
        for part, milliseconds in side["parts"].items():
            table.add_row(side["side"], part, f"{milliseconds:.1f}")
        table.add_row(side["side"], "whole", f"[bold]{side['whole']:.1f}[/]")
        table.add_row(side["side"], "the next request", f"{side['again']:.1f}")
        table.add_row(side["side"], "resident memory added, MiB", f"{side['mebibytes']:.0f}")
        table.add_section()
    return table


def request(megapixels: float, milliseconds: dict[str, float]) -> Table:
    """Return the table for a warm process."""
    table = _table(
        f"{megapixels:.0f} MP JPEG in a warm process; ms of CPU, medians",
        *("what", "ms", "budget", ""),
    )
    crop = milliseconds["crop"]
    table.add_row("decode as much as needed, and detect", f"{milliseconds['find']:.1f}", "", "")
    table.add_row(
        "the whole crop to 1080×1080",
        f"[bold]{crop:.1f}[/]",
        f"≤ {_MOST_MILLISECONDS}",
        verdict(crop, _MOST_MILLISECONDS),
    )
    return table
