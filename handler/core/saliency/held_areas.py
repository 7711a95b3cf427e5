"""The areas that a window of auto mode has to contain, or not to cut: heads, pets, a single thing.

A person's head is the face with hair and chin. Of a pet only the box of the whole animal is known,
so its head is estimated: the most interesting square of the upper part.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from handler.core.face import Head
from handler.core.geometry import Region, Size
from handler.core.placement import PlacementRange, Score, grown_to_hold
from handler.core.saliency.interest import Interest
from handler.core.spans import EPSILON, Floats, X, Y, bounds_of

# Distances above a face's box, at the brow, in sides of the box: to the hairline, to the end of the
# hair, and to a quarter of the head's height above that. Each is kept in the window if possible.
_HAIRLINE, _HAIR = 0.25, 0.55
_AIR = _HAIR + 0.25 * (1 + _HAIR)
# Distance from a face's box to the back of a head that is seen from the side, in sides of the box,
# and the interest that a window may lose by containing it. With it, windows
# keep more of the faces of OSIE (+0.4 points) and less of the gaze (-0.1).
_BACK_OF_HEAD, _PRICE_OF_BACK_OF_HEAD = 0.25, 0.05
# Parts of a face's box that are contained if the whole is too large for the window, as shares of
# its sides: from the eyes to the mouth, and the eyes.
_FEATURES, _EYES = (0.15, 0.85), (0.2, 0.4)
# A pet is a subject if its box has this share of the picture's sides (their geometric mean).
# Smaller ones accompany people.
_SUBJECT = 0.3
# The head of a pet: its side as a share of the smaller side of the box, the share of the box's
# height in which it is, and the number of places that are compared along either axis.
_PET_HEAD, _UPPER_PART, _PLACES = 0.55, 0.6, 9
# The interest that a window may lose by containing the head of a pet, or the whole. With more to
# lose, something else is the subject: another animal that was not detected, or a person.
_PRICE_OF_HEAD, _PRICE_OF_PET = 0.15, 0.1
# The same for the hairline, the hair, and the space above it, of a window half as high as the
# picture. A flatter one may lose more, a higher one less. If all were held at any price, 16:9
# windows would have 1.4 points less of the viewers' gaze than the centre (OSIE). The space is then
# in all of the 70 windows of 640 × 360 with one face, and with these prices in 47. With 0.15 for
# the space it is in 50, and fewer windows stay in a picture of half the size.
_PRICE_OF_HAIRLINE, _PRICE_OF_HAIR, _PRICE_OF_AIR = 0.54, 0.34, 0.13
# The same for the one enclosed thing, in a picture without faces. Most of it is the price of
# leaving the centre. With 0.2, the windows of 568 pictures are the same.
_PRICE_OF_WHOLE = 0.5
# Least score of a face that is the subject before any object.
_A_FACE = 0.4
# Space above a pet, as a share of its height: a quarter of the height of its head.
_ABOVE_PET = 0.1


class HeldAreas(Struct, frozen=True, eq=False):
    """The areas that a window has to contain.

    Attributes:
        heads: the heads of people.
        pets: spans of the pets, in pixels, (n, 2, 2).
        pet_heads: spans of their heads, (n, 2, 2).
        whole: spans of the one enclosed thing, (1, 2, 2); (0, 2, 2) without one.
        picture: size of the picture.
    """

    heads: Sequence[Head]
    pets: Floats
    pet_heads: Floats
    whole: Floats
    picture: Size

    @classmethod
    def of(cls, interest: Interest, heads: Sequence[Head], picture: Size) -> "HeldAreas":
        """Return the areas for the chosen heads of people, and for the pets.

        Args:
            interest: the evidence in the picture.
            heads: the heads that the window should contain.
            picture: size of the picture.
        """
        spans = np.asarray(interest.pets, float).reshape(-1, 2, 2)
        sides = spans[..., 1] - spans[..., 0]
        spans = spans[np.sqrt(sides.prod(axis=1)) >= _SUBJECT]
        bounds = bounds_of(picture)[:, np.newaxis]
        pet_heads = [_head_of(pet, interest) * bounds for pet in spans]
        has_face = any(face.score >= _A_FACE for face in interest.faces or ())
        whole = np.zeros((0, 2, 2)) if has_face else np.asarray(interest.whole, float)
        return cls(heads, spans * bounds, _stacked(pet_heads), whole * bounds, picture)

    def grown(self, extent: Floats, limit: Floats, keep: Floats) -> Floats:
        """Return the size of a window, enlarged as far as the heads with their hair need.

        Args:
            extent: width and height, (2,).
            limit: width and height of the largest window in the picture, (2,).
            keep: spans of the client's areas to keep, (n, 2, 2).
        """
        boxes = _stacked([head.box for head in self.heads])
        extent = grown_to_hold(extent, limit, np.concatenate([keep, boxes, self.pet_heads]))
        return grown_to_hold(extent, limit, self._with_space(_HAIR))

    def places(self, allowed: PlacementRange) -> PlacementRange:
        """Return the positions of a window that contains as much of the faces as possible.

        Args:
            allowed: the positions from which to choose.
        """
        return allowed.holding(_stacked([_fitting(head, allowed.extent) for head in self.heads]))

    def best(
        self, places: PlacementRange, score: Score, preferred: Floats, avoid: Floats
    ) -> Region:
        """Return the best window, with hair, the space above it, and pets, if they cost little.

        Args:
            places: the positions that `places` returned.
            score: the score of positions, in shares of the interest.
            preferred: preferred left and top edge, (2,).
            avoid: spans of the areas to leave out, (n, 2, 2).
        """
        avoid = np.concatenate([avoid, self._left_out(places)])
        best = places.best(score, preferred, avoid)
        highest = _score_of(best, score)
        for spans, price in self._tiers(places.extent):
            if not len(spans):
                continue
            narrower = places.holding(spans)
            window = narrower.best(score, preferred, avoid)
            if _score_of(window, score) >= highest - price:
                places, best = narrower, window
        return best

    def _tiers(self, extent: Floats) -> Iterator[tuple[Floats, float]]:
        """Yield areas to contain, and the interest that a window of a size may lose by each."""
        bounds = bounds_of(self.picture)
        flatness = float((bounds[Y] - extent[Y]) / extent[Y]) ** 2
        yield self._with_space(_HAIRLINE), _PRICE_OF_HAIRLINE * flatness
        yield self._with_space(_HAIR), _PRICE_OF_HAIR * flatness
        yield self._with_space(_AIR), _PRICE_OF_AIR * flatness
        yield self._with_space(0.0, _BACK_OF_HEAD), _PRICE_OF_BACK_OF_HEAD
        yield self.pet_heads, _PRICE_OF_HEAD
        yield _up_to(self.pet_heads, self.pets), _PRICE_OF_HEAD
        yield self.pets, _PRICE_OF_PET
        above = self.pets.copy()
        heights = above[:, Y, 1] - above[:, Y, 0]
        above[:, Y, 0] = np.maximum(0, above[:, Y, 0] - _ABOVE_PET * heights)
        yield above, _PRICE_OF_PET
        yield self.whole, _PRICE_OF_WHOLE

    def _with_space(self, above: float, at_sides: float = 0.0) -> Floats:
        """Return the boxes of the heads, extended by shares of the side of a face's box."""
        return _stacked([head.margin_box(at_sides, self.picture, above) for head in self.heads])

    def _left_out(self, places: PlacementRange) -> Floats:
        """Return the faces that do not fit next to the others, as spans.

        One whole person is better than two halves, so the window is to move off them.

        Args:
            places: the positions that `places` returned.
        """
        outside = [
            head.box
            for head in self.heads
            if not _holds_everywhere(places, head.box) and _fits(head.box, places.extent)
        ]
        return _stacked(outside)


