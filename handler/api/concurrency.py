"""Where work is done that keeps a core busy: beside the event loop."""

import os
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

Result = TypeVar("Result")


async def work(call: Callable[[], Result]) -> Result:
    """Do what takes a core, on a thread; there are no more at once than cores."""
    return await to_thread.run_sync(call, limiter=_workers())


@cache
def _workers() -> CapacityLimiter:
    """A crop keeps a core busy and a decoded picture in memory."""
    return CapacityLimiter(os.cpu_count() or 1)
