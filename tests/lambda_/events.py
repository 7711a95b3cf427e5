"""Events of API Gateway's HTTP API, payload format 2.0."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

HOST = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"


def http_event(
    method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> dict[str, Any]:
    """Return the event of a request, with the body as base64, as for binary content types."""
    sent = {
        "accept": "*/*",
        "content-length": str(len(body)),
        "host": HOST,
        "user-agent": "tests",
        "x-forwarded-for": "192.0.2.1",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {**sent, **(headers or {})},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": HOST.partition(".")[0],
            "domainName": HOST,
            "domainPrefix": HOST.partition(".")[0],
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "tests",
            },
            "requestId": str(uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": "29/Feb/2024:12:00:00 +0000",
            "timeEpoch": 1709208000000,
        },
        **({"body": base64.b64encode(body).decode()} if body else {}),
        "isBase64Encoded": bool(body),
    }


def upload_event(
    path: str, data: bytes, settings: Mapping[str, object], *, size: int | None = None
) -> dict[str, Any]:
    """Return the event of a form with one picture and settings.

    Args:
        path: the route.
        data: the picture.
        settings: the settings.
        size: bytes of the body; zeros are appended to the picture to reach it.
    """
    form = {"settings": json.dumps(settings)}
    request = httpx.Request(
        "POST", f"https://{HOST}{path}", data=form, files={"file": ("portrait.jpg", data)}
    )
    body = request.read()
    if size is not None and len(body) < size:
        return upload_event(path, data + bytes(size - len(body)), settings)
    headers = {"content-type": request.headers["content-type"]}
    return http_event("POST", path, headers=headers, body=body)
