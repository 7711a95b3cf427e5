"""A decision about one picture: the window that is cut out of it, and the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from handler.core.face import Face
from handler.core.geometry import Box, Point, Region, Size
from handler.core.request import Colour, Mode, PixelConstraints, Strategy

Heat = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Canvas:
    """A background of one colour, and the position of the picture on it.

    Attributes:
        size: size of the canvas, in pixels.
        left: left edge of the picture on it.
        top: top edge of the picture on it.
        colour: colour of the canvas.
    """

    size: Size
    left: int
    top: int
    colour: Colour


@dataclass(frozen=True, slots=True)
class Cut:
    """What the renderer reads, and how large it makes it.

    Attributes:
        shrink: how coarse the decoded picture may be, in source pixels per pixel.
        region: the area to read, in pixels of the upright source.
        size: size of the output.
        bounds: where the picture is taken to end, its edge repeated; None: where it does.
    """

    shrink: float
    region: Region
    size: Size
    bounds: Box | None = None

    @property
    def reduces(self) -> bool:
        """Whether fewer pixels come out than were read, along either side."""
        return self.region.width > self.size.width or self.region.height > self.size.height


@dataclass(frozen=True, slots=True)
class Plan:
    """A decision about one picture. Coordinates are pixels of the upright source.

    Attributes:
        mode: the mode that decided.
        fallback: why that is not the mode asked for; None when it is.
        strategy: how subject mode weighed the picture; None in other modes.
        source: size of the picture.
        crop: the window, to whole pixels.
        focus: the focal point that the window was chosen for.
        cut: the window as the renderer takes it.
        reason: why the window is what it is, in one sentence for people.
        faces: the faces found.
        chosen: indices of the faces that the window was built on.
        faces_cut: how many chosen faces the window could not hold.
        eye_line: height of the eyes of the chosen faces; None without, or when heads lie sideways.
        background: what trim took for background, one value a band of the file.
        canvas: the ground that the result is set on; None for no padding.
        warnings: what the client should know about the decision.
        heat: the map over the whole picture that the window was chosen by, float64 (32, 32); None
            where there is none.
        gain_over_centre: share of that map inside the window, minus that of the centre window, -1
            to 1; None but for saliency and auto mode.
        weights: what made that map so, in shares that sum to 1; None as for gain_over_centre.
        constraints: the client's focus, keep and avoid.
    """

    mode: Mode
    fallback: str | None
    strategy: Strategy | None
    source: Size
    crop: Box
    focus: Point
    cut: Cut
    reason: str
    faces: tuple[Face, ...] = ()
    chosen: tuple[int, ...] = ()
    faces_cut: int = 0
    eye_line: float | None = None
    background: tuple[int, ...] | None = None
    canvas: Canvas | None = None
    warnings: tuple[str, ...] = ()
    heat: Heat | None = field(default=None, compare=False, repr=False)
    gain_over_centre: float | None = None
    weights: Mapping[str, float] | None = None
    constraints: PixelConstraints = field(default_factory=PixelConstraints)

    @property
    def output(self) -> Size:
        """Size of the result."""
        return self.cut.size if self.canvas is None else self.canvas.size
