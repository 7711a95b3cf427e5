"""The program of a worker process: it runs inputs, and writes a line of JSON for each.

Requests are lines of JSON on standard input: a range of numbers with a seed, or the size of an
input's file, which follows. The supervisor starts the process again after an input ends it.
"""

import asyncio
import faulthandler
import gc
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from handler.malloc import keep_large_blocks
from tests.fuzz import process
from tests.fuzz.corpus import corpus
from tests.fuzz.coverage import Lines, lines_of
from tests.fuzz.generate import generate
from tests.fuzz.inputs import Input
from tests.fuzz.oracle import Limits
from tests.fuzz.service import Service
from tests.fuzz.settings_json import LONGEST_SIDE
from tests.fuzz.trial import Trials
from tests.hostile.specimens import specimen
from tests.pictures import encoded, photo

# Reading headers under a trace function takes several times as long.
_TRACED_EVERY = 10
_SMALL = {"width": 8, "height": 8, "format": "png"}
_LARGE, _SEARCHED = (1024, 1024), {**_SMALL, "mode": "face"}
_OUTPUTS = ("jpeg", "webp", "avif", "tiff", "gif")
_MODES = ("face", "auto", "trim")


async def main(folder: Path, limits: Limits) -> None:
    """Serve requests until standard input ends."""
    trials = Trials(folder, Service(folder), limits)
    await _warm_up(trials)
    trials.accept_children()
    gc.freeze()
    _write({"ready": True})
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        if "bytes" in request:
            input_ = Input.from_file(sys.stdin.buffer.read(request["bytes"]))
            _write(await _try(trials, input_))
        else:
            await _run_block(trials, request)


async def _warm_up(trials: Trials) -> None:
    """Use every decoder, encoder and mode once.

    The first use imports a library, loads a model or starts a fork server, and raises the memory.
    """
    for name, files in corpus().items():
        if files.whole:  # a build may lack a decoder
            settings = json.dumps(_SMALL)
            await trials.run(Input("image", name, files.whole[0], {"settings": settings}))
    picture = specimen("png/rgb")
    # The network's memory grows to that of the largest picture that it searches.
    large = encoded(photo(size=_LARGE), "PNG")
    await trials.run(Input("image", "png", large, {"settings": json.dumps(_SEARCHED)}))
    others: list[dict[str, object]] = [{"width": 20, "height": LONGEST_SIDE}]
    others += [{"format": each} for each in _OUTPUTS]
    others += [{"mode": each} for each in _MODES]
    for values in others:
        settings = json.dumps({**_SMALL, **values})
        await trials.run(Input("image", "png", picture, {"settings": settings}))


async def _run_block(trials: Trials, request: dict[str, Any]) -> None:
    lines: Lines = set()
    for number in range(request["first"], request["stop"]):
        input_ = generate(request["seed"], number, tuple(request["targets"]))
        if number % _TRACED_EVERY == 0 and input_.target == "image":
            lines |= lines_of(input_.data)
        _write({"number": number, **await _try(trials, input_)})
    _write(
        {
            "end": True,
            "rss": process.memory()[0],
            "in_use": process.memory_in_use(),
            "files": process.open_files(),
            "lines": sorted(lines),
        }
    )


async def _try(trials: Trials, input_: Input) -> dict[str, Any]:
    outcome, seconds = await trials.run(input_)
    return {
        "target": input_.target,
        "label": input_.label,
        "status": outcome.status,
        "code": outcome.code,
        "decoded": outcome.decoded,
        "seconds": round(seconds, 4),
        "finds": [find.to_json() for find in outcome.finds],
        **({"answer": outcome.answer} if outcome.finds else {}),
    }


def _write(values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    faulthandler.enable()
    # Without a handler, warnings of libraries go to standard error, which is for crashes.
    logging.getLogger().addHandler(logging.NullHandler())
    keep_large_blocks()  # as the server and the functions do
    os.environ["POWERTOOLS_LOG_LEVEL"] = "ERROR"
    asyncio.run(
        main(Path(sys.argv[1]), Limits(seconds=float(sys.argv[2]), mebibytes=int(sys.argv[3])))
    )
