"""The text of an SVG."""

import html
import re
import unicodedata

_TEXT_TAG = re.compile(r"<(/?)(?:[\w.-]+:)?text(?=[\s/>])")
_MARKUP = re.compile(r"<[^<>]*>")


def text_of(document: str) -> str | None:
    """Return the content of all text elements without markup, or None if there are none.

    The text has form C of Unicode: letters with accents as one character.
    """
    found, starts = [], None
    for tag in _TEXT_TAG.finditer(document):
        if not tag[1]:
            starts = tag.start() if starts is None else starts
        elif starts is not None:
            found.append(_MARKUP.sub("", document[starts : tag.start()]))
            starts = None
    if not found:
        return None
    return unicodedata.normalize("NFC", html.unescape("".join(found)))
