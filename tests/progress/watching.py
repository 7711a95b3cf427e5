"""Watching the progress of jobs as clients do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.api.calls import PORTRAIT, upload

JOBS = "/api/v1/jobs"
ASYNC = {"Prefer": "respond-async"}


def named(client_id: str, **settings: object) -> dict[str, Any]:
    """Return arguments of a client's ``post``: a small crop with an id that the client chose."""
    sent = upload({"width": 48, "height": 32, **settings})
    return {**sent, "data": {**sent["data"], "clientJobId": client_id}}


def batch_of(names: list[str], client_id: str | None = None) -> dict[str, Any]:
    """Return arguments of a client's ``post``: a batch; files that are not .jpg are no pictures."""
    files = [("files", (name, PORTRAIT if name.endswith(".jpg") else b"text")) for name in names]
    chosen = {} if client_id is None else {"clientJobId": client_id}
    return {"files": files, "data": {"settings": '{"width": 48, "height": 32}', **chosen}}


def states_in(text: str) -> list[dict[str, Any]]:
    """Return the data of the events in a stream."""
    lines = [line for line in text.splitlines() if line]
    assert all(line.startswith(("data: ", "retry: ")) for line in lines)
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


@contextmanager
def watched(url: str, job_id: str) -> Iterator[Iterator[dict[str, Any]]]:
    """Connect to the progress of a job, and yield its states as they arrive."""
    with httpx.stream("GET", f"{url}{JOBS}/{job_id}/progress", timeout=300) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-cache"
        yield (json.loads(line[6:]) for line in response.iter_lines() if line)


def all_states(url: str, job_id: str) -> list[dict[str, Any]]:
    """Return the states of a job from now to its end."""
    with watched(url, job_id) as states:
        return list(states)
