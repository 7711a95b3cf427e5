"""What a corpus is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and what should become of it.

    Attributes:
        build: makes the file.
        outcome: ``refused`` with a status of 4xx, ``taken`` because the picture is whole whatever
            is wrong beside it, or ``either`` where the damage may not show.
    """

    build: Callable[[], bytes]
    outcome: Literal["refused", "taken", "either"]


def refused(build: Callable[[], bytes]) -> Case:
    """A file that must be refused."""
    return Case(build, "refused")


def taken(build: Callable[[], bytes]) -> Case:
    """A file whose picture is whole."""
    return Case(build, "taken")


def either(build: Callable[[], bytes]) -> Case:
    """A file whose damage may or may not show."""
    return Case(build, "either")
