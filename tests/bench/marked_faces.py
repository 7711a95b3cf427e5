"""Faces of further pictures, marked by eye: children, and painted and drawn people.

`marked_faces.txt` has the files and boxes. The pictures are not part of the repository: those of
children are from ../shared, the others from two Debian packages (GPL, public domain), which are
installed, or unpacked in `tests/bench/.cache/debian`:

apt-get download wesnoth-1.16-data openclipart-png
for file in wesnoth-*.deb openclipart-*.deb; do dpkg -x "$file" tests/bench/.cache/debian; done
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handler.faces.detections import Floats
from tests.bench.crops_truth import SHARED
from tests.bench.peers import HERE, Unavailable
from tests.needs import optional_data

_FILE = Path(__file__).with_name("marked_faces.txt")
_ROOTS = (HERE / ".cache" / "debian", Path("/"))
# Source -> Debian package, and the folder in it, in which the version is replaced by a star.
_PACKAGES = {
    "wesnoth": (
        "wesnoth-1.16-data",
        "usr/share/games/wesnoth/*/data/core/images/portraits",
    ),
    "openclipart": ("openclipart-png", "usr/share/openclipart/png/people"),
}


@dataclass(frozen=True, slots=True)
class Marked:
    """A picture with its marked faces.

    Attributes:
        path: path of the file.
        boxes: float32 (n, 4): left, top, right and bottom, in pixels of the picture.
    """

    path: Path
    boxes: Floats


def read_marked() -> dict[tuple[str, str], list[Marked]]:
    """Return the pictures by group and source, whether their files are on this machine or not."""
    found: dict[tuple[str, str], list[Marked]] = defaultdict(list)
    for line in _FILE.read_text().splitlines():
        if not line.startswith("#"):
            group, _, rest = line.partition(": ")
            name, *boxes = rest.split()
            source, _, file = name.partition("/")
            values = np.array([box.split(",") for box in boxes], np.float32)
            found[group, source].append(Marked(Path(file), values))
    return found


def folder_of(source: str) -> Path:
    """Return the folder with the pictures of a source.

    Raises:
        Unavailable: the pictures are not on this machine.
    """
    if source not in _PACKAGES:
        folder = SHARED / source / "images"
        if not folder.exists():
            raise Unavailable(optional_data(source))
        return folder
    package, _ = _PACKAGES[source]
    for folder in _folders_of(source):
        return folder
    raise Unavailable(f"needs the Debian package {package}: apt-get install {package}")


def _folders_of(source: str) -> Iterator[Path]:
    for root in _ROOTS:
        yield from root.glob(_PACKAGES[source][1])
