"""A detected face, and the head around it that a composition needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handler.core.geometry import Box, Size
from handler.core.spans import Floats, X, Y, bounds_of

# In sides of the face's box. Eyes below its top: the median of 318 clear detections. Hair above
# it: where the crown and the hair of nearly all of them end.
_EYES, _HAIR = 0.28, 0.55
# What a face must have of the main one's score and size to be clear. Of 1,423 detections
# in 285 photos, people had marked 23 % of those under half the score, half of the others under a
# quarter of the size, and 87 % of the rest.
_CLEAR_SCORE, _CLEAR_SIZE = 0.5, 0.25
# Below this length, the mean of the heads' directions says nothing.
_AGREEMENT = 0.5
_OUTWARDS = np.array([-1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Face:
    """A face, in pixels of the upright picture.

    Attributes:
        box: a square around brow, chin and cheeks; less where the picture ends.
        score: how sure the detector is, 0 to 1.
        landmarks: right eye, left eye, nose, right and left corner of the mouth, as (x, y). They
            are the person's own right and left, and may lie outside a picture that cuts the face.
        turn: how far the crown of the head leans to the right, in degrees: 0 (upright), 90, 180
            or 270.
    """

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...]
    turn: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A face and its surroundings.

    Attributes:
        whole: the face's box, as spans.
        box: the part of it that the picture shows; never empty.
        eyes: the point between the eyes.
        up: unit vector from mouth to eyes; upright where the landmarks say nothing.
        size: side of the whole box.
        score: as detected.
    """

    whole: Floats
    box: Floats
    eyes: Floats
    up: Floats
    size: float
    score: float

    @classmethod
    def of(cls, face: Face, picture: Size) -> "Head":
        """Measure a face of a picture."""
        box, bounds = face.box, bounds_of(picture)
        whole = np.array([[box.left, box.right], [box.top, box.bottom]], float)
        # Of a box beyond the edge the pixels beside it are left: there is always something to hold.
        first = np.clip(whole[:, 0], 0, bounds - 1)
        last = np.clip(whole[:, 1], first + 1, bounds)
        eyes = np.mean(face.landmarks[:2], axis=0)
        up = eyes - np.mean(face.landmarks[3:], axis=0)
        length = float(np.hypot(*up))
        return cls(
            whole=whole,
            box=np.stack([first, last], axis=1),
            # The landmarks of a poor detection lie anywhere.
            eyes=np.clip(eyes, first, last),
            up=up / length if length > 0 else np.array([0.0, -1.0]),
            # A square, where the picture does not end in it.
            size=float(max(box.width, box.height)),
            score=face.score,
        )

    @property
    def is_sideways(self) -> bool:
        """Whether its up is to the left or right."""
        return _quarter(self.up)[0] == X

    def is_inside(self, window: Box) -> bool:
        """Whether a window holds all of the face that the picture shows."""
        (left, right), (top, bottom) = self.box
        across = window.left <= left and right <= window.right
        return bool(across and window.top <= top and bottom <= window.bottom)

    def margin_box(self, side: float, picture: Size, above: float = _HAIR) -> Floats:
        """Its box with the hair, and ``side`` times its size on the other sides, as spans.

        ``above`` it that many times its size are taken for hair. What is outside the picture is
        no room.
        """
        margins = np.full((2, 2), side)
        margins[_quarter(self.up)] = above
        spans: Floats = self.whole + margins * self.size * _OUTWARDS
        return np.clip(spans, 0, bounds_of(picture)[:, None])

    def vertical_span(self, multiple: float, eye_line: float) -> Floats:
        """Top and bottom of a window of ``multiple`` face heights that is composed for it alone.

        It may leave the picture.
        """
        axis, end = _quarter(self.up)
        margins = np.full(2, (multiple - 1) / 2)
        if axis == Y:
            margins[end] = multiple * eye_line - _EYES
            margins[1 - end] = multiple - 1 - margins[end]
        span: Floats = self.whole[Y] + margins * self.size * _OUTWARDS
        return span


def clear_heads(heads: Sequence[Head]) -> tuple[int, ...]:
    """Indices of the heads that are neither tiny nor weak beside the main one.

    That is the largest by size × score: neither a poster's sure little face nor a large false hit.
    """
    main = max(heads, key=lambda head: (head.size * head.score, head.size))
    return tuple(
        index
        for index, head in enumerate(heads)
        if head.score >= _CLEAR_SCORE * main.score and head.size >= _CLEAR_SIZE * main.size
    )


def crown_direction(heads: Sequence[Head]) -> tuple[int, int]:
    """Where the heads have their hair: an axis, and 0 for its left or top end, 1 for the other.

    Upwards, where they do not agree.
    """
    mean = np.average([head.up for head in heads], axis=0, weights=[head.size for head in heads])
    return _quarter(mean) if np.hypot(*mean) >= _AGREEMENT else (Y, 0)


def mean_eyes(heads: Sequence[Head]) -> Floats:
    """The middle of the heads' eyes, larger faces counting more."""
    sizes = [head.size for head in heads]
    mean: Floats = np.average([head.eyes for head in heads], axis=0, weights=sizes)
    return mean


def _quarter(up: Floats) -> tuple[int, int]:
    axis = X if abs(up[X]) > abs(up[Y]) else Y
    return axis, int(up[axis] > 0)
