"""A detected face."""

from dataclasses import dataclass

from handler.core.geometry import Box


@dataclass(frozen=True, slots=True)
class Face:
    """A face, in pixels of the upright picture.

    Attributes:
        box: a square around brow, chin and cheeks.
        score: how sure the detector is, 0 to 1.
        landmarks: right eye, left eye, nose, right and left corner of the mouth, as (x, y).
    """

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...]
