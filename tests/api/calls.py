"""How the tests call the API."""

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
    """Arguments of a client's ``post``: one file, and settings as an object or as they are."""
    text = settings if isinstance(settings, str) or settings is None else json.dumps(settings)
    return {"files": {"file": (name, data)}, "data": {} if text is None else {"settings": text}}


def small(**settings: object) -> dict[str, Any]:
    """An upload that asks for a little picture, where the size is not what is tested."""
    return upload({"width": 48, "height": 32, **settings})


def part(disposition: str, body: bytes, headers: str = "") -> bytes:
    """One part of a form, with a Content-Disposition that no client library would write."""
    head = f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n{headers}\r\n"
    return head.encode() + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    """A whole form, of content type `MULTIPART`."""
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()


def file_part(name: str = "portrait.jpg", data: bytes = PORTRAIT) -> bytes:
    """The part with the picture."""
    return part(f'form-data; name="file"; filename="{name}"', data)
