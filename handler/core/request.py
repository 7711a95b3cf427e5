"""The request that a plan is made for, as plain values: no JSON name, no text, no pydantic."""

from typing import Literal

from msgspec import Struct, field

from handler.core.geometry import Region, Size

Mode = Literal["subject", "face", "trim", "auto"]
Strategy = Literal["attention", "entropy", "saliency"]
FacePreset = Literal["closeup", "head-shoulders", "upper-body", "half-body"]
FaceChoice = Literal["all", "largest"]
# Red, green, blue and alpha, 0 to 255.
Colour = tuple[int, int, int, int]
# The top left pixel, the colour of the edges, or a given colour.
Background = Literal["corner", "auto"] | Colour


class PixelConstraints(Struct, frozen=True):
    """Constraints on the window, in pixels of one upright picture.

    Attributes:
        focus: the point that the window is centred on, as (x, y).
        keep: areas that the window contains whole.
        avoid: areas that the window leaves out where it can.
        outside: number of areas that lie outside the picture.
        focus_outside: whether a focus was given and lies outside the picture.
    """

    focus: tuple[float, float] | None = None
    keep: tuple[Region, ...] = ()
    avoid: tuple[Region, ...] = ()
    outside: int = 0
    focus_outside: bool = False

    def __bool__(self) -> bool:
        return bool(self.focus is not None or self.keep or self.avoid)


class Spot(Struct, frozen=True):
    """A point of a picture whose size is not known yet.

    Attributes:
        x: distance from the left edge.
        y: distance from the top edge.
        in_shares: whether both are in shares of the picture's sides, and not in pixels.
    """

    x: float
    y: float
    in_shares: bool

    def in_picture(self, picture: Size) -> tuple[float, float] | None:
        """Return the point in pixels of a picture, or None if it lies outside."""
        across, down = (picture.width, picture.height) if self.in_shares else (1, 1)
        x, y = self.x * across, self.y * down
        return (x, y) if x <= picture.width and y <= picture.height else None


class Area(Struct, frozen=True):
    """An area of a picture whose size is not known yet.

    Attributes:
        region: the rectangle.
        in_shares: whether it is in shares of the picture's sides, and not in pixels.
    """

    region: Region
    in_shares: bool

    def in_picture(self, picture: Size) -> Region | None:
        """Return the part inside a picture, in its pixels, or None if the area lies outside."""
        across, down = (picture.width, picture.height) if self.in_shares else (1, 1)
        left, top = self.region.left * across, self.region.top * down
        right = min(picture.width, left + self.region.width * across)
        bottom = min(picture.height, top + self.region.height * down)
        inside = right > left and bottom > top
        return Region(left, top, right - left, bottom - top) if inside else None


class Constraints(Struct, frozen=True):
    """Constraints on the window of a picture whose size is not known yet.

    Attributes:
        focus: the point that the window is centred on.
        keep: areas that the window contains whole.
        avoid: areas that the window leaves out where it can.
    """

    focus: Spot | None = None
    keep: tuple[Area, ...] = ()
    avoid: tuple[Area, ...] = ()

    def in_picture(self, picture: Size) -> PixelConstraints:
        """Return the constraints in pixels of a picture. Those outside it are only counted."""
        kept, avoided = (
            [area.in_picture(picture) for area in areas] for areas in (self.keep, self.avoid)
        )
        focus = None if self.focus is None else self.focus.in_picture(picture)
        return PixelConstraints(
            focus=focus,
            keep=tuple(region for region in kept if region),
            avoid=tuple(region for region in avoided if region),
            outside=[*kept, *avoided].count(None),
            focus_outside=self.focus is not None and focus is None,
        )


class CropRequest(Struct, frozen=True):
    """The settings that a plan depends on.

    Attributes:
        mode: the mode that chooses the window.
        strategy: the strategy with which subject mode scores the picture.
        target: size of the output of all modes but trim, in pixels.
        padding: margin around the window, in percent.
        face_preset: tightness of face mode.
        faces: the faces that the window is built on.
        threshold: the largest difference from the background that trim removes, 0 to 255.
        background: the background that trim removes.
        line_art: whether trim keeps lines of one pixel on a background of one colour.
        trim_margin: margin that trim leaves, in percent of the longer side of the content.
        square: side of the square that trim pads to, in pixels; ``fit`` for the smallest square
            around the content; None for no square.
        pad_colour: colour of the padding.
        enlarge: whether windows that are smaller than the output are enlarged.
        most_enlarged: the factor by which face mode enlarges its window at most, if the picture has
            room for a larger window; None for any factor.
        constraints: focus, keep and avoid.
    """

    mode: Mode
    strategy: Strategy
    target: Size
    padding: int
    face_preset: FacePreset
    faces: FaceChoice
    threshold: int
    background: Background
    line_art: bool
    trim_margin: int
    square: int | Literal["fit"] | None
    pad_colour: Colour
    enlarge: bool = True
    most_enlarged: float | None = None
    constraints: Constraints = field(default_factory=Constraints)
