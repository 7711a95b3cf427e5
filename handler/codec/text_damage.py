"""Files that a client has sent through a text encoding, which binary data do not survive."""

import codecs
import re

# The bytes of U+FFFD, which decoders put in the place of bytes that are no UTF-8.
_REPLACED = "\ufffd".encode()
# The first bytes of JPEG and PNG as Latin-1 text that is encoded as UTF-8.
_ENCODED_AGAIN = tuple(each.encode() for each in ("\xff\xd8\xff", "\x89PNG"))
# JPEG, PNG, GIF, WebP, and any file in a data URL.
_BASE64 = re.compile(rb"/9j/|iVBORw0KGgo|R0lGOD|UklGR|data:[\w.+-]+/[\w.+-]+;base64,")
# An image header has as many bytes, of which many are not ASCII.
_START_BYTES = 1024
_ADVICE = (
    "send the file as it is: read it as binary data (bytes, a Buffer, a Blob or a stream) and not "
    "as a string, and have gateways treat multipart/form-data as binary"
)


def text_damage(data: bytes) -> str | None:
    """Describe how a file was changed to text, and how to send it, in words for clients.

    Returns:
        The description; None if the file does not look like a picture that was changed to text.
    """
    change = _change(data)
    return change and f"file: expected the bytes of a picture, received {change}; {_ADVICE}"


def _change(data: bytes) -> str | None:
    if data.startswith(_REPLACED) or _is_text_with_replacements(data[:_START_BYTES]):
        return (
            "bytes that were decoded as UTF-8 text: those that are no text were replaced by "
            "EF BF BD and are lost"
        )
    if data.startswith(_ENCODED_AGAIN):
        return "bytes that were decoded as Latin-1 text and encoded as UTF-8"
    if _BASE64.match(data):
        return "base64 text"
    return None


def _is_text_with_replacements(start: bytes) -> bool:
    """Return whether the start of a file is UTF-8, with replaced characters.

    The first bytes of formats such as WebP and HEIC are ASCII, so that those are not replaced.
    """
    if _REPLACED not in start:
        return False
    try:
        # The last character may be cut off.
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True
