"""Worker processes on all cores, which share the blocks of a run."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from tests.fuzz.client import Client, WorkerEnded
from tests.fuzz.generate import generate
from tests.fuzz.growth import Growth
from tests.fuzz.inputs import Input, Target
from tests.fuzz.oracle import Find, Limits
from tests.fuzz.progress import BLOCK, Block, Progress
from tests.fuzz.shrink import shrink

_SHRINK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """The extent of a run.

    Attributes:
        seed: of the inputs.
        inputs: number of inputs, with those of earlier runs.
        seconds: time after which no block is begun; None for no limit.
        workers: number of processes.
        targets: targets of the inputs.
        limits: of an input.
        most_finds: different finds after which the run ends.
    """

    seed: int
    inputs: int
    seconds: float | None
    workers: int
    targets: tuple[Target, ...]
    limits: Limits
    most_finds: int = 20


@dataclass
class Run:
    """A run in progress.

    Attributes:
        plan: its extent.
        progress: its results, with those of earlier runs.
        curves: memory of each process.
        say: receives the number of inputs so far.
    """

    plan: Plan
    progress: Progress
    say: Callable[[str], None]
    curves: list[Growth] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    before: int = 0
    stopped: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks = self.progress.next_blocks()
        self._failures: list[BaseException] = []
        self._running = self.plan.workers
        self._all_ended = threading.Event()
        self.before = self.progress.inputs

    def run(self) -> None:
        """Run all inputs, or those of the blocks that run when Ctrl-C is pressed.

        Raises:
            RuntimeError: a worker process does not start.
        """
        threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(self.plan.workers)
        ]
        for thread in threads:
            thread.start()
        # An interrupted join marks a running thread as ended (bpo-45274).
        try:
            self._all_ended.wait()
        except KeyboardInterrupt:
            self.stopped = True
            self.say("ending after the blocks that run")
            self._all_ended.wait()
        if self._failures:
            raise self._failures[0]

    def _work(self, number: int) -> None:
        log = self.progress.folder / f"worker-{number}.stderr"
        try:
            with ExitStack() as stack:
                client = stack.enter_context(Client(log, self.plan.limits))
                growth = self._new_curve()
                inputs = 0
                while (block := self._next_block()) is not None:
                    if not self._run_block(client, block):
                        growth, inputs = self._new_curve(), 0
                    else:
                        inputs += BLOCK
                        growth.peak = max(growth.peak, block.rss)
                        with self._lock:
                            for find in growth.add(inputs, block.in_use, block.files):
                                self.progress.save(find, None)
        except BaseException as error:  # the main thread raises it again
            self._failures.append(error)
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    self._all_ended.set()

    def _new_curve(self) -> Growth:
        growth = Growth()
        with self._lock:
            self.curves.append(growth)
        return growth

    def _next_block(self) -> Block | None:
        with self._lock:
            elapsed = time.monotonic() - self.started
            late = self.plan.seconds is not None and elapsed > self.plan.seconds
            many = len(self.progress.finds) >= self.plan.most_finds
            if self.stopped or late or many:
                return None
            number = next(self._blocks)
            if number * BLOCK >= self.plan.inputs:
                return None
            return Block(number)

    def _run_block(self, client: Client, block: Block) -> bool:
        """Run a block, and return whether one process ran all of it."""
        position, stop = block.number * BLOCK, (block.number + 1) * BLOCK
        whole = True
        while position < stop:
            try:
                for line in client.run(self.plan.seed, position, stop, self.plan.targets):
                    if line.get("end"):
                        block.end(line)
                    else:
                        block.add(line)
                        self._keep(line["number"], [Find.from_json(f) for f in line["finds"]])
                        position = line["number"] + 1
            except WorkerEnded as ended:
                whole = False
                self._keep(position, [ended.find])
                input_ = self._input(position)
                block.counts[input_.target, input_.label, ended.find.rule, ""] += 1
                position += 1
        with self._lock:
            self.progress.add(block)
            rate = (self.progress.inputs - self.before) / (time.monotonic() - self.started)
            finds = len(self.progress.finds)
            self.say(f"{self.progress.inputs:,} inputs, {rate:.0f} a second, {finds} finds")
        return whole

    def _input(self, number: int) -> Input:
        return generate(self.plan.seed, number, self.plan.targets)

    def _keep(self, number: int, finds: list[Find]) -> None:
        if finds:
            input_ = self._input(number)
            with self._lock:
                for find in finds:
                    self.progress.save(find, input_)


def shrink_finds(run: Run, known: set[str]) -> None:
    """Reduce the inputs of new finds."""
    log = run.progress.folder / "shrink.stderr"
    with Client(log, run.plan.limits) as client:
        for key, saved in list(run.progress.finds.items()):
            if key in known or saved.path is None:
                continue
            run.say(f"reducing {key}")
            input_ = Input.from_file(saved.path.read_bytes())
            again = partial(_breaks, client, key)
            saved.path.write_bytes(shrink(input_, again, _SHRINK_SECONDS).to_file())


def _breaks(client: Client, key: str, input_: Input) -> bool:
    return key in breaks(client, input_)


def breaks(client: Client, input_: Input) -> dict[str, Find]:
    """Run an input, and return the finds by their keys."""
    try:
        line = client.try_input(input_)
    except WorkerEnded as ended:
        return {ended.find.key: ended.find}
    found = [Find.from_json(each) for each in line["finds"]]
    return {each.key: each for each in found}
