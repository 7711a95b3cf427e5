"""Requests of the API for tests."""

import json
from collections.abc import Mapping
from typing import Any

from tests.pictures import encoded, photo

CROP = "/api/v1/tools/smart-crop"
ANALYZE = f"{CROP}/analyze"

PORTRAIT = encoded(photo("astronaut.png", (480, 640)))

_BOUNDARY = "a-line-that-no-picture-holds"
MULTIPART = f"multipart/form-data; boundary={_BOUNDARY}"


def upload(
    settings: Mapping[str, object] | str | None = None,
    data: bytes = PORTRAIT,
    name: str = "portrait.jpg",
) -> dict[str, Any]:
    """Return arguments of a client's ``post``: one file, and settings as an object or text."""
    text = settings if isinstance(settings, str) or settings is None else json.dumps(settings)
    return {"files": {"file": (name, data)}, "data": {} if text is None else {"settings": text}}


def small(**settings: object) -> dict[str, Any]:
    """Return an upload with a small result, for tests that do not depend on the size."""
    return upload({"width": 48, "height": 32, **settings})


def part(disposition: str, body: bytes, headers: str = "") -> bytes:
    """Return one part of a form, with any Content-Disposition."""
    head = f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n{headers}\r\n"
    return head.encode() + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    """Return a complete form, of content type `MULTIPART`."""
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()


def file_part(name: str = "portrait.jpg", data: bytes = PORTRAIT) -> bytes:
    """Return the part with the file."""
    return part(f'form-data; name="file"; filename="{name}"', data)
