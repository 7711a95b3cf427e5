"""A stored result as a response, with conditional requests and ranges (RFC 9110)."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from handler.api.http_errors import RangeNotSatisfiable
from handler.api.middleware import error_response
from handler.codec import content_type_of
from handler.filenames import content_disposition
from handler.problems import FieldProblem, shown
from handler.storage import ResultStore, StoredResult

# One range; the digits of a longer position are past every size, and costly to read.
_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,100})\s*-\s*([0-9]{0,100})", re.IGNORECASE)


def stored_file(results: ResultStore, job_id: str, filename: str, request: Request) -> Response:
    """Return a result, a part of it, or a redirect to the object store.

    Several ranges in one request, and ranges of another unit, are answered with the whole file.

    Raises:
        NotFound: there is no such result.
        StorageUnavailable: the store cannot be read, or there are no credentials.
    """
    is_head = request.state.is_head
    if results.signs_links:
        results.check(job_id, filename)
        # A link is signed for one method. The store answers conditions and ranges itself.
        link = results.link(job_id, filename, "HEAD" if is_head else "GET")
        return RedirectResponse(link.url, status_code=307)
    found = results.read(job_id, filename)
    headers = {
        "Content-Disposition": content_disposition(filename),
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{found.etag}"',
        "Last-Modified": format_datetime(found.modified, usegmt=True),
        "Accept-Ranges": "bytes",
    }
    if _is_known(found, request.headers):
        return Response(status_code=304, headers=headers)
    asked = None if is_head else _asked_range(found, request.headers)
    if asked is not None and not asked:
        return _not_satisfiable(found, request.headers["range"])
    part = asked or range(found.size)
    headers["Content-Length"] = str(len(part))
    if asked:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{found.size}"
    status, type_ = 206 if asked else 200, content_type_of(filename)
    if is_head:
        return Response(status_code=status, headers=headers, media_type=type_)
    return StreamingResponse(found.chunks(asked), status, headers, type_)


def _is_known(found: StoredResult, headers: Headers) -> bool:
    """Return whether the client has the file, by If-None-Match or by If-Modified-Since."""
    condition = headers.get("if-none-match")
    if condition is not None:
        # Proxies that compress make strong tags weak.
        tags = {tag.strip().removeprefix("W/") for tag in condition.split(",")}
        return bool(tags & {f'"{found.etag}"', "*"})
    since = _date(headers.get("if-modified-since", ""))
    return since is not None and found.modified <= since


def _asked_range(found: StoredResult, headers: Headers) -> range | None:
    """Return the requested bytes: None for the whole file, and an empty range for none of them."""
    match = _RANGE.fullmatch(headers.get("range", "").strip())
    if match is None or not _has_same_file(found, headers.get("if-range")):
        return None
    first, last = match.groups()
    if not first:
        # A suffix: the last bytes of the file.
        return range(max(0, found.size - int(last)), found.size) if last else None
    if last and int(last) < int(first):
        return None
    stop = min(int(last) + 1, found.size) if last else found.size
    return range(min(int(first), stop), stop)


def _has_same_file(found: StoredResult, condition: str | None) -> bool:
    """Return whether the file is the one of which the client has a part, by If-Range."""
    if condition is None:
        return True
    return condition.strip() == f'"{found.etag}"' or _date(condition) == found.modified


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _not_satisfiable(found: StoredResult, received: str) -> Response:
    problem = FieldProblem("Range", f"bytes of a file of {found.size:,} bytes", shown(received))
    response = error_response(RangeNotSatisfiable(problem.message))
    response.headers.update({"Content-Range": f"bytes */{found.size}", "Accept-Ranges": "bytes"})
    return response
