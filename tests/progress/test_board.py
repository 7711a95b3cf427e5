"""The progress of all jobs of a process, which keeps a bounded number of them."""

import pytest

from handler.jobs import progress
from handler.jobs.progress import ProgressBoard
from handler.jobs.progress_responses import Progress, SingleProgress


def test_jobs_that_ended_first_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_MAX_JOBS", 3)
    board = ProgressBoard()
    board.publish(SingleProgress.running("runs"))
    for job_id in "abcd":
        board.publish(SingleProgress.complete(job_id, {}))

    assert [job_id for job_id in ("runs", *"abcd") if board.state(job_id)] == ["runs", "c", "d"]


def test_jobs_that_ended_long_ago_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SECONDS_AFTER_END", 0.0)
    board = ProgressBoard()
    board.publish(SingleProgress.complete("old", {}))
    board.publish(SingleProgress.running("new"))

    assert board.state("old") is None


def test_a_watcher_sees_the_job_of_its_id_until_it_leaves() -> None:
    board = ProgressBoard()
    seen: list[Progress | None] = []
    board.publish(SingleProgress.running("a"))
    with board.watched("a", seen.append) as known:
        board.publish(SingleProgress.running("a", 5))
        board.publish(SingleProgress.running("b", 15))
        board.close()
    board.publish(SingleProgress.running("a", 55))

    assert known == SingleProgress.running("a")
    assert seen == [SingleProgress.running("a", 5), None]
    assert board.watchers == 0
