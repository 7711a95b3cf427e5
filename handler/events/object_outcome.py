"""The outcome of an object's job."""

from typing import Literal

from msgspec import Struct


class Outcome(Struct, frozen=True):
    """The outcome of an object's job, which another attempt would not change.

    Attributes:
        state: ``ignored`` for an object that is no picture by its key or its content type;
            ``outside_store`` for one that is in no store of pictures.
        text: key of the result, or the reason for another outcome.
    """

    state: Literal["done", "failed", "ignored", "outside_store"]
    text: str
