"""The time at which AWS Lambda ends an invocation."""

import time

from starlette.requests import Request


def deadline_of(request: Request, spare_seconds: float) -> float | None:
    """Return the time at which the work on a request must end, on the clock of `time.monotonic`.

    Args:
        request: the request.
        spare_seconds: seconds that are kept for what follows the work.

    Returns:
        The time; None outside Lambda, where nothing ends a request.
    """
    context = request.scope.get("aws.context")
    if context is None:
        return None
    seconds: float = context.get_remaining_time_in_millis() / 1000
    return time.monotonic() + seconds - spare_seconds
