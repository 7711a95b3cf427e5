"""The errors of a request that reaches no route."""

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
