"""The handedness of a picture: a picture and its mirror image are scored as the same picture.

A network does not find exactly the same in a picture and in its mirror image. The lighter half of a
picture is therefore put on the left before it is scored. Mirror images then have mirrored windows.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handler.core.detection import DetectedObjects
from handler.core.face import Face
from handler.core.geometry import Box
from handler.core.spans import Floats

# Landmarks are the right eye, the left eye, the nose, and the right and left corner of the mouth.
_MIRRORED_LANDMARKS = (1, 0, 2, 4, 3)


def is_lighter_on_the_right(view: Image.Image) -> bool:
    """Return whether the right half of a picture is lighter than the left one.

    Args:
        view: the picture, mode L, RGB or RGBX.
    """
    grey = np.asarray(view.convert("L"), np.float64)
    places = np.arange(view.width) - (view.width - 1) / 2
    return bool(grey.mean(axis=0) @ places > 0)


def mirror(view: Image.Image) -> Image.Image:
    """Return the mirror image."""
    return view.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def mirror_faces(faces: Sequence[Face], width: int) -> tuple[Face, ...]:
    """Return the faces of the mirror image.

    Args:
        faces: the faces, in pixels of the picture.
        width: width of the picture.
    """
    return tuple(
        Face(
            Box(width - face.box.right, face.box.top, face.box.width, face.box.height),
            face.score,
            tuple(
                (width - face.landmarks[index][0], face.landmarks[index][1])
                for index in _MIRRORED_LANDMARKS
            ),
            -face.turn % 360,
        )
        for face in faces
    )


def mirror_objects(objects: DetectedObjects) -> DetectedObjects:
    """Return the objects of the mirror image."""
    return DetectedObjects(mirror_spans(objects.spans), objects.scores)


def mirror_spans(spans: NDArray[np.floating]) -> Floats:
    """Return spans in shares of the sides, (n, 2, 2), as they are in the mirror image."""
    mirrored = np.array(spans, np.float64)
    mirrored[:, 0] = 1 - spans[:, 0, ::-1]
    return mirrored
