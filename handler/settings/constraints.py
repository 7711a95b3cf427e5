"""What a client says of a picture by hand: where to look, what to keep, what to leave out."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from handler.core.geometry import Region
from handler.core.request import Area
from handler.problems import Expected

MAX_BOXES = 20
_SHARES = 1


class _ByHand(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class FocusPoint(_ByHand):
    """A point, in shares of the upright picture's sides."""

    x: float = Field(ge=0, le=1, description="From the left: 0 is the left edge, 1 the right.")
    y: float = Field(ge=0, le=1, description="From the top: 0 is the top edge, 1 the bottom.")


class ConstraintBox(_ByHand):
    """A box in the upright picture.

    In shares of the picture's sides if none of the four numbers is above 1, and in pixels
    otherwise, as the boxes of a plan are.
    """

    left: float = Field(ge=0, description="Where it begins, from the left.")
    top: float = Field(ge=0, description="Where it begins, from the top.")
    width: float = Field(gt=0, description="Its width.")
    height: float = Field(gt=0, description="Its height.")

    def area(self) -> Area:
        """Return the box as the core takes it."""
        in_shares = max(self.left, self.top, self.width, self.height) <= _SHARES
        return Area(Region(self.left, self.top, self.width, self.height), in_shares)


Boxes = Annotated[
    list[ConstraintBox],
    Field(max_length=MAX_BOXES),
    Expected(f"a list of at most {MAX_BOXES} boxes"),
]
