"""One input, run and measured in this process."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from handler.codec.formats import FORMATS
from tests.fuzz import oracle, process
from tests.fuzz.inputs import Input
from tests.fuzz.oracle import Find, Limits
from tests.fuzz.service import Outcome, Service

# Time for a process that was killed to end.
_GRACE_SECONDS = 2.0
# Looking through all processes takes milliseconds.
_LOOK_EVERY = 20
# A batch may last longer if it has more pictures; one takes a tenth of a second.
_PICTURES_AT_ONCE = 5


class Trials:
    """The inputs of a process, one after the other."""

    def __init__(self, folder: Path, service: Service, limits: Limits) -> None:
        """Bind a service whose results go to a folder, and the limits of an input."""
        self._folder = folder
        self._service = service
        self._limits = limits
        self._children = len(process.descendants(os.getpid()))
        self._count = 0

    def accept_children(self) -> None:
        """Accept the children that run now as those that stay, such as a fork server."""
        self._children = len(process.descendants(os.getpid()))

    async def run(self, input_: Input) -> tuple[Outcome, float]:
        """Run an input, and return its outcome and its seconds.

        An input over the limit of time runs again, because a busy machine can be the reason.
        """
        outcome, seconds = await self._run(input_)
        if any(find.rule == "hang" for find in outcome.finds):
            outcome, seconds = await self._run(input_)
        return outcome, seconds

    async def _run(self, input_: Input) -> tuple[Outcome, float]:
        before, ended = process.start_peak(), process.peak_of_children()
        start = time.monotonic()
        outcome = await self._service.run(input_)
        seconds = time.monotonic() - start
        peak = process.memory()[1] - before
        if (largest := process.peak_of_children()) > ended:
            peak = max(peak, largest)
        turns = max(1.0, input_.pictures / _PICTURES_AT_ONCE)
        outcome.finds += oracle.judge_costs(self._limits, seconds / turns, peak)
        outcome.finds += self._judge_children(input_)
        self._clean()
        return outcome, seconds

    def _judge_children(self, input_: Input) -> Iterator[Find]:
        """Yield a find if there are more descendants than before the first input."""
        self._count += 1
        if not process.has_children():
            return
        isolated = input_.label in FORMATS and FORMATS[input_.label].isolated
        if self._children and not isolated and self._count % _LOOK_EVERY:
            return
        deadline = time.monotonic() + _GRACE_SECONDS
        while len(left := process.descendants(os.getpid())) > self._children:
            if time.monotonic() > deadline:
                commands = "; ".join(map(process.command_of, left))
                yield Find("child", "left over", commands[:500])
                self._children = len(left)
                return
            time.sleep(0.01)

    def _clean(self) -> None:
        """Remove the results, of which a million would fill a disk."""
        for path in self._folder.iterdir():
            shutil.rmtree(path, ignore_errors=True)
