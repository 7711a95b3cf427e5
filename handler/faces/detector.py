"""The face detector: two scales, second looks, sideways pictures, and thresholds on the score."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from PIL import Image

from handler.core.detection import Inspection
from handler.core.face import Face
from handler.core.geometry import Size
from handler.core.image.frame import Frame
from handler.errors import FeatureMissing
from handler.faces import bundle
from handler.faces.centerface import CenterFace
from handler.faces.detections import Detections
from handler.faces.novelty import novelty
from handler.faces.pyramid import (
    crowd_view,
    enlarged_view,
    fine_view,
    turned_upright,
)
from handler.faces.reference_box import to_faces
from handler.faces.second_look import (
    SAME_FACE,
    confirmed,
    is_crowd,
    is_in_doubt,
    look_at_two_scales,
    seen_closer,
    with_small_faces,
)
from handler.faces.turned_heads import find_turn

# Strictness is 1 - sensitivity. The reference uses it as the threshold of its detector, with the
# first value as the minimum. At these scores the network is about as strict as that detector.
_STRICTNESS = (0.1, 0.2, 0.5, 0.8, 1.0)
_LEAST_SCORE = (0.20, 0.25, 0.35, 0.60, 0.80)
# Added to the face map: almost all positions without a face have a lower confidence than this.
_NO_FACE = 0.005


class FaceDetector:
    """A face detector with a loaded model. Several threads may share it."""

    def __init__(self, session: bundle.Session) -> None:
        """Wrap a model that `handler.faces.bundle.load` loaded."""
        self._network = CenterFace(session)

    def find(self, frame: Frame, sensitivity: float) -> list[Face]:
        """Return the faces of a picture, those with the highest score first.

        A picture of sideways heads is turned upright before detection. The direction of single
        heads follows from their landmarks.

        Args:
            frame: the opened picture. It is decoded no finer than the network's input, which is
                larger if the picture has a crowd.
            sensitivity: 0 to 1; a higher value finds more faces.

        Raises:
            Exception: the codec's error if the picture is damaged.
        """
        picture = fine_view(frame)
        found, turn = self.detect(picture, least_score(sensitivity), lambda: crowd_view(frame))
        return to_faces(found, turn, Size(*picture.size), frame.size)

    def detect(
        self,
        picture: Image.Image,
        threshold: float,
        larger: Callable[[], Image.Image] | None = None,
    ) -> tuple[Detections, int]:
        """Return the detections in a picture.

        Args:
            picture: a picture from `fine_view`, mode RGB or RGBX.
            threshold: lowest score of a detection, 0.2 to 1.
            larger: returns the same picture from `crowd_view`; by default ``picture`` is enlarged.

        Returns:
            The boxes, in pixels of the picture after `turned_upright`; and the turn that was passed
            to it, 0 for none.
        """
        looks = look_at_two_scales(self._network, picture)
        turn = find_turn(self._network, picture, looks.faces.best_upright, threshold)
        seen = turned_upright(picture, turn)
        if turn:
            looks = look_at_two_scales(self._network, seen)
        found = confirmed(self._network, seen, looks, threshold)
        found = found.where(found.scores >= threshold)
        if is_crowd(found):
            view = enlarged_view(picture) if larger is None else larger()
            found = with_small_faces(self._network, seen, turned_upright(view, turn), found)
        return found.where(found.scores >= threshold), turn

    def inspect(self, view: Image.Image, source: Size, sensitivity: float) -> Inspection:
        """Return the faces and the interest maps of a picture, in one run of the network.

        If these faces are in doubt, the inspection has a function for a second run.

        Sideways pictures are not turned. Sideways heads count as faces if their score is high
        enough.

        Args:
            view: the whole picture at a low resolution, mode RGB or RGBX.
            source: size of the upright picture at full scale.
            sensitivity: 0 to 1; a higher value finds more faces.
        """
        output = self._network.run(view)
        coarse = output.faces.suppressed(SAME_FACE)
        threshold = least_score(sensitivity)
        maps = [("faces", output.heat + _NO_FACE)]
        maps += [("novelty", novelty(level)) for level in output.levels]

        def placed(found: Detections, seen: Image.Image) -> tuple[Face, ...]:
            found = found.where(found.scores >= threshold)
            return tuple(to_faces(found, 0, Size(*seen.size), source))

        def look_closer(finer: Image.Image) -> tuple[Face, ...]:
            scale = finer.width / view.width, finer.height / view.height
            return placed(seen_closer(self._network, finer, coarse.scaled(*scale)), finer)

        return Inspection(
            placed(coarse, view), maps, second_look=look_closer if is_in_doubt(coarse) else None
        )


def least_score(sensitivity: float) -> float:
    """Return the lowest score of a face: from 0.80 at sensitivity 0 to 0.20 at 1."""
    return float(np.interp(1 - sensitivity, _STRICTNESS, _LEAST_SCORE))


_lock = threading.Lock()
_detectors: dict[Path | None, FaceDetector] = {}


def detector(bundle_path: Path | None = None) -> FaceDetector:
    """Return the detector of this process. The first call loads the bundle.

    Args:
        bundle_path: folder of the bundle; see `handler.faces.bundle.locate`.

    Raises:
        FeatureMissing: there is no bundle.
        FeatureDamaged: the bundle is unusable.
    """
    with _lock:
        if bundle_path not in _detectors:
            _detectors[bundle_path] = FaceDetector(bundle.load(bundle_path))
        return _detectors[bundle_path]


class LazyDetector:
    """An implementation of the core's `Detector` that loads the bundle when it is first used."""

    def __init__(
        self,
        bundle_path: Path | None,
        sensitivity: float,
        timed: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Bind a bundle and a sensitivity.

        Args:
            bundle_path: folder of the bundle; see `handler.faces.bundle.locate`.
            sensitivity: 0 to 1; a higher value finds more faces.
            timed: returns the context manager that a detection runs in.
        """
        self._bundle_path = bundle_path
        self._sensitivity = sensitivity
        self._timed = timed

    def find(self, frame: Frame) -> list[Face]:
        """Return the faces of a picture; see `handler.core.detection.Detector`.

        Raises:
            FeatureMissing: there is no bundle.
            FeatureDamaged: the bundle is unusable.
            Exception: the codec's error if the picture is damaged.
        """
        with self._timed():
            return detector(self._bundle_path).find(frame, self._sensitivity)

    def inspect(self, view: Image.Image, source: Size) -> Inspection | None:
        """Return faces and maps; see `handler.core.detection.Detector`.

        Raises:
            FeatureDamaged: the bundle is unusable.
        """
        with self._timed():
            try:
                return detector(self._bundle_path).inspect(view, source, self._sensitivity)
            except FeatureMissing:
                return None
