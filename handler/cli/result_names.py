"""Names of results: unique in a run, and the same in every run."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from handler.cli.inputs import STANDARD_STREAM, Source


def result_paths(
    sources: Sequence[Source],
    suffix: str,
    earlier: Sequence[Sequence[Path]] = (),
    reserved: Iterable[Path] = (),
) -> list[Path]:
    """Return a path without extension for each source, relative to the folder of its results.

    A path that is used already gets a number behind the suffix. There it cannot equal the path of
    another stem.

    Args:
        sources: the pictures.
        suffix: added to the stem of each.
        earlier: the paths that each had in earlier runs; empty without earlier runs. Paths that
            this function would not return for a picture are ignored.
        reserved: paths of earlier runs, which no other picture gets.
    """
    used = {_key(path) for path in reserved}
    numbers: Counter[str] = Counter()
    paths: dict[Path, None] = {}
    for source, known in zip(sources, earlier or [()] * len(sources), strict=True):
        stem = "stdin" if source.name == STANDARD_STREAM else Path(source.name).stem
        path = base = source.subfolder / f"{stem}{suffix}"
        same = [each for each in known if _is_numbered(each, base) and each not in paths]
        if same:
            path = same[0]
        else:
            while _key(path) in used:
                numbers[_key(base)] += 1
                path = base.with_name(f"{base.name}_{numbers[_key(base)] + 1}")
        paths[path] = None
        used.add(_key(path))
    return list(paths)


def results_among(sources: Sequence[Source], mark: str) -> dict[Source, Source]:
    """Return the files that are results of other ones next to them, each with the other one.

    A pattern such as ``*.jpg`` matches the results of an earlier run, too.

    Args:
        sources: named files.
        mark: the word that the name of every result contains.
    """
    by_stem = {Path(each.name).parent / Path(each.name).stem: each for each in sources}
    found = {}
    for source in sources:
        path = Path(source.name)
        for match in re.finditer(rf"(?<=.)_{mark}(?=_|$)", path.stem):
            original = by_stem.get(path.parent / path.stem[: match.start()])
            if original is not None:
                found[source] = original
    return found


def _is_numbered(path: Path, base: Path) -> bool:
    """Return whether a path is another one, perhaps with a number behind it."""
    name = re.fullmatch(rf"{re.escape(base.name)}(_[0-9]+)?", path.name)
    return path.parent == base.parent and name is not None


def _key(path: Path) -> str:
    """Return a key that is equal for names that some file systems treat as equal.

    These names differ only in case or composition.
    """
    return unicodedata.normalize("NFC", str(path)).casefold()
