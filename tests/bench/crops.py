"""`make bench-crops`: how well the windows of each tool agree with what people look at and keep.

make bench-crops                  568 pictures at four aspects, in about four minutes
make bench-crops ARGS=--quick     a sixth of them

The pictures are from OSIE (Xu et al. 2014: gaze of 15 viewers, manually drawn faces and main
objects), FLMS (Fang et al. 2014: crops of ten people) and "saliency in crowd" (Jiang et al. 2014:
gaze and faces). Differences to the centre are paired by picture; the interval is from 10,000
bootstrap samples. Peers whose windows are not in the file of crops_peers.py are left out.

The weights of auto mode's readout were fitted to the pictures of OSIE and crowd. The results on
pictures that were left out of the fit are in layers/object-detection/README.md.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from rich.console import Console

from tests.bench.crops_peers import known_windows
from tests.bench.crops_report import BEST, Measured, calibration, cost, intervals, overall
from tests.bench.crops_report import by_aspect as table_by_aspect
from tests.bench.crops_sides import OURS, Found, find_windows, measure_cost
from tests.bench.crops_truth import MEASURES, Photo, read_photos
from tests.bench.framing import ASPECTS
from tests.bench.peers import Unavailable

TARGETS = tuple(ASPECTS.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a sixth of the pictures")
    step = 6 if parser.parse_args().quick else 1
    console = Console(width=None if Console().is_terminal else 200)
    try:
        with console.status("crops"):
            measured = measure(read_photos()[::step])
    except Unavailable as reason:
        console.print(f"[bold]crops[/] skipped: {reason}")
        return
    console.print(overall(measured))
    console.print(intervals(measured))
    console.print(table_by_aspect(measured))
    console.print(calibration(measured))
    console.print(cost(measure_cost()))


def measure(photos: Sequence[Photo]) -> Measured:
    """Measure the window of every side, for every aspect ratio and picture."""
    peers = known_windows(photos, TARGETS)
    found = find_windows(photos, TARGETS)
    for row, by_side in enumerate(found):
        by_side.update({name: Found(windows[row]) for name, windows in peers.items()})
    ours = [name for name in found[0] if name in OURS]
    order = [name for name in found[0] if name not in OURS] + ours
    shape = len(photos), len(TARGETS)
    kept = {name: {each: np.full(shape, np.nan) for each in MEASURES} for name in (*order, BEST)}
    gains = {name: np.zeros(shape) for name in ours}
    for row, (photo, by_side) in enumerate(zip(photos, found, strict=True)):
        shares = {
            name: [photo.kept(window) for window in each.windows] for name, each in by_side.items()
        }
        shares[BEST] = [photo.most(target) for target in TARGETS]
        for name, by_target in shares.items():
            for column, by_measure in enumerate(by_target):
                for each, share in by_measure.items():
                    kept[name][each][row, column] = 100 * share
        for name in ours:
            gains[name][row] = by_side[name].gains
    return Measured(kept, gains)


if __name__ == "__main__":
    main()
