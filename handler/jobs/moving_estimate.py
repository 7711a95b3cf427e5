"""The memory and time that an animation needs beyond those of a still picture."""

from collections.abc import Sequence

from msgspec import Struct

from handler.codec import Animation, Format, Picture
from handler.codec.moving_costs import (
    MOVING_ENCODING,
    memory_of_decoding,
    memory_of_frames,
    seconds_of_decoding,
    seconds_of_frames,
)
from handler.core.geometry import Size
from handler.core.image.moving_frame import MOST_LOOKED_AT
from handler.core.request import CropRequest
from handler.jobs.estimate import Estimate

EVIDENCE_PIXELS = 2_000_000
"""Pixels of each frame that is looked at: enough for every strategy."""

# CPU time of the search for a window in one frame, by what is searched for.
_FACES_SECONDS, _SCORE_SECONDS = 0.15, 0.03
# CPU time for each pixel that trim searches for content.
_SEARCHED = 0.06 / 1_000_000


class MovingWork(Struct, frozen=True):
    """The work of an animation.

    Attributes:
        animation: the opened animation.
        picture: its file.
        requests: a request for each size.
        format: format of the results.
    """

    animation: Animation
    picture: Picture
    requests: Sequence[CropRequest]
    format: Format

    def added_to(self, still: Estimate, size: Size) -> Estimate:
        """Return the cost of the whole animation.

        Args:
            still: cost of its first frame.
            size: size of the canvas; another one than its own stands for a similar file.
        """
        count, canvas = self.animation.count, size.area
        share = canvas / self.picture.size.area
        looked_at = min(count, MOST_LOOKED_AT)
        outputs = self._outputs(size)
        kind = self.picture.format.name, self.picture.cost
        stored = round(self.animation.stored_pixels * share)
        file_bytes = round(self.animation.file_bytes * share)
        decoding = seconds_of_decoding(*kind, stored, file_bytes)
        decoder = memory_of_decoding(*kind, stored // count, file_bytes)
        name = self.format.name
        if name not in MOVING_ENCODING:  # one frame of it, after all before it
            frames = memory_of_frames(canvas, count, 0, [], name)
            return Estimate(still.bytes + decoder + frames, still.seconds + decoding)
        return Estimate(
            still.bytes
            + decoder
            + memory_of_frames(
                canvas, count, looked_at * min(canvas, EVIDENCE_PIXELS), outputs, name
            ),
            max(
                still.seconds,
                self._planning(canvas, looked_at)
                + seconds_of_frames(canvas, count, decoding, outputs, name),
            ),
        )

    def _planning(self, canvas: int, looked_at: int) -> float:
        mode = self.requests[0].mode
        if mode == "trim":
            return _SEARCHED * canvas * self.animation.count
        return looked_at * (_FACES_SECONDS if mode in ("face", "auto") else _SCORE_SECONDS)

    def _outputs(self, size: Size) -> list[int]:
        """Return the pixels of each result."""
        request = self.requests[0]
        if request.mode != "trim":
            return [each.target.area for each in self.requests]
        side = request.square
        if side is None:
            return [size.area]
        return [max(size.width, size.height) ** 2 if side == "fit" else side**2]
