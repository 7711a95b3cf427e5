"""Delayed Ctrl-C, for steps that must end as a whole."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C until the end of this context.

    Python calls signal handlers in the main thread only, so other threads are never interrupted.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed meanwhile.
    """
    if current_thread() is not main_thread():
        yield
        return
    pressed: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous or signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt
