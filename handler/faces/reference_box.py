"""Conversion of the network's boxes to those of the reference, which the presets multiply."""

from handler.core.face import Face
from handler.core.geometry import Region, Size
from handler.faces.detections import Detections
from handler.faces.pyramid import UPRIGHT_AFTER

# The reference's detector returns squares, from the brow to below the chin. A detected box is
# higher than the square's side by this factor, and its centre is this many sides below that of the
# square. Both are means over photos in which both detectors found the face.
_BOX_HEIGHT_PER_SIDE = 1.17
_HIGHER_BY_SIDES = 0.047
# Clockwise rotation of the head in degrees -> direction from crown to chin, as (right, down).
_CHIN = {0: (0, 1), 90: (-1, 0), 180: (0, -1), 270: (1, 0)}


def to_faces(found: Detections, turn: int, viewed: Size, source: Size) -> list[Face]:
    """Convert detections to faces of the source picture.

    Args:
        found: the detections, in pixels of the network's view after `turned_upright`.
        turn: the turn passed to `turned_upright`, in degrees.
        viewed: size of the network's view before it was turned.
        source: size of the upright picture at full scale.

    Returns:
        One face for each detection, in the same order. Boxes are square in the network's view, and
        are clipped to the picture.
    """
    upright = UPRIGHT_AFTER[turn]
    turned = upright.size(viewed)

    def place(x: float, y: float, width: float = 0, height: float = 0) -> Region:
        return upright.stored_region(Region(x, y, width, height), turned)

    faces = []
    for box, score, marks, lean in zip(
        found.boxes.tolist(),
        found.scores.tolist(),
        found.landmarks.tolist(),
        found.leans,
        strict=True,
    ):
        left, top, right, bottom = box
        total = (turn + int(lean)) % 360
        square = _square(place(left, top, right - left, bottom - top), total)
        points = [place(x, y).rescaled(viewed, source) for x, y in marks]
        faces.append(
            Face(
                box=square.rescaled(viewed, source).box_in(source),
                score=score,
                landmarks=tuple((point.left, point.top) for point in points),
                turn=total,
            )
        )
    return faces


def _square(box: Region, turn: int) -> Region:
    """Return the reference's square for the detected box of a face rotated by ``turn`` degrees."""
    height = box.height if turn in (0, 180) else box.width
    side = height / _BOX_HEIGHT_PER_SIDE
    right, down = _CHIN[turn]
    return Region(
        box.left + (box.width - side) / 2 - right * _HIGHER_BY_SIDES * side,
        box.top + (box.height - side) / 2 - down * _HIGHER_BY_SIDES * side,
        side,
        side,
    )
