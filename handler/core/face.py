"""A detected face."""

from dataclasses import dataclass

from handler.core.geometry import Box


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
