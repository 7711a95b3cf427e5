"""The route that shows the progress of a job, as server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from handler.api.job_states import AnyJobId, find_record, job_progress
from handler.api.openapi import Responses, errors
from handler.api.openapi_examples import NO_CREDENTIALS, STORE_GONE
from handler.api.tracked_jobs import JOBS
from handler.errors import NotFound, ServerBusy, StorageUnavailable
from handler.jobs.deployment import Deployment
from handler.jobs.progress import ProgressBoard
from handler.jobs.progress_responses import HEARTBEAT, Progress

_EVENTS = "text/event-stream"
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
# As often as in the reference.
_HEARTBEAT_SECONDS = 20.0
# Clients connect again by themselves if they still wait.
_MAX_SECONDS_UNKNOWN = 600.0
# Half of the connections of `serve`.
_MAX_STREAMS = 256
_BUSY_SECONDS = 30
# Between two looks into the store, where the jobs of other processes are.
_FIRST_POLL_SECONDS, _LAST_POLL_SECONDS = 1.0, 10.0
# Milliseconds after which a client of Lambda asks again, where no connection can be kept open.
_RETRY = "retry: 2000\n\n"

_RESPONSES: Responses = {
    200: {
        "description": "Events without a name, each with one JSON object as its data: a "
        'SingleProgress or a BatchProgress, or `{"type":"heartbeat"}`. The stream ends after '
        "the last state of the job. A job that is not known has heartbeats only, so that a client "
        "can connect before it sends the request. On Lambda the stream ends after the current "
        "state, with a `retry` after which EventSource asks again.",
        "content": {_EVENTS: {"schema": {"type": "string"}}},
    },
    **errors(NotFound("No such job"), NO_CREDENTIALS, STORE_GONE),
}


def create_progress_router(deployment: Deployment, board: ProgressBoard) -> APIRouter:
    """Return the route of the progress of jobs.

    Args:
        deployment: the deployment.
        board: the progress of the jobs of this process.
    """
    router = APIRouter()

    def recorded(job_id: str) -> Progress | None:
        record = find_record(deployment.jobs, deployment.results, job_id)
        return None if record is None else job_progress(job_id, record, deployment.results)

    @router.get(
        f"{JOBS}/{{jobId}}/progress",
        response_class=Response,
        responses=_RESPONSES,
        operation_id="progress",
        summary="Watch the progress of a job",
        tags=["Results"],
    )
    async def progress(request: Request, job_id: AnyJobId) -> Response:
        stream = _Stream(request, job_id, board, recorded)
        if request.state.is_head:
            return Response(headers=_HEADERS, media_type=_EVENTS)
        if "aws.context" in request.scope:
            return Response(await stream.once(), headers=_HEADERS, media_type=_EVENTS)
        if board.watchers >= _MAX_STREAMS:
            details = f"streams: expected at most {_MAX_STREAMS:,}, received more"
            raise ServerBusy(details, _BUSY_SECONDS)
        return StreamingResponse(stream.events(), headers=_HEADERS, media_type=_EVENTS)

    return router


class _Stream:
    """The events of one job for one client."""

    def __init__(
        self,
        request: Request,
        job_id: str,
        board: ProgressBoard,
        recorded: Callable[[str], Progress | None],
    ) -> None:
        self._request = request
        self._job_id = job_id
        self._board = board
        self._recorded = recorded

    async def once(self) -> str:
        """Return the current state, and when to ask again if it is not the last one.

        Raises:
            StorageUnavailable: the store cannot be read.
        """
        state = self._board.state(self._job_id)
        if state is None or not state.is_final:
            state = await to_thread.run_sync(self._recorded, self._job_id) or state
        return f"{state.event() if state else HEARTBEAT}{_RETRY}"

    async def events(self) -> AsyncIterator[str]:
        """Yield the states of the job until the last one, and heartbeats in between."""
        loop = asyncio.get_running_loop()
        received: asyncio.Queue[Progress | None] = asyncio.Queue()

        def receive(state: Progress | None) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(received.put_nowait, state)

        with self._board.watched(self._job_id, receive) as known:
            clock = _Clock()
            is_own = known is not None
            state = known or await self._stored()
            sent: Progress | None = None
            while True:
                if state is not None and state != sent:
                    yield state.event()
                    clock.sent()
                    sent = state
                if state is not None and state.is_final:
                    return
                state = await _next(received)
                is_own = is_own or state is not None
                if await self._request.is_disconnected() or self._is_over(is_own, clock):
                    return
                if not is_own and clock.asks_store():
                    state = await self._stored()
                if clock.needs_heartbeat():
                    yield HEARTBEAT
                    clock.sent()

    def _is_over(self, is_own: bool, clock: "_Clock") -> bool:
        return not is_own and (self._board.is_closed or clock.waited_long())

    async def _stored(self) -> Progress | None:
        try:
            return await to_thread.run_sync(self._recorded, self._job_id)
        except StorageUnavailable:  # a later look may succeed
            return None


class _Clock:
    """The times at which a stream does something without a new state."""

    def __init__(self) -> None:
        now = time.monotonic()
        self._began = self._last_sent = self._last_poll = now
        self._poll_seconds = _FIRST_POLL_SECONDS

    def sent(self) -> None:
        """Remember that an event is sent."""
        self._last_sent = time.monotonic()

    def needs_heartbeat(self) -> bool:
        """Return whether no event was sent for a while."""
        return time.monotonic() - self._last_sent >= _HEARTBEAT_SECONDS

    def waited_long(self) -> bool:
        """Return whether the stream has been open for long."""
        return time.monotonic() - self._began >= _MAX_SECONDS_UNKNOWN

    def asks_store(self) -> bool:
        """Return whether it is time to look into the store, less and less often."""
        now = time.monotonic()
        if now - self._last_poll < self._poll_seconds:
            return False
        self._last_poll = now
        self._poll_seconds = min(2 * self._poll_seconds, _LAST_POLL_SECONDS)
        return True


async def _next(received: "asyncio.Queue[Progress | None]") -> Progress | None:
    """Return the next state, or None after a second without one."""
    try:
        return await asyncio.wait_for(received.get(), 1)
    except TimeoutError:
        return None
