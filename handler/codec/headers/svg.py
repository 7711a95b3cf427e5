"""Reader of SVG and SVGZ, which refuses what reaches beyond the file.

The checks read the markup without an XML parser, and refuse too much rather than too little. The
renderer has no access to files and networks either.
"""

import math
import re
import zlib
from collections.abc import Iterator

from msgspec.structs import replace

from handler.codec.headers.header import ImageHeader
from handler.codec.headers.svg_letters import text_of
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed

_GZIP = b"\x1f\x8b\x08"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
# Bytes in which the root element begins; and of the longest text.
_START_BYTES, _MAX_TEXT = 64 << 10, 16 << 20
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_PROLOGUE = re.compile(
    r"(?:\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[>\"']|\"[^\"]*\"|'[^']*'|\[.*?\]\s*(?=>))*+>)*+",
    re.DOTALL,
)
_ROOT = re.compile(r"<(?:[\w-]{1,40}:)?svg(?=[\s/>])")
_DECLARATION = re.compile(r"\s*<\?xml\s.*?\?>", re.DOTALL)
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_ENCODINGS = frozenset(("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"))
# Openings and closings of markup that is no element.
_SKIPPED = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))
_TAG = re.compile(r"</?(?:[\w.-]+:)?([\w.-]+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_URL = re.compile(r"url\(\s*[\"']?\s*([^)\"'\s]*)", re.IGNORECASE)
_IMPORT = re.compile(r"@import", re.IGNORECASE)
_EMBEDDED = re.compile(r"data:image/(?:png|jpe?g|gif|webp)[;,]", re.IGNORECASE)
# Attributes with addresses, and elements whose addresses are not loaded.
_ADDRESSES, _LINKS = frozenset(("href", "src")), frozenset(("a", "script"))
_SHOWN_CHARACTERS = 60
_ENTITY = re.compile(
    r"<!ENTITY\s{1,9}[\w:.-]{1,99}\s{1,9}(?:\"([^\"]{0,200})\"|'([^']{0,200})')\s{0,9}>"
)
_ENTITY_START = re.compile(r"<!ENTITY", re.IGNORECASE)
# Drawing programs define names of namespaces.
_MAX_ENTITIES, _MAX_ENTITY = 100, 200
# Bytes that the renderer keeps for a tag, for each byte of its attributes, and for a letter, as
# measured. Embedded pictures count as attributes only by the length of their file.
_TAG_BYTES, _ATTRIBUTE_BYTES, _LETTER_BYTES = 1100, 30, 800
_PICTURE_START = "data:image"
# Pixels of a unit (CSS Values and Units 3, 5.2), for a font of 16 pixels.
_UNITS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "q": 96 / 101.6,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
}
_LENGTH = re.compile(
    r"\s*([-+]?[0-9]*\.?[0-9]+(?:e[-+]?[0-9]{1,3})?)\s*([a-z]*|%)\s*", re.IGNORECASE
)
# Size without any other (CSS 2.2, 10.3.2).
_DEFAULT = 300.0, 150.0
_OWN = frozenset(("width", "height", "viewBox"))
_ASPECT = "preserveAspectRatio"
# Largest relative difference of the aspects of drawing and picture that comes from rounding.
_ROUNDED = 0.01


class SvgHeader(ImageHeader, frozen=True):
    """The header of an SVG.

    Attributes:
        before: the document in front of the attributes of its root.
        after: the document behind them.
        characters: of its text, each once; None if it has no text.
        drawing_bytes: memory that its elements and letters need.
    """

    before: bytes = b""
    after: bytes = b""
    characters: str | None = None
    drawing_bytes: int = 0

    def document(self, size: Size) -> tuple[bytes, bytes, bytes]:
        """Return the parts of a document that is rendered in a size, in pixels."""
        return self.before, f' width="{size.width}" height="{size.height}"'.encode(), self.after


def is_svg(data: bytes) -> bool:
    """Return whether a file is an SVG, or an SVG compressed by gzip."""
    try:
        start = _inflate(data, _START_BYTES) if data.startswith(_GZIP) else data[:_START_BYTES]
        return _find_root(_decode(start, "ignore")) is not None
    except (zlib.error, ValueError, LookupError):
        return False


def read(data: bytes) -> ImageHeader:
    """Check a document, and read its size.

    Raises:
        InvalidImage: it is too long, has no size, or refers to something outside the file.
        ProcessingFailed: the compressed data are damaged.
    """
    text = _read_text(data)
    root = _find_root(text)
    if root is None:
        raise InvalidImage("the SVG is damaged")
    _check_entities(text)
    drawing_bytes = 0
    for name, attributes in _tags(text, root.start()):
        drawing_bytes += _TAG_BYTES
        if _PICTURE_START not in attributes:
            drawing_bytes += _ATTRIBUTE_BYTES * len(attributes)
        if name not in _LINKS:
            _check_addresses(attributes)
    for found in _URL.finditer(text):
        _check_address(found[1])
    if _IMPORT.search(text):
        raise _outside("@import")
    letters = text_of(text)
    return replace(
        _picture(text, root),
        characters=None if letters is None else "".join(dict.fromkeys(letters)),
        drawing_bytes=drawing_bytes + _LETTER_BYTES * len(letters or ""),
    )


def _inflate(data: bytes, most: int) -> bytes:
    return zlib.decompressobj(_GZIP_WINDOW).decompress(data, most)


def _read_text(data: bytes) -> str:
    try:
        if data.startswith(_GZIP):
            data = _inflate(data, _MAX_TEXT + 1)
        if len(data) > _MAX_TEXT:
            raise InvalidImage(f"SVG: expected at most {_MAX_TEXT >> 20} MiB of text")
        text = _decode(data, "strict")
    except zlib.error as error:
        raise ProcessingFailed("The SVG data are damaged or incomplete") from error
    except (ValueError, LookupError) as error:
        raise InvalidImage("the characters of the SVG are damaged") from error
    return _DECLARATION.sub("", text, count=1)


def _decode(data: bytes, errors: str) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors)
    found = _ENCODING.match(data.lstrip()[:300])
    encoding = found[1].decode("ascii").lower() if found else "utf-8"
    if encoding not in _ENCODINGS:
        raise ValueError("an unknown encoding")
    return data.decode(encoding, errors)


