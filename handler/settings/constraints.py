"""The manual constraints of a crop: the focus, and the boxes to keep and to avoid."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from handler.core.geometry import Region, Size
from handler.core.placement import Guides
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

    def in_picture(self, picture: Size) -> Region | None:
        """The part that is in a picture, in its pixels; None when there is none."""
        shares = max(self.left, self.top, self.width, self.height) <= _SHARES
        across, down = (picture.width, picture.height) if shares else (1, 1)
        left, top = self.left * across, self.top * down
        right = min(picture.width, left + self.width * across)
        bottom = min(picture.height, top + self.height * down)
        inside = right > left and bottom > top
        return Region(left, top, right - left, bottom - top) if inside else None


Boxes = Annotated[
    list[ConstraintBox],
    Field(max_length=MAX_BOXES),
    Expected(f"a list of at most {MAX_BOXES} boxes"),
]


def guides_for(
    picture: Size,
    focus: FocusPoint | None,
    keep: Sequence[ConstraintBox],
    avoid: Sequence[ConstraintBox],
) -> Guides:
    """The same in pixels of a picture. Boxes beside it are counted, and left out."""
    kept, avoided = ([box.in_picture(picture) for box in boxes] for boxes in (keep, avoid))
    return Guides(
        focus=None if focus is None else (focus.x * picture.width, focus.y * picture.height),
        keep=tuple(box for box in kept if box),
        avoid=tuple(box for box in avoided if box),
        beside=[*kept, *avoided].count(None),
    )
