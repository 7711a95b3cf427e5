"""Several sizes of one picture: decoded once, looked at once, planned and cut for each."""

from collections.abc import Sequence
from functools import cache

from handler.core.face import Face
from handler.core.geometry import Size
from handler.core.image.cover import Cover
from handler.core.image.frame import Frame, Pixels
from handler.core.plan import Plan
from handler.core.planner import FindFaces, make_plan, oversized
from handler.core.request import Wanted
from handler.core.saliency.weighing import Weigh, weigh


class SharedFrame:
    """A frame that is not decoded more coarsely than its most demanding use needs it."""

    def __init__(self, frame: Frame, shrink: float) -> None:
        """Wrap a frame.

        Args:
            frame: the opened picture.
            shrink: of the most demanding use; see `Frame.pixels`.
        """
        self._frame = frame
        self._shrink = shrink

    @property
    def size(self) -> Size:
        """Size of the upright picture at full scale."""
        return self._frame.size

    def pixels(self, shrink: float) -> Pixels:
        """Decode the picture, at the same scale for all uses that are less demanding."""
        return self._frame.pixels(min(shrink, self._shrink))


def make_plans(
    frame: Frame,
    wanted: Sequence[Wanted],
    find_faces: FindFaces | None = None,
    weigh: Weigh = weigh,
) -> tuple[Frame, list[Plan]]:
    """Decide what to cut out of a picture for each of several sizes.

    Faces are looked for once, and so is all that depends on the whole picture only. The windows
    are those of `make_plan`, but for what a picture decoded at another scale changes.

    Args:
        frame: the opened picture.
        wanted: the settings of each size; they differ in nothing else.
        find_faces: as for `make_plan`.
        weigh: as for `make_plan`.

    Returns:
        The frame that all of them are to be rendered from, and the plans in the order of
        ``wanted``. Rendered the finest first, the picture is resampled once less.
    """
    shrinks = [Cover.of(frame.size, oversized(w.target, w.padding)).shrink for w in wanted]
    shared = SharedFrame(frame, min(shrinks))

    @cache
    def faces() -> Sequence[Face]:
        # Face mode decodes once more anyway, and finer, once it knows its windows.
        return () if find_faces is None else find_faces(_seen_by_detector(frame, shared, wanted))

    found = None if find_faces is None else lambda _: faces()
    plans: dict[int, Plan] = {}
    for index in sorted(range(len(wanted)), key=shrinks.__getitem__):
        plans[index] = make_plan(shared, wanted[index], found, weigh)
    ordered = [plans[index] for index in range(len(wanted))]
    return SharedFrame(frame, min(plan.cut.shrink for plan in ordered)), ordered


def _seen_by_detector(frame: Frame, shared: Frame, wanted: Sequence[Wanted]) -> Frame:
    return frame if wanted[0].mode == "face" else shared