def _find_root(text: str) -> re.Match[str] | None:
    prologue = _PROLOGUE.match(text)
    return _ROOT.match(text, prologue.end() if prologue else 0)


def _tags(text: str, start: int) -> Iterator[tuple[str, str]]:
    """Yield the name of each element without its prefix, and the text of its attributes.

    Raises:
        InvalidImage: some markup has no end.
    """
    position = start
    while (position := text.find("<", position)) >= 0:
        for opening, closing in _SKIPPED:
            if text.startswith(opening, position):
                end = text.find(closing, position + len(opening))
                position = end + len(closing)
                break
        else:
            found = _TAG.match(text, position)
            end = found.end() if found else -1
            if found is not None:
                yield found[1], found[2]
            position = end
        if end < 0:
            raise InvalidImage("the SVG is damaged")


def _check_entities(text: str) -> None:
    """Refuse entities that can expand, or are in another file.

    Raises:
        InvalidImage: there is one.
    """
    count = len(_ENTITY_START.findall(text))
    values = [found[1] or found[2] or "" for found in _ENTITY.finditer(text)]
    plain = not any(set(value) & set("&%<") for value in values)
    if len(values) != count or count > _MAX_ENTITIES or not plain:
        raise InvalidImage(
            f"SVG entities: expected at most {_MAX_ENTITIES} texts of at most {_MAX_ENTITY} "
            "characters without references, received others"
        )


def _check_addresses(attributes: str) -> None:
    for found in _ATTRIBUTE.finditer(attributes):
        if found[1].rpartition(":")[2] in _ADDRESSES:
            _check_address(found[2] if found[2] is not None else found[3])


def _check_address(address: str) -> None:
    address = address.strip()
    if address and not address.startswith("#") and not _EMBEDDED.match(address):
        raise _outside(address)


def _outside(address: str) -> InvalidImage:
    shown = "".join(each for each in address[:_SHOWN_CHARACTERS] if each.isprintable())
    return InvalidImage(
        "SVG references: expected parts of the file, or embedded PNG, JPEG, GIF or WebP, "
        f"received {shown}"
    )


def _picture(text: str, root: re.Match[str]) -> SvgHeader:
    tag = _TAG.match(text, root.start())
    if tag is None:
        raise InvalidImage("the SVG is damaged")
    attributes = {
        found[1]: found[2] if found[2] is not None else found[3]
        for found in _ATTRIBUTE.finditer(tag[2])
    }
    box = _view_box(attributes.get("viewBox"))
    width, height = _size(attributes, box)
    size = Size(max(1, round(width)), max(1, round(height)))
    left, top, across, down = box or (0.0, 0.0, width, height)
    kept = {name: value for name, value in attributes.items() if name not in _OWN}
    if abs(across / down / (width / height) - 1) < _ROUNDED:
        kept[_ASPECT] = "none"
    kept["viewBox"] = f"{left!r} {top!r} {across!r} {down!r}"
    written = "".join(f' {name}="{_quoted(value)}"' for name, value in kept.items())
    before = text[: root.end()] + written
    after = ("/>" if tag[2].rstrip().endswith("/") else ">") + text[tag.end() :]
    parts = before.encode(), after.encode()
    return SvgHeader(
        b"".join(parts),
        size,
        size.area,
        alpha=True,
        before=parts[0],
        after=parts[1],
    )


def _quoted(value: str) -> str:
    return value.replace('"', "&quot;").replace("<", "&lt;")


def _view_box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        left, top, width, height = (float(each) for each in text.replace(",", " ").split())
    except ValueError:
        return None
    is_usable = all(map(math.isfinite, (left, top, width, height))) and min(width, height) > 0
    return (left, top, width, height) if is_usable else None


def _size(
    attributes: dict[str, str], box: tuple[float, float, float, float] | None
) -> tuple[float, float]:
    """Return width and height in pixels, from the attributes, or from the box of the drawing."""
    across, down = box[2:] if box else _DEFAULT
    width = _length(attributes.get("width"), across)
    height = _length(attributes.get("height"), down)
    if width is None and height is None:
        width, height = across, down
    elif width is None and height is not None:
        width = height * across / down if box else across
    elif height is None and width is not None:
        height = width * down / across if box else down
    if width is None or height is None or min(width, height) <= 0:
        raise InvalidImage("SVG size: expected a width and a height above 0, received others")
    if max(width, height) > 1e9 or min(width, height) < 1e-6:
        raise InvalidImage(f"SVG size: received {width:g} × {height:g}")
    return width, height


def _length(text: str | None, whole: float) -> float | None:
    """Return a length in pixels, or None for one that is missing or automatic."""
    found = _LENGTH.fullmatch(text[:100]) if text else None
    if found is None:
        return None
    unit = found[2].lower()
    if unit == "%":
        return float(found[1]) / 100 * whole
    return float(found[1]) * _UNITS[unit] if unit in _UNITS else None
