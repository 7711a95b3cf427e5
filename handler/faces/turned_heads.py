"""The turn that makes the heads of a picture upright: scans and photos that are stored sideways."""

from PIL import Image

from handler.faces.centerface import CenterFace
from handler.faces.pyramid import UPRIGHT_AFTER, coarse_view, turned_upright

# An upright face with this score is certain evidence that the picture is upright. The network also
# finds sideways faces, sometimes with as high a score, but locates their eyes and mouth correctly.
# A face therefore counts as upright only if its landmarks are.
_CLEARLY_UPRIGHT = 0.80
# A turn is accepted at 320 pixels if its best face has a score of at least the first value, higher
# than in the picture as it is by the second and than in any other turn by the third, because any
# texture resembles a face in some orientation.
_LEAST, _UPRIGHT_BONUS, _NEAR = 0.50, 0.10, 0.15
# Otherwise the best two turns are looked at with 640 pixels, if they have a score of at least the
# first value, lower than in the picture as it is by at most the second. One is accepted with the
# third value, and if it is higher by the fourth. Of 285 photos of people, 2 need this upright and
# 25 turned. The largest face is then found in 98 % of them, in every orientation.
_CANDIDATE, _BELOW, _LEAST_CLOSELY, _CLOSE_BONUS = 0.40, 0.15, 0.60, 0.05


def find_turn(network: CenterFace, picture: Image.Image, upright: float, threshold: float) -> int:
    """Return the clockwise rotation of the heads in a picture: 0, 90, 180 or 270 degrees.

    Args:
        network: the network.
        picture: the picture with a long side of 640 pixels.
        upright: the best score of an upright face in the picture as it is.
        threshold: lowest score of a face.
    """
    if upright >= _CLEARLY_UPRIGHT:
        return 0
    small = coarse_view(picture)
    scores = {turn: _best(network, small, turn) for turn in UPRIGHT_AFTER if turn}
    first, second, _ = sorted(scores, key=scores.__getitem__, reverse=True)
    best = scores[first]
    is_clear = best > upright + _UPRIGHT_BONUS and best - scores[second] > _NEAR
    if is_clear and best >= max(threshold, _LEAST):
        return first
    closely = {
        turn: max(scores[turn], _best(network, picture, turn))
        for turn in (first, second)
        if scores[turn] >= max(_CANDIDATE, best - _NEAR, upright - _BELOW)
    }
    turn = max(closely, key=closely.__getitem__, default=0)
    least = max(threshold, _LEAST_CLOSELY, upright + _CLOSE_BONUS)
    return turn if turn and closely[turn] >= least else 0


def _best(network: CenterFace, picture: Image.Image, turn: int) -> float:
    return network.detect(turned_upright(picture, turn)).best_upright
