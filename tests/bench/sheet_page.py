"""One HTML file with windows drawn on pictures. It needs no other file and no network."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image

from handler.core.geometry import Region, Size

# Windows in pixels of their picture, by side and by aspect.
Windows = dict[str, dict[str, Region]]

# Longest side of a picture on the page, in CSS pixels. The file has twice as many.
_SIDE, _DENSITY = 220, 2
_STYLE = """
body { margin: 24px; background: #f4f4f2; color: #222; font: 14px/1.4 system-ui, sans-serif }
h2 { margin: 32px 0 8px; font-size: 16px }
th { padding-right: 12px; font-weight: 500; text-align: left; color: #555 }
td { padding: 0 10px 10px 0; vertical-align: top }
.picture { position: relative; overflow: hidden; background-size: 100% 100% }
.picture i { position: absolute; outline: 2px solid #fff; box-shadow: 0 0 0 999px #000b }
small { display: block; max-width: 220px; color: #555 }
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A picture of the page.

    Attributes:
        title: the heading.
        path: path of the picture.
        size: size of the picture.
        windows: the windows to draw.
        captions: text below each window, by side and aspect; {} for none.
    """

    title: str
    path: Path
    size: Size
    windows: Windows
    captions: dict[str, dict[str, str]]


def write_page(path: Path, title: str, sections: Sequence[Section]) -> None:
    """Write a page with one row for each aspect of each picture, and one column for each side.

    Args:
        path: path of the file.
        title: its title.
        sections: the pictures.
    """
    styles = [_STYLE, *(_background(number, each) for number, each in enumerate(sections))]
    parts = [
        "<!doctype html>",
        '<html lang="en"><meta charset="utf-8">',
        f"<title>{escape(title)}</title>",
        f"<style>{''.join(styles)}</style>",
        f"<h1>{escape(title)}</h1>",
        *(_section(number, each) for number, each in enumerate(sections)),
    ]
    path.write_text("\n".join(parts) + "\n")


def _background(number: int, section: Section) -> str:
    with Image.open(section.path) as image:
        image.thumbnail((_SIDE * _DENSITY, _SIDE * _DENSITY))
        file = io.BytesIO()
        image.convert("RGB").save(file, "JPEG", quality=80)
    data = base64.b64encode(file.getvalue()).decode()
    factor = _SIDE / max(section.size.width, section.size.height)
    return (
        f".p{number} {{ width: {section.size.width * factor:.1f}px; "
        f"height: {section.size.height * factor:.1f}px; "
        f"background-image: url(data:image/jpeg;base64,{data}) }}\n"
    )


def _section(number: int, section: Section) -> str:
    aspects = next(iter(section.windows.values()))
    heads = "".join(f"<th>{escape(side)}" for side in section.windows)
    rows = "\n".join(
        f"<tr><th>{escape(aspect)}"
        + "".join(_cell(number, section, side, aspect) for side in section.windows)
        for aspect in aspects
    )
    return f"<h2>{escape(section.title)}</h2>\n<table><tr><th>{heads}\n{rows}\n</table>"


def _cell(number: int, section: Section, side: str, aspect: str) -> str:
    region, size = section.windows[side][aspect], section.size
    edges = {
        "left": region.left / size.width,
        "top": region.top / size.height,
        "width": region.width / size.width,
        "height": region.height / size.height,
    }
    style = "; ".join(f"{name}: {share:.2%}" for name, share in edges.items())
    caption = section.captions.get(side, {}).get(aspect, "")
    below = f"<small>{escape(caption)}</small>" if caption else ""
    return f'<td><div class="picture p{number}"><i style="{style}"></i></div>{below}'
