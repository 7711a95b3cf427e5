"""The certainty that each face is a subject of its picture."""

from collections.abc import Sequence

import numpy as np

from handler.core.face import Head
from handler.core.geometry import Size
from handler.core.spans import Floats

# In a picture with more faces than this none holds the window: viewers look at the faces of three
# people, but at the middle of a crowd. There the faces are part of the score.
MOST_FACES = 3
# Scores of faces between which they begin to count, and count fully. Dolls, statues and headlights
# have scores between them.
_NO_FACE, _CERTAIN_FACE = 0.35, 0.65
# Certainty from which a face counts for a crowd: a score of 0.5.
_IN_CROWD = 0.5
# The same for the side of a face, as a share of the picture's (geometric mean of both sides).
# A few small faces are passers-by in a view, of which people keep the middle (FLMS); the faces of a
# crowd are small, and viewers look at them.
_TINY_FACE, _LARGE_FACE = 0.03, 0.08


def face_certainties(heads: Sequence[Head], picture: Size) -> Floats:
    """Return the certainty that each face is a subject, float (n,), 0 to 1.

    Args:
        heads: the faces of the picture.
        picture: size of the picture, in pixels.
    """
    scores = np.array([head.score for head in heads])
    certain = np.interp(scores, [_NO_FACE, _CERTAIN_FACE], [0, 1])
    if np.count_nonzero(certain >= _IN_CROWD) > MOST_FACES:
        return np.asarray(certain)
    boxes = np.array([head.box for head in heads]).reshape(-1, 2, 2)
    areas = (boxes[..., 1] - boxes[..., 0]).prod(axis=1) / (picture.width * picture.height)
    return np.asarray(certain * np.interp(np.sqrt(areas), [_TINY_FACE, _LARGE_FACE], [0, 1]))
