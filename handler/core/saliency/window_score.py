"""The score of windows: the interest and the faces that they contain, minus prices.

The score of the centred window is the reference: a window's score minus it is the expected gain
over the centre. The windows of one size differ by

- the share of the interest map that they contain,
- the share of the faces,
- the heads, objects and lines of lettering that their edges cut, and
- their distance from the centre, at a price that is low if there is a subject.

All constants were chosen on 568 annotated pictures; `layers/object-detection/README.md` has the
results on the pictures that were left out.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from handler.core.detection import DetectedObjects
from handler.core.face import Head
from handler.core.geometry import Region, Size
from handler.core.placement import Score
from handler.core.saliency.boundaries import cut_price, price_of_cut_object
from handler.core.saliency.face_certainty import face_certainties
from handler.core.saliency.interest import Interest
from handler.core.saliency.interest_map import InterestMap
from handler.core.saliency.steady_places import on_steady_places
from handler.core.spans import Floats, X, Y, bounds_of

# Price of a window at the edge whose range of positions is as long as itself, in shares of the
# interest: a window leaves the centre only if it contains that much more. Photographers frame well,
# and maps prefer rocks and roofs to the view. These prices keep the windows from losing to the
# centre where there is no subject. The map of auto mode is a product of more maps, so it is more
# concentrated and needs a higher price, and the more so if objects were looked for and not found.
# A certain face or object confirms a subject.
_PRICE, _PRICE_WITHOUT_FACE, _PRICE_WITHOUT_OBJECT, _PRICE_OF_SUBJECT = 0.3, 0.4, 0.55, 0.06
# Longest range of positions that raises the price, in lengths of the window. A square picture has
# it at 3:8; narrower windows must be able to reach a subject.
_LONGEST_RANGE = 5 / 3
# Confidences that there is any object, between which it begins to count, and counts fully. Its
# quartiles are 0.35, 0.46 and 0.55 on photos with subjects (OSIE), and 0.08, 0.16 and 0.30 on
# photos of which many have none (FLMS).
_NO_OBJECT, _CERTAIN_OBJECT = 0.25, 0.5
# The same for the score of a single object, whose box may be loose.
_WEAK_OBJECT, _CLEAR_OBJECT = 0.3, 0.7
# Certainty of a face above which it is the subject, and not the only object.
_NO_SUBJECT = 0.15
# Worth of all faces, in shares of the interest, next to that which the interest map gives them.
_WORTH_OF_FACES = 0.2
# Price of an edge through the middle of a certain head or object as large as the picture. It is in
# proportion to the side of the box, so it decides between places of about equal interest. A head
# ends this far above the face's box, in sides of it. If the hair held the window as the face does,
# wide windows would have less of the viewers' gaze than the centre (OSIE at 16:9: -0.3 points).
_PRICE_OF_CUT_HEAD, _PRICE_OF_CUT_OBJECT = 0.3, 0.08
_HAIR = 0.55


class Boxes(Struct, frozen=True, eq=False):
    """The boxes of faces or objects.

    Attributes:
        spans: spans in shares of the picture's sides, float (n, 2, 2).
        weights: certainty times the square root of the share of the picture, float (n,).
    """

    spans: Floats
    weights: Floats

    @classmethod
    def of(cls, spans: Floats, certainty: Floats) -> "Boxes":
        """Return boxes with their certainty from 0 to 1."""
        sides = np.maximum(0, spans[..., 1] - spans[..., 0])
        return cls(spans, certainty * np.sqrt(sides.prod(axis=1)))

    def inside(self, lefts: Floats, tops: Floats, window: Floats) -> Floats:
        """Return the share of each box that is inside of each window, (m, n, boxes).

        Args:
            lefts: left edges of the windows, (n,), in shares of the picture's width.
            tops: top edges, (m,), in shares of the picture's height.
            window: width and height of the windows, in the same shares, (2,).
        """
        shares = []
        for axis, starts in ((X, lefts), (Y, tops)):
            first, last = self.spans[:, axis].T
            ends = starts[:, np.newaxis] + window[axis]
            common = np.minimum(last, ends) - np.maximum(first, starts[:, np.newaxis])
            shares.append(np.maximum(0, common) / np.maximum(last - first, 1e-9))
        across, down = shares
        return np.asarray(down[:, np.newaxis] * across)


class WindowScore(Struct, frozen=True, eq=False):
    """The score of windows in one picture.

    Attributes:
        interest: the interest map.
        price: price of leaving the centre; see `_PRICE`.
        faces: the faces.
        heads: the faces with the hair.
        objects: the objects.
        certainty: certainty that there is any face, 0 to 1.
        only_object: the object of a picture that has one object and no face; otherwise none or
            several objects.
        lettering: spans of lines of lettering, in shares of the picture's sides, (n, 2, 2); None if
            it was not looked for.
        by_networks: whether networks contributed to the score.
    """

    interest: InterestMap
    price: float
    faces: Boxes
    heads: Boxes
    objects: Boxes
    certainty: float
    only_object: DetectedObjects
    lettering: Floats | None = None
    by_networks: bool = False

    @classmethod
    def of(cls, found: Interest, interest: InterestMap, picture: Size) -> "WindowScore":
        """Return the score for the evidence in a picture.

        Args:
            found: the evidence.
            interest: its interest map, without the areas that the client avoids.
            picture: size of the picture.
        """
        faces = [Head.of(face, picture) for face in found.faces or ()]
        certain = face_certainties(faces, picture)
        boxes = found.boxes
        clear = np.interp(boxes.scores, [_WEAK_OBJECT, _CLEAR_OBJECT], [0, 1])
        best = float(certain.max(initial=0))
        return cls(
            interest=interest,
            price=_price(found, best),
            faces=Boxes.of(_shares([each.box for each in faces], picture), certain),
            heads=Boxes.of(
                _shares([each.margin_box(0.0, picture, _HAIR) for each in faces], picture), certain
            ),
            objects=Boxes.of(np.asarray(boxes.spans, float), clear),
            certainty=best,
            only_object=DetectedObjects() if best > _NO_SUBJECT else boxes,
            lettering=found.lettering,
            by_networks=found.faces is not None,
        )

    def over_centre(self, region: Region, picture: Size) -> float:
        """Return the score of a window minus that of the centred window of its size, -1 to 1."""
        extent = np.array([region.width, region.height])
        middle = (bounds_of(picture) - extent) / 2
        xs, ys = np.array([middle[X], region.left]), np.array([middle[Y], region.top])
        scores = self.at(extent, picture)(xs, ys)
        return float(np.clip(scores[1, 1] - scores[0, 0], -1, 1))

    def for_placing(self, extent: Floats, picture: Size) -> Score:
        """Return the score by which windows of one size are placed.

        Networks find slightly different things in a picture of another size or quality, so there
        it has a preference for few places.

        Args:
            extent: width and height of the windows in pixels, (2,).
            picture: size of the picture.
        """
        score = self.at(extent, picture)
        return on_steady_places(score, extent, picture) if self.by_networks else score

    def at(self, extent: Floats, picture: Size) -> Score:
        """Return the score of windows of one size.

        Args:
            extent: width and height of the windows in pixels, (2,).
            picture: size of the picture.
        """
        bounds = bounds_of(picture)
        window = extent / bounds
        travel = np.maximum(bounds - extent, 1e-9)
        prices = self.price * np.minimum((bounds - extent) / extent, _LONGEST_RANGE)
        cut_lines = cut_price(self.lettering, extent, picture)
        cut_object = price_of_cut_object(self.only_object, extent, picture)

        def score(xs: Floats, ys: Floats) -> Floats:
            lefts, tops = xs / bounds[X], ys / bounds[Y]
            # From 0 in the centre to 1 at the edge.
            across, down = 2 * np.abs(xs / travel[X] - 0.5), 2 * np.abs(ys / travel[Y] - 0.5)
            price = prices[Y] * down[:, np.newaxis] + prices[X] * across
            kept = self.interest.kept(lefts, tops, (window[X], window[Y]))
            cuts = cut_lines(xs, ys) + cut_object(xs, ys)
            return np.asarray(kept + self._boxes(lefts, tops, window) - cuts - price)

        return score

    def _boxes(self, lefts: Floats, tops: Floats, window: Floats) -> Floats:
        """Return the worth of the faces inside, minus the price of cut heads and objects."""
        faces = self.faces.inside(lefts, tops, window)
        heads = self.heads.inside(lefts, tops, window)
        objects = self.objects.inside(lefts, tops, window)
        total = float(self.faces.weights.sum())
        worth = _WORTH_OF_FACES * self.certainty * self.faces.weights / max(total, 1e-9)
        cut_heads = _PRICE_OF_CUT_HEAD * _cut(heads) @ self.heads.weights
        cut_objects = _PRICE_OF_CUT_OBJECT * _cut(objects) @ self.objects.weights
        return np.asarray(faces @ worth - cut_heads - cut_objects)


def _shares(spans: Sequence[Floats], picture: Size) -> Floats:
    """Return spans in shares of the picture's sides, (n, 2, 2)."""
    return np.array(spans, float).reshape(-1, 2, 2) / bounds_of(picture)[:, np.newaxis]


def _cut(inside: Floats) -> Floats:
    """Return how much is cut: 1 for a half inside, 0 for a whole inside or outside."""
    return np.asarray(1 - np.abs(2 * inside - 1))


def _price(found: Interest, face: float) -> float:
    """Return the price of leaving the centre.

    Args:
        found: the evidence.
        face: certainty that there is any face, 0 to 1.
    """
    if found.faces is None:
        return _PRICE
    subject, highest = face, _PRICE_WITHOUT_FACE
    if found.objects is not None:
        objects = float(np.interp(found.objects, [_NO_OBJECT, _CERTAIN_OBJECT], [0, 1]))
        subject, highest = max(subject, objects), _PRICE_WITHOUT_OBJECT
    return float(highest + (_PRICE_OF_SUBJECT - highest) * subject)
