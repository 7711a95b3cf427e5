"""The queue of jobs: they keep a core busy, and run on worker threads."""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from anyio import (
    CancelScope,
    CapacityLimiter,
    create_task_group,
    get_cancelled_exc_class,
    sleep_forever,
    to_thread,
)
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from handler.api.body_memory import BodyMemory
from handler.errors import ServerBusy, Stopped
from handler.jobs.cancellation import Cancellation

Result = TypeVar("Result")

# Weight of the newest call in the mean duration.
_NEWEST = 0.2
_MAX_RETRY_SECONDS = 60
_MEGABYTE = 1_000_000
# Part of the memory for bodies that those of requests which are not yet in the queue may use.
_RECEIVED_PART = 4


class JobQueue:
    """The requests that run or wait, at most as many at a time as cores run.

    All methods must be called on the thread of the event loop.

    Attributes:
        received: the memory for bodies that are received, before their requests are in the queue.
        on_stop: called when the queue stops.
    """

    def __init__(
        self, waiting: int, most_bytes: int, largest_body: int, running: int | None = None
    ) -> None:
        """Create an empty queue.

        Args:
            waiting: largest number of requests that wait.
            most_bytes: largest total of the bodies of several requests, in bytes.
            largest_body: largest accepted body, in bytes.
            running: largest number of calls that run; None for the number of cores.
        """
        # A crop keeps a core busy and a decoded picture in memory.
        self._running = running or os.cpu_count() or 1
        self._waiting = waiting
        self._most_bytes = most_bytes
        self.received = BodyMemory(most_bytes // _RECEIVED_PART, largest_body)
        self._limiter = CapacityLimiter(self._running)
        self._places: set[Place] = set()
        self._seconds = 0.0
        self._is_stopped = False
        self.on_stop: Callable[[], None] = lambda: None

    def check(self, request: Request) -> None:
        """Check that there is a place, so that the body of a rejected request is not read.

        Args:
            request: the request, whose body need not have been read.

        Raises:
            ServerBusy: there is none.
            Stopped: the server stops.
        """
        if self._is_stopped:
            raise _stopped()
        if len(self._places) >= self._running + self._waiting:
            raise self._busy(f"{self._waiting:,} waiting requests")
        held = sum(place.body_bytes for place in self._places)
        if self._places and held + self.received.body_bytes(request) > self._most_bytes:
            raise self._busy(f"{self._most_bytes / _MEGABYTE:,.0f} MB of images at a time")

    def _busy(self, most: str) -> ServerBusy:
        """Return the error of a full queue, with the time until it will be empty."""
        turns = max(1, len(self._places) - self._running) / self._running
        seconds = min(max(1, math.ceil(turns * self._seconds)), _MAX_RETRY_SECONDS)
        return ServerBusy(f"queue: expected at most {most}, received more", seconds)

    @contextmanager
    def place(self, request: Request, *, is_awaited: bool = True) -> Iterator["Place"]:
        """Hold a place for a request, whose body must have been read, until the context is left.

        Args:
            request: the request.
            is_awaited: whether it is answered when its job is done, and not before.

        Raises:
            ServerBusy: there is none.
            Stopped: the server stops.
        """
        self.check(request)
        receive = request.receive if is_awaited else _receive_nothing
        place = Place(receive, self._limiter, self._add_duration, self.received.body_bytes(request))
        self._places.add(place)
        try:
            yield place
        finally:
            self._places.remove(place)

    def stop(self) -> None:
        """Reject new requests and those that wait; what runs continues."""
        self._is_stopped = True
        self.on_stop()
        for place in self._places:
            if not place.has_begun:
                place.cancel()

    def cancel(self) -> None:
        """Cancel what runs as well."""
        self._is_stopped = True
        for place in self._places:
            place.cancel()

    def _add_duration(self, seconds: float) -> None:
        self._seconds += (seconds - self._seconds) * (_NEWEST if self._seconds else 1)


class Place:
    """The place of one request in the queue.

    Attributes:
        has_begun: True if a call of the request runs or has run.
        body_bytes: bytes of the body of the request.
    """

    def __init__(
        self,
        receive: Receive,
        limiter: CapacityLimiter,
        add_duration: Callable[[float], None],
        body_bytes: int,
    ) -> None:
        """Take a place; see `JobQueue.place`."""
        self.has_begun = False
        self.body_bytes = body_bytes
        self._receive = receive
        self._limiter = limiter
        self._add_duration = add_duration
        self._cancellation = Cancellation()
        self._scope: CancelScope | None = None
        self._client_left = False

    def cancel(self) -> None:
        """Remove a waiting call, and make a running one stop at its next step."""
        self._cancellation.is_requested = True
        if self._scope is not None:
            self._scope.cancel()

    async def run(self, call: Callable[[], Result]) -> Result:
        """Call a function on a thread as soon as a core is free.

        The call is cancelled if the client closes the connection.

        Raises:
            ClientDisconnect: the client closed the connection.
            Stopped: the server stops.
        """
        results: list[Result] = []
        failure: Exception | None = None
        try:
            async with create_task_group() as group:
                self._scope = group.cancel_scope
                group.start_soon(self._cancel_when_left)
                try:
                    if not self._cancellation.is_requested:
                        called = partial(self._call, call)
                        results.append(await to_thread.run_sync(called, limiter=self._limiter))
                except Exception as error:  # raised below, because the group would wrap it
                    failure = error
                group.cancel_scope.cancel()
        except get_cancelled_exc_class():
            # The server stops and does not wait for the thread any longer.
            self._cancellation.is_requested = True
            raise _stopped() from None
        if self._client_left:
            raise ClientDisconnect
        if failure is not None:
            raise failure
        if not results:
            raise _stopped()
        return results[0]

    def _call(self, call: Callable[[], Result]) -> Result:
        self.has_begun = True
        start = time.perf_counter()
        try:
            with self._cancellation.applied():
                return call()
        finally:
            self._add_duration(time.perf_counter() - start)

    async def _cancel_when_left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._client_left = True
        self.cancel()


async def _receive_nothing() -> Message:
    """Wait as for a client that never leaves."""
    await sleep_forever()
    raise AssertionError("unreachable")


def _stopped() -> Stopped:
    return Stopped("The server stops before the work is done")
