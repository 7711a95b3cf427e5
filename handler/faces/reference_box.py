"""From the network's box to the reference's: what a preset multiplies."""

from handler.core.face import Face
from handler.core.geometry import Region, Size
from handler.faces.detections import Detections
from handler.faces.pyramid import UPRIGHT_AFTER

# The reference's detector answers with squares, from the brow to below the chin. The network's box
# is higher than their side by this factor and reaches further up, so the square lies this many
# sides lower than the box's centre. Both are means over photos that each of the two had boxes for.
_BOX_HEIGHT_PER_SIDE = 1.17
_LOWER_BY_SIDES = 0.07
# Lean of the crown to the right, in degrees -> where the chin is from there, as (right, down).
_CHIN = {0: (0, 1), 90: (-1, 0), 180: (0, -1), 270: (1, 0)}


def to_faces(found: Detections, turn: int, viewed: Size, source: Size) -> list[Face]:
    """Express detections as faces of the source picture.

    Args:
        found: in pixels of the picture as viewed by the network, after `turned_upright`.
        turn: what that was given: how far heads lean to the right in the picture, in degrees.
        viewed: size of the picture as viewed, before turning.
        source: size of the picture itself.

    Returns:
        One face for each detection, in the same order. Boxes are square in the picture as viewed,
        and end at the edges of the picture.
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
    """The reference's square for the network's box of a face that leans by ``turn``."""
    height = box.height if turn in (0, 180) else box.width
    side = height / _BOX_HEIGHT_PER_SIDE
    right, down = _CHIN[turn]
    return Region(
        box.left + (box.width - side) / 2 + right * _LOWER_BY_SIDES * side,
        box.top + (box.height - side) / 2 + down * _LOWER_BY_SIDES * side,
        side,
        side,
    )
