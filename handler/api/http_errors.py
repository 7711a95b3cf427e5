"""The errors that only HTTP has: of requests that reach no route, and of ids of jobs."""

from handler.errors import SmartCropError


class MalformedRequest(SmartCropError):
    """Raised if the request is not valid HTTP, or its length is ambiguous."""

    status = 400
    code = "MALFORMED_REQUEST"
    error = "Malformed request"


class ForeignRequest(SmartCropError):
    """Raised if a page of another site sends the request."""

    status = 403
    code = "FOREIGN_REQUEST"
    error = "Foreign request"


class NotAcceptable(SmartCropError):
    """Raised if the client accepts only a picture, and the response has more than one."""

    status = 406
    code = "NOT_ACCEPTABLE"
    error = "Not acceptable"


class RangeNotSatisfiable(SmartCropError):
    """Raised if the requested range begins after the end of the file."""

    status = 416
    code = "RANGE_NOT_SATISFIABLE"
    error = "Range not satisfiable"


class SlowRequest(SmartCropError):
    """Raised if the header or the body of the request arrives too slowly."""

    status = 408
    code = "SLOW_REQUEST"
    error = "Request too slow"


class InvalidClientJobId(SmartCropError):
    """Raised if the id that the client chose for its job is not accepted."""

    status = 400
    code = "INVALID_CLIENT_JOB_ID"
    error = (
        "Invalid clientJobId (expected 1-128 letters, digits, '_', '-' or '.', "
        "starting with a letter or digit, not all digits, no '..')"
    )


class JobIdInUse(SmartCropError):
    """Raised if the id that the client chose for a batch is that of an earlier job."""

    status = 409
    code = "CONFLICT"
    error = "Job ID already in use"
