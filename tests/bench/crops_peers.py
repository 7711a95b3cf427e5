"""The windows of other croppers, which are measured once and kept in `.cache/crops_peers.json`.

python -m tests.bench.crops_peers    measure those that are missing, or all after an update

The file has the left edge of each window along the axis on which it is free, in pixels of the
picture, for the aspects of the benchmark in their order. Node.js and npm are needed to measure.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from handler.core.geometry import Box, Region, Size
from handler.core.image.fit import Cover
from handler.core.placement import largest_extent
from tests.bench.crops_truth import Photo, read_photos
from tests.bench.framing import ASPECTS
from tests.bench.peers import HERE, Peer, crops

FILE = HERE / ".cache" / "crops_peers.json"
PEERS = ("smartcrop.js", "sharp attention", "sharp entropy")

# By peer and file name: the starts of the windows.
Starts = dict[str, dict[str, list[float]]]


def known_windows(
    photos: Sequence[Photo], targets: Sequence[Size]
) -> dict[str, list[list[Region]]]:
    """Return the windows of each peer that has been measured, for each photo and target."""
    starts = _read_starts(FILE)
    return {
        peer: [
            [
                _window(photo, target, start)
                for target, start in zip(targets, starts[peer][photo.path.name], strict=True)
            ]
            for photo in photos
        ]
        for peer in PEERS
        if all(photo.path.name in starts[peer] for photo in photos)
    }


def _read_starts(file: Path) -> Starts:
    """Return what a file has of the installed versions of the peers."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    known: Starts = kept.get("starts", {}) if kept.get("versions") == _versions() else {}
    return {peer: known.get(peer, {}) for peer in PEERS}


def _window(photo: Photo, target: Size, start: float) -> Region:
    width, height = map(float, largest_extent(photo.size, target))
    if photo.size.width - width > photo.size.height - height:
        return Region(start, 0, width, height)
    return Region(0, start, width, height)


def _versions() -> dict[str, str]:
    found: dict[str, str] = json.loads((HERE / "package.json").read_text())["dependencies"]
    return found


def _start(photo: Photo, window: Region) -> float:
    free = photo.size.width - window.width, photo.size.height - window.height
    start, limit = (window.left, free[0]) if free[0] > free[1] else (window.top, free[1])
    return round(min(max(0, start), max(0, limit)), 1)


def _sharp(peer: Peer, strategy: str) -> Callable[[Photo, Size], Region]:
    def choose(photo: Photo, target: Size) -> Region:
        size = {"width": target.width, "height": target.height}
        found = peer.ask("sharp", path=str(photo.path), strategy=strategy, **size)
        window = Box(found["left"], found["top"], target.width, target.height)
        return Cover.of(photo.size, target).region_of(window)

    return choose


def _smartcrop(peer: Peer) -> Callable[[Photo, Size], Region]:
    def choose(photo: Photo, target: Size) -> Region:
        size = {"width": target.width, "height": target.height}
        return Region(**peer.ask("smartcrop", path=str(photo.path), **size))

    return choose


def choosers(peer: Peer) -> dict[str, Callable[[Photo, Size], Region]]:
    """Return the functions that find the window of each peer."""
    found = (_smartcrop(peer), _sharp(peer, "attention"), _sharp(peer, "entropy"))
    return dict(zip(PEERS, found, strict=True))


def measure(file: Path = FILE) -> None:
    """Measure the windows that are missing in the file, and add them to it.

    Raises:
        Unavailable: the peers cannot be installed, or a data set is missing.
    """
    file.parent.mkdir(exist_ok=True)
    photos, starts = read_photos(), _read_starts(file)
    with crops() as peer:
        for name, choose in choosers(peer).items():
            for photo in photos:
                if photo.path.name not in starts[name]:
                    windows = [choose(photo, target) for target in ASPECTS.values()]
                    starts[name][photo.path.name] = [_start(photo, each) for each in windows]
            file.write_text(json.dumps({"versions": _versions(), "starts": starts}) + "\n")


if __name__ == "__main__":
    measure()
