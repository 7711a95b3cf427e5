"""Where a job's time goes: CPU by stage, each without the stages inside it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

# Stage -> the names that its callers call it by.
_STAGES = {
    "open": ("handler.jobs.job.open_picture",),
    "decode": (
        "handler.codec.decoders.libjpeg_turbo.decode",
        "handler.codec.decoders.kornia_rs.decode",
        "handler.codec.decoders.libwebp.decode",
        "handler.codec.decoders.pillow.decode",
    ),
    "to sRGB": ("handler.codec.picture.to_srgb",),
    "premultiply": ("handler.core.image.frame.premultiply",),
    "resample": ("handler.core.image.frame.resample",),
    "thumbnail": ("handler.core.subject.attention.thumbnail",),
    "score": ("handler.core.subject.attention._score", "handler.core.subject.attention._blur"),
    "encode": ("handler.jobs.job.encode",),
}


@contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Time the stages of the jobs run inside.

    Yields:
        Milliseconds of CPU by stage, filled while jobs run.
    """
    taken = dict.fromkeys(_STAGES, 0.0)
    inner = [0.0]
    with ExitStack() as stack:
        for stage, names in _STAGES.items():
            for name in names:
                stack.enter_context(_timed(name, stage, taken, inner))
        yield taken


@contextmanager
def _timed(name: str, stage: str, taken: dict[str, float], inner: list[float]) -> Iterator[None]:
    original: Callable[..., Any] = resolve_name(name)

    def timed(*arguments: Any, **named: Any) -> Any:
        inner.append(0.0)
        start = time.process_time()
        try:
            return original(*arguments, **named)
        finally:
            whole = (time.process_time() - start) * 1000
            taken[stage] += whole - inner.pop()
            inner[-1] += whole

    with patch(name, timed):
        yield
