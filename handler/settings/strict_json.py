"""JSON as RFC 8259 defines it, from clients that are not trusted."""

import json
from typing import Any, Never

# A whole number of more digits is past the range of floats, and Python refuses to read thousands.
_MAX_DIGITS = 308


def parse_json(text: str | bytes) -> Any:
    r"""Parse JSON. The last value counts if an object has a name twice.

    `pydantic_core.from_json` is as strict, but rejects numbers with thousands of digits and lone
    surrogates (``\ud800``). JavaScript accepts both, and so does the reference.

    Args:
        text: text, or bytes in UTF-8, UTF-16 or UTF-32.

    Raises:
        ValueError: it is not JSON, or is nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_reject, parse_int=_whole_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _reject(constant: str) -> Never:
    """Reject NaN, Infinity and -Infinity, which Python writes and JSON does not have."""
    raise ValueError(f"{constant} is not JSON")


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)
