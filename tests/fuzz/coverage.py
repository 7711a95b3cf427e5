"""The lines of our readers of image headers that inputs reach."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from handler.codec import headers, open_picture
from handler.codec.formats import recognise
from handler.codec.headers import READERS, png
from handler.codec.picture import Limits

FOLDER = Path(headers.__file__).parent
_LIMITS = Limits(16 << 20)

Lines = set[tuple[str, int]]
"""Names of modules in `FOLDER`, and numbers of lines."""


@cache
def executable() -> frozenset[tuple[str, int]]:
    """Return the lines of all functions; those of modules and classes run at import."""
    lines: Lines = set()
    for path in sorted(FOLDER.glob("*.py")):
        code = compile(path.read_text(), str(path), "exec")
        for inner in _functions(code):
            numbers = {line for *_, line in inner.co_lines() if line is not None}
            lines |= {(path.stem, line) for line in numbers - {inner.co_firstlineno}}
    return frozenset(lines)


def _functions(code: CodeType) -> list[CodeType]:
    found = []
    for each in code.co_consts:
        if isinstance(each, CodeType):
            # The flag CO_OPTIMIZED distinguishes functions from classes.
            found += [each] if each.co_flags & 1 else []
            found += _functions(each)
    return found


def lines_of(data: bytes) -> Lines:
    """Return the lines that run while a file's header is read."""
    reached: Lines = set()
    with_tracing(lambda: _read(data), reached)
    return reached & executable()


def _read(data: bytes) -> None:
    try:
        open_picture(data, _LIMITS)
        format_ = recognise(data)
        if format_ is not None and format_.name == "png":
            png.missing_rows(READERS["png"](data).data)
    except Exception:  # the service's answer is judged elsewhere
        return


def with_tracing(run: Callable[[], None], reached: Lines) -> None:
    """Run a function, and add the lines that it reaches in `FOLDER`."""
    prefix = f"{FOLDER}/"

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(prefix):
            return None
        if event == "line":
            reached.add((frame.f_code.co_filename[len(prefix) : -3], frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
