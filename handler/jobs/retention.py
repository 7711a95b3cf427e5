"""Old results, which are deleted while the service runs."""

import threading
from datetime import UTC, datetime, timedelta

from handler.config import Config
from handler.errors import StorageUnavailable
from handler.storage import connect, delete_old
from handler.telemetry import log

_SECONDS_BETWEEN = 3600


def start_deleting(config: Config, days: float) -> threading.Thread:
    """Delete results and job records that are older, now and every hour, in a thread.

    Args:
        config: configuration of the service.
        days: age in days.

    Returns:
        The thread, which ends with the process.
    """
    store, age = connect(config.store), timedelta(days=days)
    waiting = threading.Event()

    def delete() -> None:
        while True:
            try:
                deleted = delete_old(store, datetime.now(UTC) - age)
            except StorageUnavailable as error:  # it is tried again
                log("old results not deleted", failure=error)
            else:
                if deleted:
                    log("old results deleted", objects=deleted)
            waiting.wait(_SECONDS_BETWEEN)

    thread = threading.Thread(target=delete, name="retention", daemon=True)
    thread.start()
    return thread
