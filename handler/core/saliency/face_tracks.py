"""The faces of several frames of an animation, joined where they are those of one person."""

from collections.abc import Sequence

from msgspec.structs import replace

from handler.core.face import Face
from handler.core.geometry import Box

# A face belongs to that of an earlier frame if their centres are nearer than this, in sides of the
# smaller one, and if neither is larger than the other by more than the factor. Between two of the
# frames that are looked at, a head may move by more than its own size.
_REACH, _MOST_GROWTH = 2.5, 1.6


def joined_faces(faces: Sequence[Face]) -> tuple[Face, ...]:
    """Return one face for each person, whose box contains it in every frame.

    A window that holds the box holds the face in all frames that were looked at.

    Args:
        faces: the faces of all frames, in the order of the frames.

    Returns:
        The faces, the surest first. Score, landmarks and frame are those of the frame in which the
        person is found best.
    """
    tracks: list[list[Face]] = []
    for face in faces:
        track = _nearest([each for each in tracks if each[-1].frame != face.frame], face)
        if track is None:
            tracks.append([face])
        else:
            track.append(face)
    joined = [_joined(track) for track in tracks]
    return tuple(sorted(joined, key=lambda face: -face.score))


def _joined(track: Sequence[Face]) -> Face:
    best = max(track, key=lambda face: face.score)
    return replace(best, box=best.box.around(*(face.box for face in track)))


def _nearest(tracks: Sequence[list[Face]], face: Face) -> list[Face] | None:
    near = [(_distance(each[-1].box, face.box), index) for index, each in enumerate(tracks)]
    distance, index = min(near, default=(_REACH, -1))
    return tracks[index] if distance < _REACH else None


def _distance(first: Box, second: Box) -> float:
    """Return the distance of two centres along the longer axis, in sides of the smaller box."""
    across = abs(first.left + first.width / 2 - second.left - second.width / 2)
    down = abs(first.top + first.height / 2 - second.top - second.height / 2)
    sides = sorted((max(first.width, first.height), max(second.width, second.height)))
    distance = max(across, down) / max(1, sides[0])
    return distance if sides[1] <= _MOST_GROWTH * sides[0] else _REACH
