"""CenterFace: one picture through the network, and its maps read as faces.

Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019). The network
marks the centres of faces on a map of a quarter of the picture's size; the other maps say, at each
centre, how large the face is and where its landmarks are.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handler.faces.bundle import Session
from handler.faces.detections import Detections

# The network halves the picture five times on the way down.
_MULTIPLE = 32
# Picture pixels per cell of the maps.
_STRIDE = 4
_MAPS = 4
# The most permissive threshold there is (sensitivity 1): nothing below it is of use.
FLOOR = 0.2
# A crowd has a few hundred faces. More centres than this are noise, and would only cost time.
_MAX_FACES = 1000


class NetworkOutput(NamedTuple):
    """What the network makes of a picture.

    Attributes:
        faces: its faces.
        heat: float32 (rows, columns), how sure it is of a face at each place, 0 to 1.
        levels: two inner levels, float32 (bands, rows, columns), an eighth and a sixteenth of the
            picture's size: what it has learnt to tell apart, faces or not.
    """

    faces: Detections
    heat: NDArray[np.float32]
    levels: list[NDArray[np.float32]]


class CenterFace:
    """The network, ready to run."""

    def __init__(self, session: Session) -> None:
        """Wrap a loaded model."""
        self._session = session
        self._input = session.get_inputs()[0].name

    def detect(self, picture: Image.Image) -> Detections:
        """Find the upright faces of a picture, at its own scale.

        One face is found several times, by each cell near its centre: see
        `Detections.suppressed`.

        Args:
            picture: mode RGB or RGBX.

        Returns:
            Those of score `FLOOR` or more.
        """
        return self.run(picture).faces

    def run(self, picture: Image.Image) -> NetworkOutput:
        """As `detect`, and all else that the network makes of the picture."""
        pixels = _as_input(picture)
        outputs = self._session.run(None, {self._input: pixels})
        shown = [_without_padding(one, pixels, picture) for one in outputs]
        maps, levels = shown[:_MAPS], shown[_MAPS:]
        return NetworkOutput(_read_maps(*maps), maps[0][0], levels)


def _without_padding(
    output: NDArray[np.float32], pixels: NDArray[np.float32], picture: Image.Image
) -> NDArray[np.float32]:
    """The cells of an output that show the picture, and not what was added to fill its blocks."""
    stride = pixels.shape[3] // output.shape[3]
    return output[0, :, : -(-picture.height // stride), : -(-picture.width // stride)]


def _as_input(picture: Image.Image) -> NDArray[np.float32]:
    """Float32 (1, 3, height, width), 0 to 255; black to the right and below up to full blocks."""
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
    """Turn the four maps, (bands, rows, columns) each, into faces.

    Bands come in pairs of y and x. ``size`` is the logarithm of height and width in cells,
    ``offset`` the centre's place in its cell, ``marks`` the landmarks in shares of the box.
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
    return Detections(boxes.astype(np.float32), scores, landmarks[..., ::-1].astype(np.float32))
