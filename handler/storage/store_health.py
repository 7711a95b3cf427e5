"""The health of a store: whether results can be written to it."""

import math
import threading
import time

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from handler.storage.failures import SLOW, UNKNOWN, reason_of

_KEY = ".health"
_MIN_BYTES = 64 * 1024
_MAX_BYTES = 8 << 20
# Checks of the health within this time share one probe.
_SECONDS_BETWEEN_PROBES = 1.0
# A check of the health must not wait for a store that does not answer.
_SECONDS_TO_WAIT = 1.0


class StoreHealth:
    """The last failure of a store, until something can be written again."""

    def __init__(self, store: S3Store | LocalStore, *, probes_always: bool) -> None:
        """Wrap the store.

        Args:
            store: the store.
            probes_always: whether to write a small object for each check of the health. Otherwise
                it is written only after a failure, until it succeeds.
        """
        self._store = store
        self._probes_always = probes_always
        self._lock = threading.Lock()
        self._failure: str | None = None
        self._bytes = _MIN_BYTES
        self._probe: threading.Thread | None = None
        self._probed = -math.inf

    def failed(self, reason: str | None, size: int) -> None:
        """Record that an object could not be written.

        Args:
            reason: the reason; see `reason_of`.
            size: size of the object in bytes. A disk that is nearly full accepts smaller ones.
        """
        with self._lock:
            self._failure = reason or UNKNOWN
            self._bytes = min(max(size, _MIN_BYTES), _MAX_BYTES)

    def succeeded(self, size: int) -> None:
        """Record that an object of a size in bytes was written."""
        with self._lock:
            if size >= self._bytes:
                self._failure, self._bytes = None, _MIN_BYTES

    def failure(self) -> str | None:
        """Return why nothing can be written, or None if the store works."""
        with self._lock:
            is_due = self._probes_always or self._failure is not None
            is_busy = self._probe is not None and self._probe.is_alive()
            if is_due and not is_busy and self._elapsed() >= _SECONDS_BETWEEN_PROBES:
                self._probed = time.monotonic()
                self._probe = threading.Thread(target=self._write, daemon=True)
                self._probe.start()
            probe = self._probe
        if probe is not None:
            probe.join(_SECONDS_TO_WAIT)
            if probe.is_alive():
                return self._failure or SLOW
        return self._failure

    def _elapsed(self) -> float:
        return time.monotonic() - self._probed

    def _write(self) -> None:
        size = self._bytes
        try:
            obstore.put(self._store, _KEY, bytes(size))
            if isinstance(self._store, LocalStore):
                obstore.delete(self._store, _KEY)
        except (BaseError, OSError) as error:
            self.failed(reason_of(error), size)
        else:
            self.succeeded(size)
