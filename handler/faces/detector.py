"""The face detector: two scales, sideways pictures, and the thresholds on the score."""

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
from handler.faces.pyramid import UPRIGHT_AFTER, coarse_view, fine_view, turned_upright
from handler.faces.reference_box import to_faces

# Two boxes with a larger intersection over union belong to the same face.
_SAME_FACE = 0.4
# An upright face with this score is certain evidence that the picture is upright. The network also
# finds sideways faces, sometimes with as high a score, but locates their eyes and mouth correctly.
# A face therefore counts as upright only if its landmarks are.
_CLEARLY_UPRIGHT = 0.80
# A turned picture is used only if it has an upright face with a score higher by the first value and
# of at least the second, because any texture resembles a face in some orientation. In 60 photos
# without a face, no turn reached a score of 0.45. With a threshold of 0.60 the largest face was
# found in 88 % of 143 photos, each in all four orientations; with 0.50 it was found in 93 %.
_UPRIGHT_BONUS = 0.10
_LEAST_TURNED = 0.50
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
            frame: the opened picture. It is decoded no finer than the network's input.
            sensitivity: 0 to 1; a higher value finds more faces.

        Raises:
            Exception: the codec's error if the picture is damaged.
        """
        picture = fine_view(frame)
        found, turn = self.detect(picture, least_score(sensitivity))
        return to_faces(found, turn, Size(*picture.size), frame.size)

    def detect(self, picture: Image.Image, threshold: float) -> tuple[Detections, int]:
        """Return the detections in a picture.

        Args:
            picture: a picture from `fine_view`, mode RGB or RGBX.
            threshold: lowest score of a detection, 0.2 to 1.

        Returns:
            The network's boxes, in pixels of the picture after `turned_upright`; and the turn that
            was passed to it, 0 for none.
        """
        found, turn = self._detect_at_two_scales(picture), 0
        upright = found.best_upright
        if upright < _CLEARLY_UPRIGHT:
            other, score = self._best_turn(picture)
            if score >= max(threshold, _LEAST_TURNED) and score > upright + _UPRIGHT_BONUS:
                found, turn = self._detect_at_two_scales(turned_upright(picture, other)), other
        return found.where(found.scores >= threshold), turn

    def inspect(self, view: Image.Image, source: Size, sensitivity: float) -> Inspection:
        """Return the faces and the interest maps of a picture, in one run of the network.

        Sideways pictures are not turned. Sideways heads count as faces if their score is high
        enough.

        Args:
            view: the whole picture at a low resolution, mode RGB or RGBX.
            source: size of the upright picture at full scale.
            sensitivity: 0 to 1; a higher value finds more faces.
        """
        output = self._network.run(view)
        found = output.faces.suppressed(_SAME_FACE)
        found = found.where(found.scores >= least_score(sensitivity))
        maps = [("faces", output.heat + _NO_FACE)]
        maps += [("novelty", novelty(level)) for level in output.levels]
        return Inspection(tuple(to_faces(found, 0, Size(*view.size), source)), maps)

    def _detect_at_two_scales(self, picture: Image.Image) -> Detections:
        small = coarse_view(picture)
        coarse = self._network.detect(small)
        coarse = coarse.scaled(picture.width / small.width, picture.height / small.height)
        return self._network.detect(picture).joined(coarse).suppressed(_SAME_FACE)

    def _best_turn(self, picture: Image.Image) -> tuple[int, float]:
        small = coarse_view(picture)
        scores = {
            turn: self._network.detect(turned_upright(small, turn)).best_upright
            for turn in UPRIGHT_AFTER
            if turn
        }
        surest = max(scores, key=scores.__getitem__)
        return surest, scores[surest]


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
