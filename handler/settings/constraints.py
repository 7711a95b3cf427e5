"""The manual constraints of a crop: the focus, and the boxes to keep and to avoid."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from handler.core.geometry import Region
from handler.core.request import Area
from handler.problems import Expected

MAX_BOXES = 20
_SHARES = 1


class _Constraint(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class FocusPoint(_Constraint):
    """A point, as fractions of the width and height of the upright image."""

    x: float = Field(
        ge=0, le=1, description="Distance from the left edge: 0 is the left edge, 1 the right one."
    )
    y: float = Field(
        ge=0, le=1, description="Distance from the top edge: 0 is the top edge, 1 the bottom one."
    )


class ConstraintBox(_Constraint):
    """A box in the upright image.

    If none of the four numbers is above 1, they are fractions of the width and height of the
    image. Otherwise they are pixels, as in the boxes of a plan.
    """

    left: float = Field(ge=0, description="Distance from the left edge of the image.")
    top: float = Field(ge=0, description="Distance from the top edge of the image.")
    width: float = Field(gt=0, description="Width of the box.")
    height: float = Field(gt=0, description="Height of the box.")

    def area(self) -> Area:
        """Return the box as the core takes it."""
        in_shares = max(self.left, self.top, self.width, self.height) <= _SHARES
        return Area(Region(self.left, self.top, self.width, self.height), in_shares)


Boxes = Annotated[
    list[ConstraintBox],
    Field(max_length=MAX_BOXES),
    Expected(f"a list of at most {MAX_BOXES} boxes"),
]
