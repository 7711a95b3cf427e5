"""CPU time of a job by stage, without nested stages."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

# Names by which callers look up the functions of each stage.
STAGES = {
    "open": ("handler.jobs.job.open_picture",),
    "decode": (
        "handler.codec.decoders.libjpeg_turbo.decode",
        "handler.codec.decoders.kornia_rs.decode",
        "handler.codec.decoders.libwebp.decode",
        "handler.codec.decoders.pillow.decode",
    ),
    "to sRGB": ("handler.codec.picture.to_srgb",),
    "premultiply": ("handler.core.image.frame.premultiply",),
    "resample": (
        "handler.core.image.frame.resample",
        "handler.core.image.frame.resample_and_free",
        "handler.core.image.frame.resample_packed",
    ),
    "shrink": ("handler.core.subject.attention.shrink_to_square",),
    "score": ("handler.core.subject.attention._score", "handler.core.subject.attention._blur"),
    "encode": ("handler.jobs.encoding.encode", "handler.jobs.job.encode"),
}


@contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Measure the stages of the jobs that run inside the context.

    Yields:
        Milliseconds of CPU by stage, updated while jobs run.
    """
    times = dict.fromkeys(STAGES, 0.0)
    inner = [0.0]
    with ExitStack() as stack:
        for stage, names in STAGES.items():
            for name in names:
                stack.enter_context(_timed(name, stage, times, inner))
        yield times


@contextmanager
def _timed(name: str, stage: str, times: dict[str, float], inner: list[float]) -> Iterator[None]:
    original: Callable[..., Any] = resolve_name(name)

    def timed(*arguments: Any, **named: Any) -> Any:
        inner.append(0.0)
        start = time.process_time()
        try:
            return original(*arguments, **named)
        finally:
            whole = (time.process_time() - start) * 1000
            times[stage] += whole - inner.pop()
            inner[-1] += whole

    with patch(name, timed):
        yield
