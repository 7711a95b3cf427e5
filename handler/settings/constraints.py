"""What a client says of a picture by hand: where to look, what to keep, what to leave out."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from handler.core.geometry import Region, Size
from handler.core.placement import Guides
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
