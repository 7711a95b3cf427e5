"""The id that a client may choose for its job, to watch the progress by it."""

import re

from starlette.requests import Request

from handler.api.http_errors import InvalidClientJobId

FIELD = "clientJobId"
"""Name of the field in forms and JSON bodies."""

# Those of the reference, which uses the ids in names of files and of queues.
PATTERN = r"^(?![0-9]+$)(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$"


def keep_client_job_id(request: Request, value: object) -> None:
    """Keep the id that the client chose in the state of the request, for `client_job_id`.

    Args:
        request: the request.
        value: the value of the field; None if there is none.

    Raises:
        InvalidClientJobId: the value is not accepted.
    """
    if value is not None and not (isinstance(value, str) and re.fullmatch(PATTERN, value)):
        raise InvalidClientJobId
    request.state.client_job_id = value


def client_job_id(request: Request) -> str | None:
    """Return the id that the client of a request chose, or None."""
    chosen: str | None = getattr(request.state, "client_job_id", None)
    return chosen
