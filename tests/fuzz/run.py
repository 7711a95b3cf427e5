"""`make fuzz`: mutated files, settings, forms and events, sent to the service in this process.

make fuzz                                      20,000 inputs on all cores
make fuzz ARGS="--inputs 1000000"              a million; a second run goes on where the first ended
make fuzz ARGS="--minutes 15 --workers 1"      fifteen minutes on one core
make fuzz ARGS="--replay FILE"                 one input again: a find, or any image
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from rich.console import Console

from tests.fuzz import report
from tests.fuzz.client import Client, WorkerEnded
from tests.fuzz.generate import TARGETS
from tests.fuzz.inputs import Input
from tests.fuzz.oracle import Limits
from tests.fuzz.progress import Progress
from tests.fuzz.supervisor import Plan, Run, shrink_finds

STATE = Path(__file__).with_name(".state")


def main() -> int:
    """Fuzz or replay, and return the exit status: 1 if a rule is broken."""
    arguments = _parser().parse_args()
    console = Console(width=None if Console().is_terminal else 160, highlight=False)
    limits = Limits(arguments.seconds, arguments.memory)
    if arguments.replay is not None:
        return _replay(console, arguments.replay, limits)
    folder = arguments.state / f"seed-{arguments.seed}"
    if arguments.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    plan = Plan(
        seed=arguments.seed,
        inputs=arguments.inputs,
        seconds=None if arguments.minutes is None else 60 * arguments.minutes,
        workers=arguments.workers,
        targets=tuple(arguments.targets or TARGETS),
        limits=limits,
        most_finds=arguments.finds,
    )
    return _fuzz(console, plan, folder)


def _fuzz(console: Console, plan: Plan, folder: Path) -> int:
    progress = Progress(folder)
    known = set(progress.finds)
    if progress.inputs:
        console.print(f"{progress.inputs:,} inputs of earlier runs with this seed are done")
    with console.status("starting") as status:
        run = Run(plan, progress, status.update)
        run.run()
        seconds = time.monotonic() - run.started
        shrink_finds(run, known)
    for table in report.tables(run):
        console.print(table)
    if progress.finds:
        console.print(report.finds(progress), markup=False, soft_wrap=True)
    ran = progress.inputs - run.before
    console.print(
        f"{ran:,} inputs in {seconds:,.0f} s, {ran / seconds:.1f} a second in {plan.workers} "
        f"processes; {progress.inputs:,} in total; {len(progress.finds)} finds"
    )
    return 1 if progress.finds else 0


def _replay(console: Console, path: Path, limits: Limits) -> int:
    """Run one input, and print its outcome."""
    input_ = Input.from_file(path.read_bytes())
    with Client(Path(os.devnull), limits) as client:
        try:
            line = client.try_input(input_)
        except WorkerEnded as ended:
            console.print(f"[bold red]{ended.find.key}[/]\n{ended.find.details}")
            return 1
    for name in ("target", "label", "status", "code", "decoded", "seconds"):
        console.print(f"{name}: {line[name]}", markup=False)
    for find in line["finds"]:
        console.print(f"[bold red]{find['rule']}: {find['place']}[/]")
        console.print(find["details"], markup=False)
    return 1 if line["finds"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--inputs", type=int, default=20_000, help="inputs, with those of earlier runs")
    add("--minutes", type=float, help="time after which the run ends")
    add("--seed", type=int, default=1, help="seed of the inputs; each seed has its own record")
    add("--workers", type=int, default=os.cpu_count() or 1, help="worker processes")
    add("--targets", nargs="*", choices=list(TARGETS), metavar="target", help=", ".join(TARGETS))
    add("--seconds", type=float, default=Limits().seconds, help="limit of an input's time")
    add("--memory", type=int, default=Limits().mebibytes, help="limit of an input's memory, in MiB")
    add("--finds", type=int, default=20, help="different finds after which the run ends")
    add("--state", type=Path, default=STATE, help="folder of the record and the finds")
    add("--fresh", action="store_true", help="forget earlier runs with this seed")
    add("--replay", type=Path, metavar="FILE", help="run one input again")
    return parser


if __name__ == "__main__":
    sys.exit(main())
