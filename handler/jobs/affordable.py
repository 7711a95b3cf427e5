"""The check of a whole job against the budget, before and while it runs."""

import time
from collections.abc import Sequence

from msgspec import Struct

from handler.codec import Animation, Format, Picture
from handler.config import Config
from handler.core.geometry import Size
from handler.core.request import CropRequest
from handler.errors import OutOfTime, OverBudget
from handler.jobs.budget import Budget, check, check_time
from handler.jobs.cancellation import stop_if_cancelled
from handler.jobs.estimate import Estimate, estimate_at
from handler.jobs.moving_estimate import MovingWork


class Work(Struct, frozen=True):
    """The facts about a job that its cost depends on.

    Attributes:
        picture: the opened picture.
        format: format of the results.
        animation: the animation that is cropped whole; None for a still picture.
        overlay: whether the plan is drawn on the picture as well.
        preview: whether previews are made of results that browsers do not show.
        thorough: whether the encoder searches longer for smaller files.
        deadline: time of `time.monotonic` at which the job must have ended; None for no limit.
    """

    picture: Picture
    format: Format
    animation: Animation | None
    overlay: bool
    preview: bool
    thorough: bool
    deadline: float | None

    def check(self, config: Config, requests: Sequence[CropRequest]) -> None:
        """Reject a job that needs too much memory or time.

        Args:
            config: the limits of the deployment.
            requests: a request for each size.

        Raises:
            OverBudget: it does.
            OutOfTime: it may need more time than is left.
        """

        def cost_at(size: Size) -> Estimate:
            cost = estimate_at(
                self.picture,
                size,
                requests,
                self.format,
                overlay=self.overlay,
                preview=self.preview,
                thorough=self.thorough,
            )
            if self.animation is None:
                return cost
            work = MovingWork(self.animation, self.picture, requests, self.format)
            return work.added_to(cost, size)

        cost = cost_at(self.picture.size)
        try:
            check(Budget.of(config), cost, self.picture.size, cost_at)
        except OverBudget as error:
            if self.animation is None:
                raise
            advice = "frames: first crops the first frame alone"
            raise OverBudget(f"{error.details}; {advice}") from None
        check_time(cost, self.deadline)


def check_used_time(start: float, config: Config, deadline: float | None) -> None:
    """Stop a job that has used its CPU time, because its results cost more than estimated.

    Args:
        start: time of `time.thread_time` at its start.
        config: the limits of the deployment.
        deadline: see `Work`.

    Raises:
        OverBudget: it has.
        OutOfTime: no time is left.
        Stopped: the job is cancelled.
    """
    stop_if_cancelled()
    used = time.thread_time() - start
    if used > config.cpu_seconds:
        raise OverBudget(
            f"time: expected at most {config.cpu_seconds:g} s of CPU time, "
            f"received a job that needs more than {used:.1f} s; smaller or fewer results fit"
        )
    if deadline is not None and time.monotonic() > deadline:
        raise OutOfTime("The results could not be made in the time that was left")
