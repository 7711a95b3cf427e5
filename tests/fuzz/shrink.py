"""The reduction of an input to a smaller one that breaks the same rule."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from handler.codec.formats import recognise
from tests.fuzz.inputs import Input
from tests.fuzz.mutate import container_of

Breaks = Callable[[Input], bool]
"""Returns whether an input breaks the rule."""


def shrink(input_: Input, breaks: Breaks, seconds: float) -> Input:
    """Return the smallest input found in some seconds that breaks the same rule."""
    deadline = time.monotonic() + seconds
    reduced = True
    while reduced and time.monotonic() < deadline:
        reduced = False
        for smaller in _smaller(input_):
            if time.monotonic() > deadline:
                break
            if len(smaller.to_file()) < len(input_.to_file()) and breaks(smaller):
                input_, reduced = smaller, True
                break
    return input_


def _smaller(input_: Input) -> Iterator[Input]:
    for name in input_.options:
        rest = {key: value for key, value in input_.options.items() if key != name}
        yield replace(input_, options=rest)
    for data in (*_without_pieces(input_), *_without_bytes(input_.data)):
        yield replace(input_, data=data)


def _without_pieces(input_: Input) -> Iterator[bytes]:
    format_ = recognise(input_.data) if input_.target == "image" else None
    container = None if format_ is None else container_of(input_.data, format_.name)
    if container is None:
        return
    pieces = container.split(input_.data)
    for at in range(len(pieces)):
        yield container.join([*pieces[:at], *pieces[at + 1 :]])


def _without_bytes(data: bytes) -> Iterator[bytes]:
    """Yield the data without a part: halves first, single bytes last."""
    size = len(data) // 2
    while size:
        for start in range(len(data) - size, -1, -size):
            yield data[:start] + data[start + size :]
        size //= 2
