"""The face detector: two scales, sideways pictures, and how sure is sure enough."""

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

# Two boxes that share more of their union than this are of one face.
_SAME_FACE = 0.4
# An upright face as sure as this leaves no doubt which way is up. The network also finds faces that
# lie on their side, and can be as sure of them, but places their eyes and mouth rightly: a face
# counts as upright here only when they say so.
_CLEARLY_UPRIGHT = 0.80
# Another turn of the picture has to show an upright face surer than this one's by so much, and at
# least so sure: any texture looks like a face one way round or another. In 60 photos without a face
# no turn showed one of 0.45; with 0.60 the largest face of 143 photos, each turned all ways, was
# found in 88 %, with 0.50 in 93 %.
_UPRIGHT_BONUS = 0.10
_LEAST_TURNED = 0.50
# Strictness is 1 - sensitivity; the reference gives it to its detector as the threshold, and never
# less than the first value here. With these scores the network is about as strict as that.
_STRICTNESS = (0.1, 0.2, 0.5, 0.8, 1.0)
_LEAST_SCORE = (0.20, 0.25, 0.35, 0.60, 0.80)
# Surer of a face than this the network is at hardly any place that has none.
_NO_FACE = 0.005


class FaceDetector:
    """Finds faces. Holds the loaded model; several threads may use one detector."""

    def __init__(self, session: bundle.Session) -> None:
        """Wrap a model that `handler.faces.bundle.load` loaded."""
        self._network = CenterFace(session)

    def find(self, frame: Frame, sensitivity: float) -> list[Face]:
        """Find the faces of a picture, the surest first.

        A picture that is stored sideways is looked at upright; heads that lean in it are told by
        their landmarks.

        Args:
            frame: the opened picture; it is decoded no finer than the network sees it.
            sensitivity: 0 to 1; higher finds more.

        Raises:
            Exception: whatever the codec raises when the picture is damaged.
        """
        picture = fine_view(frame)
        found, turn = self.detect(picture, least_score(sensitivity))
        return to_faces(found, turn, Size(*picture.size), frame.size)

    def detect(self, picture: Image.Image, threshold: float) -> tuple[Detections, int]:
        """Find faces in what `fine_view` made.

        Args:
            picture: mode RGB or RGBX.
            threshold: least score, 0.2 to 1.

        Returns:
            The network's own boxes, in the picture after `turned_upright`; and the turn that it
            was given, 0 if none.
        """
        found, turn = self._detect_at_two_scales(picture), 0
        upright = found.best_upright
        if upright < _CLEARLY_UPRIGHT:
            other, score = self._best_turn(picture)
            if score >= max(threshold, _LEAST_TURNED) and score > upright + _UPRIGHT_BONUS:
                found, turn = self._detect_at_two_scales(turned_upright(picture, other)), other
        return found.where(found.scores >= threshold), turn

    def inspect(self, view: Image.Image, source: Size, sensitivity: float) -> Inspection:
        """Look once, and no closer than the view shows: for what draws the eye.

        A picture that is stored sideways is seen as it is; heads that lean in it count as faces
        all the same, if the network is sure of them.

        Args:
            view: the whole picture, mode RGB or RGBX.
            source: size of the picture itself.
            sensitivity: as for `find`.
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
    """The score that makes a detection a face: 0.80 at sensitivity 0, 0.20 at 1."""
    return float(np.interp(1 - sensitivity, _STRICTNESS, _LEAST_SCORE))


_lock = threading.Lock()
_detectors: dict[Path | None, FaceDetector] = {}


def detector(bundle_path: Path | None = None) -> FaceDetector:
    """The detector of this process. The first call loads the bundle, later ones share it.

    Args:
        bundle_path: as for `handler.faces.bundle.locate`.

    Raises:
        FeatureMissing: there is no bundle.
        FeatureDamaged: it cannot be used.
    """
    with _lock:
        if bundle_path not in _detectors:
            _detectors[bundle_path] = FaceDetector(bundle.load(bundle_path))
        return _detectors[bundle_path]


class LazyDetector:
    """The core's `Detector`: it loads the bundle when a request first looks for faces."""

    def __init__(
        self,
        bundle_path: Path | None,
        sensitivity: float,
        timed: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Bind a bundle and a sensitivity.

        Args:
            bundle_path: as for `handler.faces.bundle.locate`.
            sensitivity: 0 to 1; higher finds more faces.
            timed: returns the context that a search for faces runs in.
        """
        self._bundle_path = bundle_path
        self._sensitivity = sensitivity
        self._timed = timed

    def find(self, frame: Frame) -> list[Face]:
        """Return the faces of a picture; see `handler.core.detection.Detector`.

        Raises:
            FeatureMissing: there is no bundle.
            FeatureDamaged: the bundle cannot be used.
            Exception: the codec's error if the picture is damaged.
        """
        with self._timed():
            return detector(self._bundle_path).find(frame, self._sensitivity)

    def inspect(self, view: Image.Image, source: Size) -> Inspection | None:
        """Return faces and maps; see `handler.core.detection.Detector`.

        Raises:
            FeatureDamaged: the bundle cannot be used.
        """
        with self._timed():
            try:
                return detector(self._bundle_path).inspect(view, source, self._sensitivity)
            except FeatureMissing:
                return None
