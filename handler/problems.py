"""Problems with single fields of a request, in one form for all errors."""

import json

from msgspec import Struct

# Long enough for typical values.
_MAX_RECEIVED = 60
_MAX_NAME = 64
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


class Expected(Struct, frozen=True):
    """An annotation that describes the accepted values of a type.

    Attributes:
        text: the accepted values, as a phrase for after "expected".
    """

    text: str


class FieldProblem(Struct, frozen=True):
    """A field that was not accepted.

    Attributes:
        field: its path in the JSON, such as ``width`` or ``keep.0.left``.
        expected: the accepted values, in words.
        received: the received value as JSON, shortened; ``nothing`` for a field that is missing.
    """

    field: str
    expected: str
    received: str

    @property
    def message(self) -> str:
        """The problem in one line."""
        return f"{self.field}: expected {self.expected}, received {self.received}"

    def answer(self) -> dict[str, str]:
        """Return the JSON object that the client gets."""
        return {
            "field": self.field,
            "message": self.message,
            "received": self.received,
            "expected": self.expected,
        }


def shown(value: object) -> str:
    """Return a received value as JSON, shortened to about 60 characters and encodable as UTF-8."""
    if isinstance(value, str):
        return encodable(json.dumps(_shortened(value), ensure_ascii=False))
    text = ""
    # The encoder yields chunks lazily, so large and deeply nested values cost little.
    for chunk in _ENCODER.iterencode(value):
        text += chunk
        if len(text) > _MAX_RECEIVED:
            break
    return encodable(_shortened(text))


def printable_name(name: str) -> str:
    """Return a field name from a client, shortened to 64 characters and encodable as UTF-8."""
    return encodable(name[:_MAX_NAME])


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_RECEIVED else text[: _MAX_RECEIVED - 1] + "…"


def encodable(text: str) -> str:
    """Replace lone surrogates, which JSON can escape and UTF-8 cannot encode."""
    return text.encode(errors="replace").decode()
