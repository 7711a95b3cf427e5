"""A detected face, and the head around it that is composed into a window."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from handler.core.geometry import Box, Size
from handler.core.spans import Floats, X, Y, bounds_of

# In sides of the face's box, measured on 318 clear detections. The eyes are this far below its top
# (the median); the crown and the hair of nearly all of them end within this distance above it.
_EYES, _HAIR = 0.28, 0.55
# Smallest shares of the main face's score and size that make a face clear. Of 1,423 detections in
# 285 photos, people had marked 23 % of those under half the score, half of the others under a
# quarter of the size, and 87 % of the rest.
_CLEAR_SCORE, _CLEAR_SIZE = 0.5, 0.25
# Below this length, the mean of the heads' unit vectors is not a reliable direction.
_AGREEMENT = 0.5
_OUTWARDS = np.array([-1.0, 1.0])


class Face(Struct, frozen=True):
    """A face, in pixels of the upright picture.

    Attributes:
        box: a square around brow, chin and cheeks, clipped to the picture.
        score: confidence of the detector, 0 to 1.
        landmarks: right eye, left eye, nose, right and left corner of the mouth, as (x, y). Right
            and left are the person's own. Landmarks may lie outside a picture that cuts the face.
        turn: clockwise rotation of the head in degrees: 0 (upright), 90, 180 or 270.
        frame: number of the frame of an animation that the face is in, from 1; None for a still
            picture.
    """

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...]
    turn: int = 0
    frame: int | None = None


class Head(Struct, frozen=True, eq=False):
    """A face and its direction. Coordinates are pixels of the upright picture.

    Attributes:
        whole: the face's box as spans, (2, 2).
        box: the part of it inside the picture as spans, (2, 2); never empty.
        eyes: the point between the eyes, (2,).
        up: unit vector from mouth to eyes, (2,); upright if the landmarks coincide.
        size: side of the whole box.
        score: confidence of the detector, 0 to 1.
    """

    whole: Floats
    box: Floats
    eyes: Floats
    up: Floats
    size: float
    score: float

    @classmethod
    def of(cls, face: Face, picture: Size) -> "Head":
        """Return the head of a face in a picture of the given size."""
        box, bounds = face.box, bounds_of(picture)
        whole = np.array([[box.left, box.right], [box.top, box.bottom]], float)
        # A box outside the picture is reduced to the nearest pixels, so that it is never empty.
        first = np.clip(whole[:, 0], 0, bounds - 1)
        last = np.clip(whole[:, 1], first + 1, bounds)
        eyes = np.mean(face.landmarks[:2], axis=0)
        up = eyes - np.mean(face.landmarks[3:], axis=0)
        length = float(np.hypot(*up))
        return cls(
            whole=whole,
            box=np.stack([first, last], axis=1),
            # The landmarks of a poor detection may lie outside its box.
            eyes=np.clip(eyes, first, last),
            up=up / length if length > 0 else np.array([0.0, -1.0]),
            # The box is a square, except where the edge of the picture clips it.
            size=float(max(box.width, box.height)),
            score=face.score,
        )

    @property
    def is_sideways(self) -> bool:
        """True if the crown points to the left or right."""
        return _quarter(self.up)[0] == X

    def is_inside(self, window: Box) -> bool:
        """Return whether a window contains all of the face that is inside the picture."""
        (left, right), (top, bottom) = self.box
        across = window.left <= left and right <= window.right
        return bool(across and window.top <= top and bottom <= window.bottom)

    def margin_box(self, side: float, picture: Size, above: float = _HAIR) -> Floats:
        """Return the face's box with a margin on each side, clipped to the picture.

        Args:
            side: margin on the sides other than the crown's, in multiples of the face's size.
            picture: size of the picture.
            above: margin for the hair on the crown's side, in multiples of the face's size.

        Returns:
            Spans, (2, 2).
        """
        margins = np.full((2, 2), side)
        margins[_quarter(self.up)] = above
        spans: Floats = self.whole + margins * self.size * _OUTWARDS
        return np.clip(spans, 0, bounds_of(picture)[:, None])

    def vertical_span(self, multiple: float, eye_line: float) -> Floats:
        """Return top and bottom of a window composed for this face alone.

        They may lie outside the picture.

        Args:
            multiple: height of the window, in face heights.
            eye_line: distance of the eyes from the top, as a share of the window's height.

        Returns:
            Array of shape (2,).
        """
        axis, end = _quarter(self.up)
        margins = np.full(2, (multiple - 1) / 2)
        if axis == Y:
            margins[end] = multiple * eye_line - _EYES
            margins[1 - end] = multiple - 1 - margins[end]
        span: Floats = self.whole[Y] + margins * self.size * _OUTWARDS
        return span


def clear_heads(heads: Sequence[Head]) -> tuple[int, ...]:
    """Return the indices of the heads that are neither tiny nor weak compared with the main one.

    The main head has the largest product of size and score. This excludes both the small but
    certain face on a poster and a large false detection.
    """
    main = max(heads, key=lambda head: (head.size * head.score, head.size))
    return tuple(
        index
        for index, head in enumerate(heads)
        if head.score >= _CLEAR_SCORE * main.score and head.size >= _CLEAR_SIZE * main.size
    )


def crown_direction(heads: Sequence[Head]) -> tuple[int, int]:
    """Return the direction in which the crowns of the heads point.

    It is upwards if the heads do not agree.

    Returns:
        An axis, and the end of it: 0 for left or top, 1 for right or bottom.
    """
    mean = np.average([head.up for head in heads], axis=0, weights=[head.size for head in heads])
    return _quarter(mean) if np.hypot(*mean) >= _AGREEMENT else (Y, 0)


def mean_eyes(heads: Sequence[Head]) -> Floats:
    """Return the mean position of the heads' eyes, weighted by the size of the faces, (2,)."""
    sizes = [head.size for head in heads]
    mean: Floats = np.average([head.eyes for head in heads], axis=0, weights=sizes)
    return mean


def _quarter(up: Floats) -> tuple[int, int]:
    axis = X if abs(up[X]) > abs(up[Y]) else Y
    return axis, int(up[axis] > 0)
