"""The plots of the page of results."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.peers import HERE

FOLDER = HERE / "plots"
_INK, _OURS, _PEER = "#30343b", "#1668b8", "#b8651b"
_SUBJECTS = ("JPEG 2 MP", "JPEG 12 MP", "JPEG 24 MP", "JPEG 48 MP", "JPEG 100 MP")


def ratio_by_size(rows: list[dict[str, Any]]) -> None:
    """Draw our CPU time as a share of sharp's, by the size of the photo."""
    chosen = [row for row in rows if row["case"] in _SUBJECTS]
    sizes = [row["megapixels"] for row in chosen]
    ratios = [row["cpu"]["ratio"] for row in chosen]
    low = [row["cpu"]["ratio"] - row["cpu"]["interval"][0] for row in chosen]
    high = [row["cpu"]["interval"][1] - row["cpu"]["ratio"] for row in chosen]
    figure, axes = _figure("CPU time of a crop of a JPEG photo, as a share of sharp's")
    axes.errorbar(sizes, ratios, yerr=[low, high], marker="o", color=_OURS, capsize=3)
    axes.axhline(1, color=_PEER, linewidth=1)
    axes.annotate("sharp", (sizes[0], 1), (0, 4), textcoords="offset points", color=_PEER)
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:.0f}" for size in sizes])
    axes.minorticks_off()
    axes.set_ylim(0, 1.15)
    axes.set_xlabel("megapixels")
    _save(figure, FOLDER / "ratio-by-size.svg")


def rate_by_clients(rows: list[dict[str, Any]]) -> None:
    """Draw the crops per second of both servers, by the number of clients."""
    figure, axes = _figure("Crops per second over HTTP")
    for photo, line in (("2 MP", "-"), ("12 MP", "--")):
        chosen = [row for row in rows if row["photo"] == photo]
        clients = [str(row["clients"]) for row in chosen]
        for side, label, colour in (
            ("ours", "Smart Crop", _OURS),
            ("fastify", "fastify with sharp", _PEER),
        ):
            rates = [row[side]["rate"] for row in chosen]
            errors = [
                [row[side]["rate"] - row[side]["interval"][0] for row in chosen],
                [row[side]["interval"][1] - row[side]["rate"] for row in chosen],
            ]
            style = {"marker": "o", "color": colour, "linestyle": line, "capsize": 3}
            axes.errorbar(clients, rates, yerr=errors, label=f"{label}, {photo}", **style)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("clients")
    axes.legend(frameon=False)
    _save(figure, FOLDER / "rate-by-clients.svg")


PLOTS: dict[str, Callable[[Any], None]] = {
    "speed": ratio_by_size,
    "throughput": rate_by_clients,
}


def _figure(title: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=11, color=_INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e3e5e8")
    axes.tick_params(colors=_INK)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    """Write an SVG that does not change with the date, on a white background."""
    from matplotlib import rc_context

    FOLDER.mkdir(exist_ok=True)
    with rc_context({"svg.hashsalt": "smart-crop", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")
