"""`make bench-crops`: how much of the gaze, faces and main object the windows of each tool keep.

make bench-crops                  234 pictures of four aspects; takes some minutes
make bench-crops ARGS=--quick     a sixth of them

The pictures are from OSIE (Xu et al. 2014): gaze of 15 viewers, with manually drawn faces and main
objects. Differences to the centre are paired by picture; the interval is from 10,000 bootstrap
samples.
"""

import argparse
from collections.abc import Callable, Sequence

import numpy as np
from rich.console import Console, RenderableType
from rich.table import Table

from tests.bench.crops_sides import OURS, measure_cost, sides
from tests.bench.crops_truth import KINDS, Floats, Photo, read_photos
from tests.bench.framing import ASPECTS
from tests.bench.peers import Unavailable
from tests.bench.report import verdict

TITLES = {"gaze": "gaze", "face": "faces", "main": "main object"}
# Required points over the centre, in the order of KINDS; and goals of auto in points.
GATES = {"ours: saliency": (1.0, 1.8, 1.5), "ours: auto": (2.1, 7.9, 2.7)}
GOALS = (85.0, 90.0, 86.0)
BUDGETS = {"ours: saliency": 8.0, "ours: auto": 30.0}
_BEST = "best possible"
_SAMPLES = 10_000

# Points kept by side and kind, float64 (photos, aspects); NaN if a photo has nothing of the kind.
Kept = dict[str, dict[str, Floats]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a sixth of the pictures")
    step = 6 if parser.parse_args().quick else 1
    console = Console(width=None if Console().is_terminal else 160)
    try:
        with console.status("crops") as status:
            kept = measure(read_photos()[::step], status.update)
    except Unavailable as reason:
        console.print(f"[bold]crops[/] skipped: {reason}")
        return
    for part in (overall(kept), by_aspect(kept), cost(measure_cost())):
        console.print(part)


def measure(photos: Sequence[Photo], say: Callable[[str], None]) -> Kept:
    """Measure the window of every side, for every aspect ratio and picture.

    Raises:
        Unavailable: the peers cannot be installed.
    """
    with sides() as choosers:
        shape = len(photos), len(ASPECTS)
        names = [*choosers, _BEST]
        kept = {name: {kind: np.full(shape, np.nan) for kind in KINDS} for name in names}
        for row, photo in enumerate(photos):
            say(f"{row} of {len(photos)} pictures")
            for column, target in enumerate(ASPECTS.values()):
                shares = {
                    name: photo.kept(choose(photo, target)) for name, choose in choosers.items()
                }
                shares[_BEST] = photo.most(target)
                for name, by_kind in shares.items():
                    for kind, share in by_kind.items():
                        kept[name][kind][row, column] = 100 * share
    return kept


def overall(kept: Kept) -> RenderableType:
    """Return a table of means over the aspect ratios, and of differences to the centre."""
    count = len(kept["centre"]["gaze"])
    table = _table(
        f"Points kept of {count} pictures, mean over {', '.join(ASPECTS)}; "
        "differences to the centre with the 95 % interval",
        "",
        *(title for kind in KINDS for title in (TITLES[kind], "over the centre", "")),
    )
    for name, by_kind in kept.items():
        cells = []
        for index, kind in enumerate(KINDS):
            own, centre = by_kind[kind].mean(axis=1), kept["centre"][kind].mean(axis=1)
            mean, low, high = paired(own - centre)
            gate = GATES[name][index] if name in GATES else None
            over = "" if name == "centre" else f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"
            goal = "*" if name == "ours: auto" and np.nanmean(own) >= GOALS[index] else ""
            passed = verdict(-mean, None if gate is None else -gate)
            cells += [f"{np.nanmean(own):.1f}{goal}", over, passed]
        table.add_row(name, *cells)
    goals = ", ".join(f"{TITLES[kind]} {goal:.0f}" for kind, goal in zip(KINDS, GOALS, strict=True))
    table.caption = f"PASS: required difference reached. *: goal of auto reached ({goals})."
    return table


def by_aspect(kept: Kept) -> RenderableType:
    """Return a table of means by aspect ratio."""
    table = _table("Points kept: " + " / ".join(TITLES[kind] for kind in KINDS), "", *ASPECTS)
    for name, by_kind in kept.items():
        means = [np.nanmean(by_kind[kind], axis=0) for kind in KINDS]
        table.add_row(
            name, *(" / ".join(f"{x:.1f}" for x in at) for at in zip(*means, strict=True))
        )
    return table


def cost(milliseconds: dict[str, float]) -> RenderableType:
    """Return a table of the CPU time of our windows."""
    table = _table(
        "12 MP JPEG to 1080×1080, one thread: CPU beyond decoding and rendering",
        *("", "ms", "budget", ""),
    )
    for name in OURS:
        cpu, budget = milliseconds[name], BUDGETS[name]
        table.add_row(name, f"{cpu:.1f}", f"≤ {budget:.0f}", verdict(cpu, budget))
    return table


def paired(differences: Floats) -> tuple[float, float, float]:
    """Return the mean and the interval of 95 % of the bootstrap means; ignore NaNs."""
    known = differences[~np.isnan(differences)]
    drawn = np.random.default_rng(0).integers(0, len(known), (_SAMPLES, len(known)))
    low, high = np.percentile(known[drawn].mean(axis=1), [2.5, 97.5])
    return float(known.mean()), float(low), float(high)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", caption_justify="left")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table


if __name__ == "__main__":
    main()
