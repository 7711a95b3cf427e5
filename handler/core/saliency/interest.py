"""The interest (saliency) map of a picture, combined from several maps, with the faces found.

An interest map gives each position in the picture a value of 0 or more: the share of the viewer's
attention that it attracts.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray
from PIL import Image

from handler.core.detection import DetectedObjects, Detector, Inspection
from handler.core.face import Face
from handler.core.geometry import Size
from handler.core.image.frame import Frame, Pixels, flatten, scaled_to
from handler.core.saliency.face_tracks import joined_faces
from handler.core.saliency.handedness import (
    is_lighter_on_the_right,
    mirror,
    mirror_faces,
    mirror_objects,
    mirror_spans,
)
from handler.core.saliency.interest_map import InterestMap, Map, cells, combine, mean_with_motion
from handler.core.saliency.lettering import find_lettering
from handler.core.saliency.maps import compute_saliency
from handler.core.spans import Floats

# Mean corner strength at which a network's maps count half. It is between that of a clear sky (0.2)
# and that of the emptiest of 234 photos (0.8).
_LITTLE_STRUCTURE = 0.5
# Long side of the view that is scored, in pixels. The detector finds faces down to a thirtieth of
# it.
_VIEW_SIDE = 320
# Long side of the second view, in which faces are searched for if the first one leaves a doubt.
_CLOSER_SIDE = 640


class Interest(Struct, frozen=True):
    """The interest map of a picture, and its faces.

    Attributes:
        map: the interest map.
        faces: the faces found; None if face detection is not available.
        objects: confidence that there is any object, 0 to 1; None if object detection is not
            available.
        boxes: the objects one by one.
        pets: spans of certain cats and dogs in shares of the picture's sides, float (n, 2, 2).
        lettering: spans of lines of lettering, in shares of the picture's sides, (n, 2, 2); None if
            it was not looked for.
        whole: spans of the one enclosed thing, in the same shares, (1, 2, 2) or (0, 2, 2).
    """

    map: InterestMap
    faces: tuple[Face, ...] | None
    objects: float | None = None
    boxes: DetectedObjects = field(default_factory=DetectedObjects)
    pets: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 2, 2)))
    lettering: Floats | None = None
    whole: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 2, 2)))

    @property
    def evidence(self) -> tuple[str, ...]:
        """The kinds of evidence that were looked for: "faces", "objects", "text"."""
        looked_for = {
            "faces": self.faces is not None,
            "objects": self.objects is not None,
            "text": self.lettering is not None,
        }
        return tuple(name for name, known in looked_for.items() if known)

    def mirrored(self, picture: Size) -> "Interest":
        """Return the interest of the mirror image of a picture of this size."""
        return Interest(
            InterestMap(np.ascontiguousarray(self.map.heat[:, ::-1]), self.map.weights),
            None if self.faces is None else mirror_faces(self.faces, picture.width),
            self.objects,
            mirror_objects(self.boxes),
            mirror_spans(self.pets),
            None if self.lettering is None else mirror_spans(self.lettering),
            mirror_spans(self.whole),
        )

    def numbered(self, frame: int) -> "Interest":
        """Return the interest with the number of an animation's frame on its faces."""
        if self.faces is None:
            return self
        return replace(self, faces=tuple(replace(face, frame=frame) for face in self.faces))


def compute_interest(frame: Frame, shrink: float, detector: Detector | None = None) -> Interest:
    """Return the interest map and the faces of a picture.

    Args:
        frame: the opened picture.
        shrink: coarsest scale to decode at, in source pixels per pixel; see `decoding_shrink`.
        detector: the face detector, whose maps are combined with those of `compute_saliency`.
    """
    pixels = frame.pixels(shrink)
    seen: list[Image.Image] = []

    def look_at(each: Pixels) -> Interest:
        view = flatten(each.low_resolution(scaled_to(frame.size, _VIEW_SIDE)))
        seen.append(view)
        turned = is_lighter_on_the_right(view)

        def closer() -> Image.Image:
            larger = flatten(each.low_resolution(scaled_to(frame.size, _CLOSER_SIDE)))
            return mirror(larger) if turned else larger

        found = _score(mirror(view) if turned else view, closer, frame.size, detector)
        found = found.mirrored(frame.size) if turned else found
        return found if each.number is None else found.numbered(each.number)

    def compute() -> Interest:
        found = pixels.of_frames(look_at)
        return found[0] if len(found) == 1 else over_time(found, motion_between(seen))

    return pixels.cached("saliency" if detector is None else "saliency and faces", compute)


def _score(
    view: Image.Image,
    closer: Callable[[], Image.Image],
    picture: Size,
    detector: Detector | None,
) -> Interest:
    """Return the interest map and the faces of a picture.

    Args:
        view: the picture at the size that is scored.
        closer: returns the picture at the size of the second look.
        picture: size of the picture.
        detector: see `compute_interest`.
    """
    salient = compute_saliency(view)
    whole = salient.whole
    if detector is None:
        return Interest(combine(salient.maps), None, whole=whole)
    lettering, found = find_lettering(view), detector.inspect(view, picture)
    if found is None:
        return Interest(combine(salient.maps), None, lettering=lettering, whole=whole)
    maps = [*salient.maps, *_trusted(found, salient.structure)]
    faces = found.faces if found.second_look is None else found.second_look(closer())
    if found.objects is None:
        return Interest(combine(maps), faces, lettering=lettering, whole=whole)
    objects = found.objects
    heat = combine(maps, objects.maps)
    return Interest(heat, faces, objects.confidence, objects.boxes, objects.pets, lettering, whole)


def over_time(found: Sequence[Interest], motion: Map) -> Interest:
    """Return the interest of an animation: the mean of its frames' interest, times the motion.

    Args:
        found: the interest of the frames that are looked at, with the faces of each.
        motion: mean difference from frame to frame in each cell, (32, 32).
    """
    faces = [each.faces for each in found if each.faces is not None]
    surest = max(found, key=lambda each: each.objects or 0.0)
    return Interest(
        mean_with_motion([each.map for each in found], motion),
        joined_faces([face for of_frame in faces for face in of_frame]) if faces else None,
        surest.objects,
        surest.boxes,
        surest.pets,
        _lettering_of(found),
        surest.whole,
    )


def _lettering_of(found: Sequence[Interest]) -> Floats | None:
    """Return the lines of lettering of all frames."""
    lines = [each.lettering for each in found if each.lettering is not None]
    return np.concatenate(lines) if lines else None


def motion_between(views: Sequence[Image.Image]) -> Map:
    """Return the mean difference of lightness from frame to frame, float64 (32, 32)."""
    frames = [cells(np.asarray(view.convert("L"), np.float32)) for view in views]
    return np.asarray(np.abs(np.diff(np.stack(frames), axis=0)).mean(axis=0))


def decoding_shrink(shrink: float, picture: Size) -> float:
    """Return the scale at which a picture is decoded to be both scored and rendered.

    Args:
        shrink: scale of the rendering, in source pixels per pixel.
        picture: size of the picture at full scale.
    """
    return min(shrink, max(picture.width, picture.height) / _VIEW_SIDE)


def _trusted(found: Inspection, structure: float) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """Yield a network's maps with an exponent from 0 (empty picture) to 1.

    In an empty sky the network responds to the edges of its own input, which would make the corners
    novel.
    """
    trust = structure**2 / (structure**2 + _LITTLE_STRUCTURE**2)
    for name, values in found.maps:
        yield name, values**trust
