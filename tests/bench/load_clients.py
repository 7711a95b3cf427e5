"""Clients that send one form after the other, each on a connection of its own."""

import http.client
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PATH = "/api/v1/tools/smart-crop"
_BOUNDARY = "smart-crop-bench"
_TIMEOUT_SECONDS = 120  # longer than the last of 64 clients waits
# On a busy machine the first answers may come after the time of the measurement.
_MOST_SECONDS = 60


@dataclass
class Load:
    """Clients of one server.

    Attributes:
        finished: time of each finished request, and its seconds from the first attempt.
        rejected: number of answers with 503, after which a client waits and tries again.
        end: time after which no request is sent.
        errors: failures of clients.
    """

    url: str
    body: bytes
    finished: list[tuple[float, float]] = field(default_factory=list)
    rejected: int = 0
    end: float = 0
    errors: list[str] = field(default_factory=list)

    def run(self, clients: int, seconds: float, least: int) -> None:
        """Send requests for some seconds, and wait for the last answers.

        Args:
            clients: number of clients.
            seconds: seconds in which requests are sent.
            least: number of requests to finish before the end, which is postponed for them.

        Raises:
            RuntimeError: a request failed with another status than 503.
        """
        start = time.monotonic()
        self.end = start + _MOST_SECONDS
        threads = [threading.Thread(target=self._client) for _ in range(clients)]
        for thread in threads:
            thread.start()
        while time.monotonic() < self.end:
            time.sleep(0.05)
            if time.monotonic() >= start + seconds and len(self.finished) >= least:
                self.end = time.monotonic()
        for thread in threads:
            thread.join()
        if self.errors:
            raise RuntimeError(f"{len(self.errors)} requests failed: {self.errors[0]}")

    def _client(self) -> None:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_TIMEOUT_SECONDS)
        try:
            while time.monotonic() < self.end:
                start = time.monotonic()
                if self._is_answered(connection):
                    now = time.monotonic()
                    self.finished.append((now, now - start))
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            self.errors.append(repr(error))
        finally:
            connection.close()

    def _is_answered(self, connection: http.client.HTTPConnection) -> bool:
        """Send a form until it is accepted, and return whether that was before the end."""
        while time.monotonic() < self.end:
            kind = f"multipart/form-data; boundary={_BOUNDARY}"
            # A server may answer before it has read the form.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request("POST", _PATH, self.body, {"Content-Type": kind})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 200:
                return True
            if answer.status != 503:
                raise RuntimeError(f"{answer.status} {text[:300]!r}")
            self.rejected += 1
            connection.close()
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        return False


def form(photo: bytes, settings: str) -> bytes:
    """Return the body of a form with a photo and its settings."""
    disposition = 'Content-Disposition: form-data; name="file"; filename="photo.jpg"'
    parts = [
        f"--{_BOUNDARY}\r\n{disposition}\r\nContent-Type: image/jpeg\r\n\r\n".encode() + photo,
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="settings"\r\n\r\n'.encode()
        + settings.encode(),
    ]
    return b"\r\n".join([*parts, f"--{_BOUNDARY}--\r\n".encode()])
