"""The tables of the page of results, in Markdown."""

from collections.abc import Sequence
from typing import Any

Rows = list[dict[str, Any]]

_STARTS = {
    "ours": "the HTTP function",
    "events": "the events function",
    "restored": "the HTTP function, restored from a snapshot",
    "boto3": "the same app with boto3",
    "plain boto3": "the same app with boto3, without the optimised start",
}


def markdown(*rows: Sequence[str]) -> str:
    """Return a table whose first row has the names of the columns."""
    names, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([names, f"|{' --- |' * len(rows[0])}", *body]) + "\n"


def between(interval: Sequence[float], digits: int = 2) -> str:
    """Return an interval as text."""
    low, high = (f"{end:.{digits}f}" for end in interval)
    return f"{low}–{high}"


def parity(results: dict[str, Any]) -> str:
    """Return the shares of equal windows."""
    rows = [
        (name, str(found["rows"]), f"{found['same']:.1%}", f"{found['exact']:.1%}")
        for name, found in results.items()
    ]
    return markdown(("strategy", "windows", "IoU ≥ 0.99", "exact"), *rows)


def speed(rows: Rows) -> str:
    """Return the CPU time, the wall time and the bytes of both sides."""
    names = ("", "CPU, ms", "sharp", "ratio", "95 %", "wall, ratio", "95 %", "bytes, ratio")
    return markdown(
        names,
        *(
            (
                row["case"] + ("*" if row["disturbed"] else ""),
                f"{row['cpu']['ours']:.0f}",
                f"{row['cpu']['sharp']:.0f}",
                f"**{row['cpu']['ratio']:.2f}**",
                between(row["cpu"]["interval"]),
                f"{row['wall']['ratio']:.2f}",
                between(row["wall"]["interval"]),
                f"{row['bytes']['ratio']:.2f}",
            )
            for row in rows
        ),
    )


def memory(rows: Rows) -> str:
    """Return the peak memory of both sides."""
    body = [
        (
            row["case"],
            f"{row['ours']['peak']:.0f}",
            f"{row['sharp']['peak']:.0f}",
            f"**{row['ratio']['peak']:.2f}**",
        )
        for row in rows
    ]
    return markdown(("", "peak, MiB", "sharp", "ratio"), *body)


def pyvips(results: dict[str, Any]) -> str:
    """Return the CPU time of both sides."""
    body = [
        (
            row["case"],
            f"{row['ours']:.0f}",
            f"{row['pyvips']:.0f}",
            f"**{row['ratio']:.2f}**",
            between(row["interval"]),
        )
        for row in results["rows"]
    ]
    peer = f"pyvips, libvips {results['libvips']}"
    return markdown(("", "CPU, ms", peer, "ratio", "95 %"), *body)


def quality(rows: Rows) -> str:
    """Return our bytes at equal quality."""
    body = [
        (
            row["format"],
            row["measure"],
            between((row["from"], row["to"]), 3 if row["measure"] == "SSIM" else 0),
            f"**{row['share']:.2f}**",
        )
        for row in rows
    ]
    return markdown(("format", "measure", "range", "bytes, ratio"), *body)


def curve(rows: Rows) -> str:
    """Return the CPU time of each mode by size."""
    modes = list(rows[0]["cpu"])
    body = [
        (
            f"{row['megapixels']:.0f} MP",
            *(f"{row['cpu'][mode]:.0f} ({between(row['interval'][mode], 0)})" for mode in modes),
        )
        for row in rows
    ]
    return markdown(("", *modes), *body)


def batch(rows: Rows) -> str:
    """Return the seconds of each program for the batch."""
    body = [
        (
            row["program"],
            f"{row['seconds']:.1f}",
            between(row["interval"], 1),
            f"**{row['times_faster']:.2f}**",
            between(row["times_interval"]),
            f"{row['cpu_per_thousand']:.0f}",
        )
        for row in rows
    ]
    names = ("", f"seconds for {rows[0]['photos']} photos", "95 %", "times ours", "95 %")
    return markdown((*names, "CPU seconds for 1,000"), *body)


def throughput(rows: Rows) -> str:
    """Return requests per second and latencies."""
    body = [
        (
            row["photo"],
            str(row["clients"]),
            f"{row['ours']['rate']:.1f}",
            f"{row['fastify']['rate']:.1f}",
            f"**{row['ratio']:.2f}**",
            between(row["interval"]),
            f"{row['ours']['median'] * 1000:.0f}, {row['ours']['p99'] * 1000:.0f}",
            f"{row['fastify']['median'] * 1000:.0f}, {row['fastify']['p99'] * 1000:.0f}",
            f"{row['ours']['cpu'] * 1000:.0f}, {row['fastify']['cpu'] * 1000:.0f}",
            str(row["ours"]["rejected"]),
        )
        for row in rows
    ]
    rates = ("photo", "clients", "per second", "fastify with sharp", "ratio", "95 %")
    return markdown(
        (*rates, "ms: median, p99", "fastify with sharp", "CPU, ms: ours, theirs", "503"), *body
    )


def animations(rows: Rows) -> str:
    """Return the CPU time and the bytes of both sides."""
    body = []
    for row in rows:
        (us, them), (our_bytes, their_bytes) = row["cpu"], row["bytes"]
        shares = (f"**{us / them:.2f}**", f"{our_bytes / their_bytes:.2f}")
        body.append((row["case"], f"{us:.0f}", f"{them:.0f}", *shares))
    return markdown(("", "CPU, ms", "sharp", "ratio", "bytes, ratio"), *body)


def camera_raw(rows: Rows) -> str:
    """Return the CPU time of ours and of a peer."""
    body = []
    for row in rows:
        us, them = row["cpu"]
        body.append((row["case"], f"{us:.0f}", row["peer"], f"{them:.0f}", f"**{us / them:.2f}**"))
    return markdown(("", "CPU, ms", "peer", "CPU, ms", "ratio"), *body)


def cold_starts(results: dict[str, Any]) -> str:
    """Return the cold starts, and the parts of the HTTP function's."""
    starts = [
        (
            label,
            f"{results[name]['cpu']:.0f}",
            between(results["intervals"][name], 0),
            f"{results[name]['wall']:.0f}",
        )
        for name, label in _STARTS.items()
    ]
    parts = [(name, f"{time:.0f}") for name, time in results["parts"].items()]
    packages = [(name, f"{time:.0f}") for name, time in results["packages"].items()]
    tables = (
        markdown(
            ("from process start, or restore, to the first crop", "CPU, ms", "95 %", "wall, ms"),
            *starts,
        ),
        markdown(("part of the HTTP function's", "CPU, ms"), *parts),
        markdown(("imports by package", "CPU, ms"), *packages),
    )
    return "\n".join(tables)
