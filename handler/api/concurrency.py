"""Worker threads for the work that keeps a core busy and would block the event loop."""

import os
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

Result = TypeVar("Result")


async def run_in_worker_thread(call: Callable[[], Result]) -> Result:
    """Call a function on a thread; there are at most as many calls at a time as cores."""
    return await to_thread.run_sync(call, limiter=_limiter())


@cache
def _limiter() -> CapacityLimiter:
    # A crop keeps a core busy and a decoded picture in memory.
    return CapacityLimiter(os.cpu_count() or 1)
