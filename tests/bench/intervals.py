"""Medians with intervals, by the bootstrap."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

_SAMPLES = 2000
_SEED = 20_261_128
# Of the samples, in per cent: the interval contains the median with 95 % confidence.
_ENDS = (2.5, 97.5)

Array = npt.NDArray[np.float64]


def of_median(values: Sequence[float]) -> list[float]:
    """Return the interval of the median of measurements, as `[low, high]`."""
    return _interval(lambda chosen: np.median(np.asarray(values)[chosen], axis=1), len(values))


def of_ratio(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return the interval of the ratio of medians, as `[low, high]`.

    The measurements of both sides are paired: they were made in turns, so that another program
    slows both down.
    """
    us, them = np.asarray(ours), np.asarray(theirs)
    return _interval(
        lambda chosen: np.median(us[chosen], axis=1) / np.median(them[chosen], axis=1), len(ours)
    )


def _interval(statistic: Callable[[npt.NDArray[np.int64]], Array], count: int) -> list[float]:
    chosen = np.random.default_rng(_SEED).integers(0, count, (_SAMPLES, count))
    return [float(end) for end in np.percentile(statistic(chosen), _ENDS)]
