"""Cases of the corpus."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Case:
    """A file and its expected outcome.

    Attributes:
        build: makes the file.
        outcome: ``rejected`` with a status of 4xx, ``accepted`` because the picture is whole, or
            ``either`` if a decoder may not notice the damage.
    """

    build: Callable[[], bytes]
    outcome: Literal["rejected", "accepted", "either"]


def rejected(build: Callable[[], bytes]) -> Case:
    """Return a case of a file that must be rejected."""
    return Case(build, "rejected")


def accepted(build: Callable[[], bytes]) -> Case:
    """Return a case of a file whose picture is whole."""
    return Case(build, "accepted")


def either(build: Callable[[], bytes]) -> Case:
    """Return a case of a file whose damage a decoder may not notice."""
    return Case(build, "either")
