"""CenterNet: the network, run on one picture, and the interest that follows from its output.

Zhou et al., "Objects as Points" (2019), on MobileNetV3, trained on the 80 classes of COCO. The
readout that the bundle adds to it is a linear function of the features of three levels.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handler.core.detection import ObjectEvidence
from handler.core.geometry import Size
from handler.faces.bundle import Session
from handler.objects.object_boxes import read_boxes
from handler.objects.pet_boxes import read_pets

# The network halves the picture five times.
_MULTIPLE = 32


class CenterNet:
    """The loaded network. Several threads may share it."""

    def __init__(self, session: Session) -> None:
        """Wrap a loaded model."""
        self._session = session
        self._input = session.get_inputs()[0].name

    def look_at(self, view: Image.Image) -> ObjectEvidence:
        """Return the evidence of objects in a picture.

        Args:
            view: the whole picture with a long side of 320 pixels, mode RGB or RGBX.
        """
        pixels = _padded(np.asarray(view)[..., :3])
        outputs = self._session.run(None, {self._input: pixels})
        shown = [_shown(each, pixels.shape[3], view) for each in outputs]
        objects, surest, sides, *maps, pets = shown
        size = Size(*view.size)
        boxes = read_boxes(surest[0], sides, size)
        return ObjectEvidence(
            float(objects.max(initial=0)),
            [each[0] for each in maps],
            boxes,
            read_pets(pets, sides, size),
        )


def _padded(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the network's input, float32 (1, 3, height, width), padded with black."""
    rows, columns = picture.shape[:2]
    height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in (rows, columns))
    padded = np.zeros((1, 3, height, width), np.float32)
    padded[0, :, :rows, :columns] = picture.transpose(2, 0, 1)
    return padded


def _shown(
    output: NDArray[np.float32], padded_width: int, view: Image.Image
) -> NDArray[np.float32]:
    """Return the cells of an output that cover the picture, (bands, rows, columns)."""
    cell = padded_width // output.shape[3]
    return output[0, :, : -(-view.height // cell), : -(-view.width // cell)]
