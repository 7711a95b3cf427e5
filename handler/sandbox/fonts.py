"""The font with which the text of SVG is drawn.

The renderer accepts fonts as bytes. The fork server loads them before it receives a picture: no
worker process opens their files. Text of all families is drawn in Arimo, whose letters have the
widths of Arial. Two of its tables are read here: fontTools would add 30 MB to the image, and 0.1 s
to the first drawing.
"""

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_PACKAGE, _FOLDER = "fontpkg_arimo", "files"
# The renderer falls back to this family if it has no font of the families that a text names. The
# generic families stand for others, of which it has no fonts either.
_LAST_FAMILY = "Times New Roman"
# Header of a TrueType file, and an entry of its directory: tag, checksum, offset and length
# (OpenType 1.9, "Organization of an OpenType font").
_HEADER_BYTES, _ENTRY = 12, struct.Struct(">4sIII")
_COUNT_OFFSET = 4
_COUNT = struct.Struct(">H")
# Of the tables `name` and `cmap`: platform Windows, encoding Unicode, English of the USA.
_WINDOWS, _UNICODE, _ENGLISH = 3, 1, 0x0409
_NAME_HEADER, _NAME_ENTRY = struct.Struct(">HHH"), struct.Struct(">HHHHHH")
_FAMILY, _POSTSCRIPT_NAME = 1, 6
_CMAP_ENTRY, _SEGMENTS = struct.Struct(">HHI"), 4
# Categories of characters that are not drawn: controls, joiners, and spaces. Fonts may ignore
# selectors of variants as well.
_NOT_DRAWN = frozenset(("Cc", "Cf", "Zl", "Zp", "Zs"))
_SELECTORS = range(0xFE00, 0xFE10)


def font_files() -> list[Path]:
    """Return the files of the font: upright and italic; none if its package is not installed."""
    spec = find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    return [
        path for folder in folders or () for path in sorted(Path(folder, _FOLDER).glob("*.ttf"))
    ]


def fonts_for_all_families() -> list[bytes]:
    """Return the fonts, renamed to the family that the renderer falls back to."""
    return [_renamed(path.read_bytes()) for path in font_files()]


def missing_characters(characters: str) -> list[str]:
    """Return those of the characters that are drawn and that the installed font lacks."""
    known = _characters()
    return [each for each in characters if ord(each) not in known and not _is_ignored(each)]


def _is_ignored(character: str) -> bool:
    return unicodedata.category(character) in _NOT_DRAWN or ord(character) in _SELECTORS


@cache
def _characters() -> frozenset[int]:
    """Return the characters that the upright font has; all fonts of the family have the same."""
    return frozenset(_mapped(_table(font_files()[-1].read_bytes(), b"cmap")[1]))


def _table(font: bytes, tag: bytes) -> tuple[int, bytes]:
    """Return the place of a table in the directory of a font, and its bytes."""
    (count,) = _COUNT.unpack_from(font, _COUNT_OFFSET)
    for index in range(count):
        place = _HEADER_BYTES + index * _ENTRY.size
        found, _, offset, length = _ENTRY.unpack_from(font, place)
        if found == tag:
            return place, font[offset : offset + length]
    raise ValueError(f"the font has no table {tag!r}")


def _renamed(font: bytes) -> bytes:
    """Return a font with a new table of names behind its others."""
    place, _ = _table(font, b"name")
    names = ((_FAMILY, _LAST_FAMILY), (_POSTSCRIPT_NAME, "Text"))
    entries, texts = b"", b""
    for kind, name in names:
        text = name.encode("utf-16-be")
        entries += _NAME_ENTRY.pack(_WINDOWS, _UNICODE, _ENGLISH, kind, len(text), len(texts))
        texts += text
    table = _NAME_HEADER.pack(0, len(names), _NAME_HEADER.size + len(entries)) + entries + texts
    padded = font + bytes(-len(font) % 4)
    entry = _ENTRY.pack(b"name", 0, len(padded), len(table))
    return padded[:place] + entry + padded[place + _ENTRY.size :] + table


def _mapped(cmap: bytes) -> Iterator[int]:
    """Yield the characters of the Basic Multilingual Plane that a table maps to glyphs."""
    (count,) = _COUNT.unpack_from(cmap, 2)
    for index in range(count):
        platform, encoding, start = _CMAP_ENTRY.unpack_from(cmap, 4 + index * _CMAP_ENTRY.size)
        if (platform, encoding) == (_WINDOWS, _UNICODE):
            yield from _mapped_by_segments(cmap[start:])
            return


def _mapped_by_segments(table: bytes) -> Iterator[int]:
    """Yield the characters of a table of format 4: segments of characters in a row."""
    form, _, _, doubled = struct.unpack_from(">HHHH", table)
    if form != _SEGMENTS:
        raise ValueError(f"expected a table of format {_SEGMENTS}, received {form}")
    count = doubled // 2
    # The last characters of all segments, two bytes that pad, and three columns more.
    ends = struct.unpack_from(f">{count}H", table, 14)
    columns = struct.unpack_from(f">{3 * count}H", table, 16 + doubled)
    starts, deltas, offsets = (columns[part * count : (part + 1) * count] for part in range(3))
    for index, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for character in range(first, min(last, 0xFFFE) + 1):
            glyph = character
            if offsets[index]:
                # Counted from the place of the offset itself.
                place = 16 + 3 * doubled + 2 * index + offsets[index] + 2 * (character - first)
                (glyph,) = _COUNT.unpack_from(table, place)
            if not offsets[index] or glyph:
                glyph = (glyph + deltas[index]) & 0xFFFF
            if glyph:
                yield character