def _fitting(head: Head, extent: Floats) -> Floats:
    """Return the largest part of a face that a window of this size contains, as spans."""
    if _fits(head.box, extent):
        return head.box
    parts = [_part(head, _FEATURES), _part(head, _EYES)]
    return next((part for part in parts if _fits(part, extent)), parts[-1])


def _part(head: Head, shares: tuple[float, float]) -> Floats:
    """Return a part of a face's box, measured from the crown along the axis of the head."""
    first, length = head.box[:, 0], head.box[:, 1] - head.box[:, 0]
    inner = np.stack([first + 0.1 * length, first + 0.9 * length], axis=1)
    axis = X if head.is_sideways else Y
    low, high = shares if head.up[axis] < 0 else (1 - shares[1], 1 - shares[0])
    inner[axis] = first[axis] + np.array([low, high]) * length[axis]
    return np.asarray(inner)


def _fits(box: Floats, extent: Floats) -> bool:
    return bool((box[:, 1] - box[:, 0] <= extent + EPSILON).all())


def _holds_everywhere(places: PlacementRange, box: Floats) -> bool:
    """Return whether a window contains a box at every position of a range."""
    before = box[:, 0] >= places.highest - EPSILON
    return bool((before & (box[:, 1] <= places.lowest + places.extent + EPSILON)).all())


def _head_of(pet: Floats, interest: Interest) -> Floats:
    """Return the estimated head of a pet, as spans in shares of the picture's sides.

    Args:
        pet: spans of the whole animal, in the same shares, (2, 2).
        interest: the evidence in the picture, whose map is highest at the head.
    """
    size = pet[:, 1] - pet[:, 0]
    side = np.minimum(_PET_HEAD * size.min() * np.ones(2), size)
    lefts = np.linspace(pet[X, 0], pet[X, 1] - side[X], _PLACES)
    highest, lowest = pet[Y, 0], pet[Y, 0] + max(0.0, _UPPER_PART * size[Y] - side[Y])
    tops = np.linspace(highest, lowest, _PLACES)
    kept = interest.map.kept(lefts, tops, (float(side[X]), float(side[Y])))
    row, column = divmod(int(kept.argmax()), _PLACES)
    first = np.array([lefts[column], tops[row]])
    return np.stack([first, first + side], axis=1)


def _up_to(heads: Floats, pets: Floats) -> Floats:
    """Return the heads of pets, extended to the top of each animal, where its ears are."""
    with_ears = heads.copy()
    with_ears[:, Y, 0] = pets[:, Y, 0]
    return with_ears


def _score_of(window: Region, score: Score) -> float:
    return float(score(np.array([window.left]), np.array([window.top]))[0, 0])


def _stacked(spans: Sequence[Floats]) -> Floats:
    return np.array(spans, float).reshape(-1, 2, 2)
