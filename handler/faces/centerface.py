"""CenterFace: runs the network on one picture and decodes its output maps as faces.

Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019). The network
marks the centres of faces on a map of a quarter of the picture's size. The other maps give, at each
centre, the size of the face and its landmarks.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handler.faces.bundle import Session
from handler.faces.detections import Detections

# The network halves the picture five times.
_MULTIPLE = 32
# Picture pixels per cell of the maps.
_STRIDE = 4
_MAPS = 4
# The lowest threshold (sensitivity 1). Detections below it are never used.
FLOOR = 0.2
# People draw a face from the brow, and the network from higher up. The centres of 1,261 faces that
# people marked are this far below those of the network, in heights of its box: the median of 0.09
# for bare faces and 0.12 for masked ones.
_LOWER = 0.10
# A crowd has a few hundred faces. More centres than this are noise and would only cost time.
_MAX_FACES = 1000


class NetworkOutput(NamedTuple):
    """The output of the network for one picture.

    Attributes:
        faces: the faces, in pixels of the picture.
        heat: confidence of a face at each position, 0 to 1, float32 (rows, columns).
        levels: the features of two inner layers, at an eighth and a sixteenth of the picture's
            size, float32 (bands, rows, columns).
    """

    faces: Detections
    heat: NDArray[np.float32]
    levels: list[NDArray[np.float32]]


class CenterFace:
    """The loaded network."""

    def __init__(self, session: Session) -> None:
        """Wrap a loaded model."""
        self._session = session
        self._input = session.get_inputs()[0].name

    def detect(self, picture: Image.Image) -> Detections:
        """Return the upright faces of a picture, at its own scale.

        A face is detected several times, by each cell near its centre; see
        `Detections.suppressed`.

        Args:
            picture: mode RGB or RGBX.

        Returns:
            Detections with a score of `FLOOR` or more.
        """
        return self.run(picture).faces

    def run(self, picture: Image.Image) -> NetworkOutput:
        """Return everything that the network computes for a picture.

        Args:
            picture: mode RGB or RGBX.
        """
        pixels = _as_input(picture)
        outputs = self._session.run(None, {self._input: pixels})
        shown = [_without_padding(one, pixels, picture) for one in outputs]
        maps, levels = shown[:_MAPS], shown[_MAPS:]
        return NetworkOutput(_read_maps(*maps), maps[0][0], levels)


def _without_padding(
    output: NDArray[np.float32], pixels: NDArray[np.float32], picture: Image.Image
) -> NDArray[np.float32]:
    """Return the cells of an output that cover the picture, (bands, rows, columns)."""
    stride = pixels.shape[3] // output.shape[3]
    return output[0, :, : -(-picture.height // stride), : -(-picture.width // stride)]


def _as_input(picture: Image.Image) -> NDArray[np.float32]:
    """Return the network's input, float32 (1, 3, height, width), padded with black."""
    pixels = np.asarray(picture)[..., :3]
    height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in pixels.shape[:2])
    padded = np.zeros((1, 3, height, width), np.float32)
    padded[0, :, : pixels.shape[0], : pixels.shape[1]] = pixels.transpose(2, 0, 1)
    return padded


def _read_maps(
    heat: NDArray[np.float32],
    size: NDArray[np.float32],
    offset: NDArray[np.float32],
    marks: NDArray[np.float32],
) -> Detections:
    """Decode the four output maps as faces.

    Each map is float32 (bands, rows, columns). Except in ``heat``, bands are in pairs of y and x.

    Args:
        heat: confidence of a face, 0 to 1.
        size: logarithm of the face's height and width, in cells.
        offset: position of the centre in its cell, in cells.
        marks: landmarks, in shares of the box.
    """
    rows, columns = np.nonzero(heat[0] >= FLOOR)
    scores = heat[0, rows, columns]
    if len(scores) > _MAX_FACES:
        best = np.argpartition(-scores, _MAX_FACES)[:_MAX_FACES]
        rows, columns, scores = rows[best], columns[best], scores[best]
    # (n, 2), y before x, until the end.
    cells = np.stack([rows, columns], axis=1)
    centres = (cells + offset[:, rows, columns].T + 0.5) * _STRIDE
    sides = np.exp(size[:, rows, columns].T) * _STRIDE
    corners = centres - sides / 2
    pairs = marks[:, rows, columns].T.reshape(-1, 5, 2)
    landmarks = corners[:, None] + pairs * sides[:, None]
    boxes = np.concatenate([corners[:, ::-1], (corners + sides)[:, ::-1]], axis=1)
    found = Detections(boxes.astype(np.float32), scores, landmarks[..., ::-1].astype(np.float32))
    return found.lowered(_LOWER)
