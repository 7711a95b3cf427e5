"""The page of the results of `make bench`."""

import re
from typing import Any

import pytest

from tests.bench import intervals, page, plots
from tests.bench.equal_bytes import share_of_bytes

_RESULTS: dict[str, Any] = {
    "date": "2026-01-02",
    "machine": "a machine",
    "versions": {"Python": "3.13"},
    "load": 0.5,
    "data": {"attention": {"rows": 7, "same": 1.0, "exact": 0.5, "budget": 1, "misses": []}},
}


def test_the_page_has_a_part_for_each_section() -> None:
    names = re.findall(r"<!-- (\w+), made by", page.PAGE.read_text())
    assert sorted(names) == sorted([*page.TABLES, "machine"])


def test_a_section_with_results_replaces_its_part_only() -> None:
    part = "<!-- {}, made by tests/bench/page.py -->\nearlier\n<!-- end -->\n"
    text = f"before\n{part.format('machine')}{part.format('parity')}{part.format('speed')}after\n"

    filled = page.filled(text, {"parity": _RESULTS}.get)

    assert "| attention | 7 | 100.0% | 50.0% |" in filled
    assert "`make bench ARGS=parity`, 2026-01-02, with a load of 0.5" in filled
    assert filled.count("earlier") == 1
    assert "a machine. Python 3.13, sharp " in filled
    assert filled.startswith("before\n")
    assert filled.endswith("after\n")
    assert page.filled(filled, {"parity": _RESULTS}.get) == filled


def test_the_plots_of_the_page_are_committed_and_small() -> None:
    named = set(re.findall(r"\(plots/(.+?)\)", page.PAGE.read_text()))
    files = {path.name: path.stat().st_size for path in plots.FOLDER.iterdir()}
    assert named == set(files)
    assert max(files.values()) < 200_000


def test_the_interval_of_a_ratio_is_narrow_if_both_sides_are_slowed_down_together() -> None:
    busy = [1.0, 1.1, 1.7, 1.2, 2.5, 1.0, 1.3]

    low, high = intervals.of_ratio([0.5 * each for each in busy], busy)

    assert [low, high] == pytest.approx([0.5, 0.5])
    assert intervals.of_median(busy)[0] < 1.2 < intervals.of_median(busy)[1]


def test_half_of_the_bytes_at_every_quality_is_a_share_of_one_half() -> None:
    theirs = [{"bytes": 2.0 * size, "SSIM": ssim} for size, ssim in ((10, 0.8), (90, 0.9))]
    ours = [{"bytes": size, "SSIM": ssim} for size, ssim in ((10.0, 0.8), (90.0, 0.9))]

    assert list(share_of_bytes(ours, theirs, "SSIM")) == pytest.approx([0.5, 0.8, 0.9])
