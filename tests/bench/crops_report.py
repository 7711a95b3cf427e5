"""Tables of `make bench-crops`, and the gates that hold what was reached."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from rich.console import RenderableType
from rich.table import Table

from tests.bench.crops_sides import AUTO, CENTRE, OURS
from tests.bench.crops_truth import MEASURES, Floats, Measure
from tests.bench.framing import ASPECTS
from tests.bench.report import verdict

# Required points over the centre, in the order of MEASURES.
GATES = {
    "ours: saliency": (1.0, 1.8, 1.5, -0.1, 0.0, 0.0, 0.0),
    "ours: auto, faces only": (2.0, 9.0, 3.2, -0.6, -0.2, 0.8, 4.8),
    AUTO: (3.3, 12.5, 5.5, -0.4, -0.2, 1.0, 6.0),
}
# Points of the mean that auto mode is to reach.
GOALS = (86.5, 92.0, 88.0, 85.5, 84.8, 82.5, 76.0)
# Points below the centre that a mean at one aspect may have: the interval is wider than that.
BELOW = 0.2
BUDGETS = {"ours: saliency": 8.0, "ours: auto, faces only": 40.0, AUTO: 80.0}
BEST = "best possible"
# Expected gain above which a window should agree better with people than the centre, and the share
# of such windows that do.
GAIN, RIGHT = 0.1, 0.8
_SAMPLES = 10_000


class Measured(NamedTuple):
    """The points of all sides.

    Attributes:
        kept: points by side and measure, float64 (photos, aspects); NaN if a photo has no such
            annotation.
        gains: expected gains of our sides, float64 (photos, aspects).
    """

    kept: Mapping[str, Mapping[Measure, Floats]]
    gains: Mapping[str, Floats]


def overall(measured: Measured) -> RenderableType:
    """Return a table of means over the aspect ratios."""
    count = len(next(iter(measured.kept[CENTRE].values())))
    table = _table(
        f"Points of {count} pictures, mean over {', '.join(ASPECTS)}", "", *MEASURES.values()
    )
    for name, by_measure in measured.kept.items():
        means = [np.nanmean(by_measure[each]) for each in MEASURES]
        reached = [name == AUTO and mean >= goal for mean, goal in zip(means, GOALS, strict=True)]
        cells = zip(means, reached, strict=True)
        table.add_row(name, *(f"{mean:.1f}{'*' if goal else ''}" for mean, goal in cells))
    table.add_row("goal of auto", *(f"{goal:.1f}" for goal in GOALS))
    table.caption = "*: goal reached."
    return table


def intervals(measured: Measured) -> RenderableType:
    """Return a table of differences to the centre, with the verdicts of the gates."""
    table = _table("Differences to the centre with the 95 % interval", "", *MEASURES.values())
    for name, by_measure in measured.kept.items():
        if name != CENTRE:
            table.add_row(name, *_differences(name, by_measure, measured.kept[CENTRE]))
    table.caption = "PASS: required difference reached."
    return table


def _differences(
    name: str, own: Mapping[Measure, Floats], centre: Mapping[Measure, Floats]
) -> Iterator[str]:
    for index, each in enumerate(MEASURES):
        mean, low, high = paired(own[each].mean(axis=1) - centre[each].mean(axis=1))
        gate = -GATES[name][index] if name in GATES else None
        yield f"{mean:+.1f} [{low:+.1f}, {high:+.1f}] {verdict(-mean, gate)}".rstrip()


def by_aspect(measured: Measured) -> RenderableType:
    """Return a table of means by aspect ratio, with the verdict that none is below the centre."""
    table = _table("Points by aspect, and over the centre", "", *MEASURES.values())
    centre = measured.kept[CENTRE]
    for name in (CENTRE, *OURS, BEST):
        for column, aspect in enumerate(ASPECTS):
            cells = []
            for each in MEASURES:
                mean = np.nanmean(measured.kept[name][each][:, column])
                over = float(mean - np.nanmean(centre[each][:, column]))
                below = "" if over > -BELOW else f" {verdict(-over, BELOW)}"
                cells.append(f"{mean:.1f} {over:+.2f}{below}")
            table.add_row(f"{name} {aspect}", *cells)
    return table


def calibration(measured: Measured) -> RenderableType:
    """Return a table of the windows with a high expected gain, and of the share that is right.

    A window is right if it has more points than the centre, as the mean of the measures of its
    picture.
    """
    title = f"Windows with gainOverCentre above {GAIN}, and the share that beats the centre"
    sets = list(dict.fromkeys(name for name, _ in MEASURES))
    table = _table(title, "", *sets)
    for name, gains in measured.gains.items():
        cells = []
        for each in sets:
            own = [measured.kept[name][measure] for measure in MEASURES if measure[0] == each]
            centre = [measured.kept[CENTRE][measure] for measure in MEASURES if measure[0] == each]
            of_set = ~np.isnan(np.stack(own)).all(axis=(0, 2))
            over = np.nanmean(np.stack(own)[:, of_set] - np.stack(centre)[:, of_set], axis=0)
            high = gains[of_set] > GAIN
            right = float((over[high] > 0).mean()) if high.any() else 1.0
            cells.append(f"{high.sum()} of {high.size}: {right:.0%} {verdict(-right, -RIGHT)}")
        table.add_row(name, *cells)
    return table


def cost(milliseconds: Mapping[str, float]) -> RenderableType:
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
