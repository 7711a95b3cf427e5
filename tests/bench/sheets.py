"""Pages of pictures with the windows of each tool drawn on them, to be looked at.

make crop-sheets    60 pictures at five aspects
make gallery        the same pictures at four aspects, with the shares kept below each window

Each page is one HTML file. The windows are also in a JSON file next to it, by which two versions of
the strategy can be compared, and the faults in a text file (see `sheet_faults`). Without Node.js
the pages have the centre and our windows only.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from rich.console import Console

from handler.core.geometry import Region, Size
from tests.bench.crops_peers import choosers
from tests.bench.crops_sides import AUTO, CENTRE, OURS, centred, plans
from tests.bench.crops_truth import MEASURES, Photo
from tests.bench.framing import ASPECTS
from tests.bench.peers import HERE, Unavailable, crops
from tests.bench.sheet_faults import faults_of
from tests.bench.sheet_page import Section, Windows, write_page
from tests.bench.sheet_pictures import SheetPicture, read_pictures

# The windows of a photo for several targets, in pixels of the photo.
Choose = Callable[[Photo, Sequence[Size]], list[Region]]

PEERS = ("sharp attention", "smartcrop.js")
OUTPUT = HERE / ".cache" / "sheets"
# Part of a face's area that must be in the window for the face to count as kept.
_WHOLE = 0.98


@dataclass(frozen=True, slots=True)
class Page:
    """One of the pages.

    Attributes:
        title: its title.
        aspects: the targets of its windows, by name.
        with_shares: whether the shares kept are below each window.
    """

    title: str
    aspects: dict[str, Size]
    with_shares: bool


PAGES = {
    "crop-sheets": Page("Crop sheets", {**ASPECTS, "3:1": Size(1800, 600)}, with_shares=False),
    "gallery": Page("Gallery", ASPECTS, with_shares=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("page", choices=PAGES)
    name = parser.parse_args().page
    page, console = PAGES[name], Console()
    try:
        pictures = list(read_pictures())
    except Unavailable as reason:
        console.print(f"[bold]{name}[/] skipped: {reason}")
        return
    with ExitStack() as stack:
        choosers, missing = _choosers(stack)
        if missing:
            console.print(f"[bold]{name}[/] without the peers: {missing}")
        say = stack.enter_context(console.status(name)).update
        sections = list(_sections(pictures, page, choosers, say))
    OUTPUT.mkdir(parents=True, exist_ok=True)
    path = OUTPUT / f"{name}.html"
    write_page(path, page.title, sections)
    path.with_suffix(".json").write_text(json.dumps(_as_json(sections), indent=1))
    faults = [line for each in sections for line in _faults(each)]
    path.with_name(f"{name}-faults.txt").write_text("\n".join(faults) + "\n")
    rows = len(sections) * len(page.aspects)
    for side in sections[0].windows:
        count = sum(line.startswith(f"{side}\t") for line in faults)
        console.print(f"{side}: {count} of {rows} windows have a fault")
    console.print(f"{len(sections)} pictures: {path}")


def _faults(section: Section) -> Iterator[str]:
    return faults_of(section.windows, section.path.name, section.size)


def _choosers(stack: ExitStack) -> tuple[dict[str, Choose], str]:
    """Return the croppers by name; and the reason why the peers are missing, or ""."""
    found, missing = {CENTRE: _for_each(centred)}, ""
    try:
        by_name = choosers(stack.enter_context(crops()))
        found |= {name: _for_each(by_name[name]) for name in PEERS}
    except Unavailable as reason:
        missing = str(reason)
    return {**found, AUTO: _ours}, missing


def _for_each(choose: Callable[[Photo, Size], Region]) -> Choose:
    return lambda photo, targets: [choose(photo, target) for target in targets]


def _ours(photo: Photo, targets: Sequence[Size]) -> list[Region]:
    return [plan.crop.region() for plan in plans(photo, OURS[AUTO], targets)]


def _sections(
    pictures: list[SheetPicture],
    page: Page,
    choosers: dict[str, Choose],
    say: Callable[[str], None],
) -> Iterator[Section]:
    for number, picture in enumerate(pictures, start=1):
        photo = picture.photo
        say(f"{photo.path.name}, {number} of {len(pictures)}")
        windows: Windows = {}
        for side, choose in choosers.items():
            regions = choose(photo, list(page.aspects.values()))
            windows[side] = dict(zip(page.aspects, regions, strict=True))
        captions = {
            side: {aspect: kept_in(region, picture) for aspect, region in by_aspect.items()}
            for side, by_aspect in windows.items()
        }
        title = f"{picture.category}: {photo.path.name}"
        yield Section(title, photo.path, photo.size, windows, captions if page.with_shares else {})


def kept_in(window: Region, picture: SheetPicture) -> str:
    """Return the annotated shares that a window keeps, as text; "" without annotations."""
    kept = picture.photo.kept(window) if picture.photo.masses else {}
    shares = [
        f"{kind} {100 * kept[name, kind]:.0f}" for name, kind in MEASURES if (name, kind) in kept
    ]
    if picture.faces:
        whole = sum(_share_inside(window, face.region()) > _WHOLE for face in picture.faces)
        shares.append(f"{whole} of {len(picture.faces)} faces")
    return ", ".join(shares)


def _share_inside(window: Region, box: Region) -> float:
    across = min(window.right, box.right) - max(window.left, box.left)
    down = min(window.bottom, box.bottom) - max(window.top, box.top)
    return max(0, across) * max(0, down) / (box.width * box.height)


def _as_json(sections: list[Section]) -> dict[str, dict[str, dict[str, list[float]]]]:
    return {
        section.title: {
            side: {
                aspect: [round(edge, 1) for edge in (each.left, each.top, each.width, each.height)]
                for aspect, each in by_aspect.items()
            }
            for side, by_aspect in section.windows.items()
        }
        for section in sections
    }


if __name__ == "__main__":
    main()
