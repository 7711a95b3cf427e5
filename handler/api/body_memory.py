"""The memory that the files of forms may use while they are received."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.formparsers import MultiPartParser
from starlette.requests import Request

# Files up to this size are in memory in any case.
_SMALL_FILE_BYTES = MultiPartParser.spool_max_size
# A longer Content-Length is not parsed: Python raises an error for more than 4,300 digits.
_MOST_DIGITS = 18


class BodyMemory:
    """The memory for files that are received; those that do not fit are written to disk.

    Writing a file of 5 MB to disk and reading it again takes 6 ms of CPU time. Without a limit,
    many slow clients could fill the memory.
    """

    def __init__(self, most_bytes: int, largest_body: int) -> None:
        """Set the limits; nothing is reserved yet.

        Args:
            most_bytes: largest total of the bodies that are received into memory.
            largest_body: largest accepted body, in bytes.
        """
        self._most_bytes = most_bytes
        self._largest_body = largest_body
        self._reserved = 0

    def body_bytes(self, request: Request) -> int:
        """Return the length of a body; the largest accepted one if the client does not state it."""
        length = request.headers.get("content-length", "")
        if "transfer-encoding" in request.headers or len(length) > _MOST_DIGITS:
            return self._largest_body
        return int(length) if length.isascii() and length.isdigit() else 0

    @contextmanager
    def reserved(self, request: Request) -> Iterator[int]:
        """Reserve memory for the body of a request, if there is enough, until the context is left.

        Yields:
            The largest size of a file that is kept in memory, in bytes.
        """
        length = self.body_bytes(request)
        if self._reserved + length > self._most_bytes:
            yield _SMALL_FILE_BYTES
            return
        self._reserved += length
        try:
            yield max(length, _SMALL_FILE_BYTES)
        finally:
            self._reserved -= length
