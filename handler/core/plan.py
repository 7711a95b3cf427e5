"""The plan for one picture: the window that is cut out, and the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handler.core.face import Face
from handler.core.geometry import Box, Point, Region, Size
from handler.core.request import Colour, Mode, PixelConstraints, Strategy

Heat = NDArray[np.float64]


class Canvas(Struct, frozen=True):
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


class Cut(Struct, frozen=True):
    """The area that the renderer reads, and the size of its output.

    Attributes:
        shrink: coarsest scale at which the picture may be decoded, in source pixels per pixel.
        region: the area to read, in pixels of the upright source.
        size: size of the output, in pixels.
        bounds: part of the source that may be read; beyond it, its edge pixels are repeated. None
            for the whole picture.
    """

    shrink: float
    region: Region
    size: Size
    bounds: Box | None = None

    @property
    def reduces(self) -> bool:
        """True if the output has fewer pixels than the area read, along either side."""
        return self.region.width > self.size.width or self.region.height > self.size.height


@dataclass(frozen=True, slots=True)
class Plan:
    """The window for one picture. Coordinates are pixels of the upright source.

    Attributes:
        mode: the mode that chose the window.
        fallback: the reason why this is not the requested mode; None if it is.
        strategy: the strategy that scored the picture in subject mode; None in other modes.
        source: size of the picture.
        crop: the window in whole pixels.
        focus: the focal point that the window was chosen for.
        cut: the window as the renderer reads it.
        reason: the reason for the window, as one sentence for people.
        faces: the faces found.
        chosen: indices of the faces that the window was built on.
        faces_cut: number of chosen faces that the window does not contain whole.
        eye_line: y of the chosen faces' eyes; None without faces, or if the heads are sideways.
        background: the background that trim removed, one value for each band of the file.
        canvas: the canvas that the result is pasted on; None for no padding.
        warnings: warnings for the client.
        heat: the map over the whole picture that the window was chosen by, float64 (32, 32); None
            if there is none.
        gain_over_centre: expected gain over the centred window, -1 to 1; None except for saliency
            and auto mode.
        weights: contributions of the maps that were combined, as shares that sum to 1; None except
            for saliency and auto mode.
        evidence: the kinds of evidence that were looked for: "faces", "objects", "text".
        constraints: the client's focus, keep and avoid.
        frames: numbers of the frames of an animation that were looked at, from 1; empty for a
            still picture.
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
    evidence: tuple[str, ...] = ()
    constraints: PixelConstraints = field(default_factory=PixelConstraints)
    frames: tuple[int, ...] = ()

    @property
    def enlargement(self) -> float:
        """Pixels of the output for each pixel of the window, along a side; 1 or less: reduced."""
        region, size = self.cut.region, self.cut.size
        return max(size.width / region.width, size.height / region.height)

    @property
    def output(self) -> Size:
        """Size of the result."""
        return self.cut.size if self.canvas is None else self.canvas.size
