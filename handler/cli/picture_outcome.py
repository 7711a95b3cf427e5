"""The outcome of one picture of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from handler.errors import FeatureMissing, SmartCropError


class Written(Struct, frozen=True):
    """A result of a picture.

    Attributes:
        path: path of its file; without the extension if the file is not opened.
        width: width in pixels; None in a dry run.
        height: height in pixels; None in a dry run.
        size: name of its size; None without the setting ``sizes``.
        bytes: size of the file; None in a dry run.
        plan: JSON of its plan; None unless it is requested.
    """

    path: str
    width: int | None = None
    height: int | None = None
    size: str | None = None
    bytes: int | None = None
    plan: Mapping[str, Any] | None = None

    @property
    def line(self) -> str:
        """The path and the size in pixels."""
        return self.path if self.width is None else f"{self.path} ({self.width}x{self.height})"

    def answer(self) -> dict[str, Any]:
        """Return the JSON object of the result."""
        values = {
            "result": self.path,
            "size": self.size,
            "width": self.width,
            "height": self.height,
            "bytes": self.bytes,
            "plan": self.plan,
        }
        return {name: value for name, value in values.items() if value is not None}


class Failure(Struct, frozen=True):
    """The error of a picture, in words and as JSON. It can be sent between processes."""

    words: str
    answer: Mapping[str, Any]

    @classmethod
    def of(cls, error: SmartCropError) -> "Failure":
        """Convert an error."""
        words = error.in_words
        if isinstance(error, FeatureMissing):
            words = f"{words}. `smart-crop doctor` prints how to install it"
        return cls(words, error.answer())


class Outcome(Struct, frozen=True):
    """The outcome of a picture.

    Attributes:
        warnings: warnings about the picture.
        failure: its error, or None.
        results: its results.
        is_new: whether a result was written; otherwise all files had these bytes already.
        read: bytes of the picture.
        written: bytes of all files that were written.
    """

    warnings: Sequence[str] = ()
    failure: Failure | None = None
    results: Sequence[Written] = field(default=())
    is_new: bool = True
    read: int = 0
    written: int = 0
