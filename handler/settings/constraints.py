"""The manual constraints of a crop: the focus, and the boxes to keep and to avoid."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from handler.core.geometry import Region
from handler.core.request import Area, Spot
from handler.problems import Expected, shown
from handler.settings.validation import rejection

MAX_BOXES = 20
_SHARES = 1
_ONE_UNIT = "numbers that are all fractions, from 0 to 1, or all pixels"


class _Constraint(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="after")
    def _check_unit(self) -> Self:
        values = self.model_dump()
        if not self.in_shares and any(0 < value < _SHARES for value in values.values()):
            raise rejection(_ONE_UNIT, shown(values))
        return self

    @property
    def in_shares(self) -> bool:
        """True if the numbers are fractions of the image's sides, and not pixels."""
        return all(number <= _SHARES for _, number in self)


class FocusPoint(_Constraint):
    """A point in the upright image.

    If neither number is above 1, they are fractions of the width and height of the image.
    Otherwise they are pixels, as in the focus of a plan.
    """

    x: float = Field(
        ge=0, description="Distance from the left edge: 0 is the left edge, 1 the right one."
    )
    y: float = Field(
        ge=0, description="Distance from the top edge: 0 is the top edge, 1 the bottom one."
    )

    def spot(self) -> Spot:
        """Return the point as the core takes it."""
        return Spot(self.x, self.y, self.in_shares)


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
        return Area(Region(self.left, self.top, self.width, self.height), self.in_shares)


Boxes = Annotated[
    list[ConstraintBox],
    Field(max_length=MAX_BOXES),
    Expected(f"a list of at most {MAX_BOXES} boxes"),
]
