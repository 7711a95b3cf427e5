"""The face detector, as the core needs it. `handler.faces` implements it."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray
from PIL import Image

from handler.core.face import Face
from handler.core.geometry import Size
from handler.core.image.frame import Frame


class DetectedObjects(Struct, frozen=True, eq=False):
    """The boxes of objects.

    Attributes:
        spans: spans of the boxes in shares of the picture's sides, 0 to 1, float (n, 2, 2).
        scores: confidence in each object, 0 to 1, float (n,).
    """

    spans: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 2, 2)))
    scores: NDArray[np.floating] = field(default_factory=lambda: np.zeros(0))


class ObjectEvidence(Struct, frozen=True):
    """The objects in a picture, as evidence of the interest of viewers.

    Attributes:
        confidence: confidence that there is any object, 0 to 1.
        maps: logarithms of the interest, float (rows, columns) each. The maps cover the whole
            picture at several scales and are added up; their mean does not matter.
        boxes: the objects one by one.
        pets: spans of certain cats and dogs in shares of the picture's sides, float (n, 2, 2).
    """

    confidence: float
    maps: Sequence[NDArray[np.floating]]
    boxes: DetectedObjects = field(default_factory=DetectedObjects)
    pets: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 2, 2)))


class Inspection(Struct, frozen=True):
    """The faces in a picture, and the maps of interest of the network that found them.

    Attributes:
        faces: the faces, in pixels of the upright picture.
        maps: name and values of each map, which covers the whole picture; values are 0 or more,
            of shape (rows, columns).
        objects: the objects; None if object detection is not available.
        second_look: returns the faces after a look at the picture with a long side of 640 pixels,
            mode RGB or RGBX; None if the faces are not in doubt.
    """

    faces: tuple[Face, ...]
    maps: Sequence[tuple[str, NDArray[np.floating]]]
    objects: ObjectEvidence | None = None
    second_look: Callable[[Image.Image], tuple[Face, ...]] | None = None


class Detector(Protocol):
    """A face detector with its sensitivity."""

    def find(self, frame: Frame) -> Sequence[Face]:
        """Return the faces of a picture, the surest first.

        Raises:
            Exception: any error of the detector, or of the codec if the picture is damaged.
        """

    def inspect(self, view: Image.Image, source: Size) -> Inspection | None:
        """Return the faces and the maps of a picture at a low resolution.

        Args:
            view: the whole picture, mode RGB or RGBX.
            source: size of the upright picture at full scale.

        Returns:
            The inspection; None if face detection is not available.
        """
