"""A parser of multipart forms, as clients send them and not only as RFC 7578 defines them."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from itertools import count
from urllib.parse import quote_from_bytes, unquote_to_bytes

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from handler.errors import BadForm
from handler.storage import TEMPORARY_FILES, unavailable

MAX_PARTS = 100
SETTINGS = "settings"
"""Name of the field with all settings. It is text, even if it is sent as a file or a Blob."""

FILE_FIELDS = ("file", "files")
"""Names of the fields of files in the documentation; other names are accepted as well."""

# Settings have a few hundred bytes.
_MAX_FIELD_BYTES = 64 * 1024
# Some clients send a file without a name. Others send text with types such as application/json.
_FILE_TYPES = re.compile(rb"image/|(application|binary)/octet-stream", re.IGNORECASE)
# Charsets of the names and the settings of a form. The list is explicit, because Python
# has codecs that are no charsets, and what those refuse differs from one version to the next.
CHARSETS = frozenset(
    {
        *("utf-8", "utf8", "us-ascii", "ascii"),
        *("iso-8859-1", "iso8859-1", "latin-1", "latin1", "iso-8859-15", "iso8859-15"),
        *("windows-1252", "cp1252"),
    }
)
_PARAMETER = re.compile(rb';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
# The white space that RFC 2046 allows after a boundary. Real clients send none.
_MAX_PADDING = 100


async def parse_form(request: Request, in_memory: int) -> FormData:
    """Parse the form of a request. Its preamble and its epilogue are ignored (RFC 2046).

    Args:
        request: the request, whose content type is that of a form.
        in_memory: largest size of a file that is kept in memory, in bytes.

    Raises:
        BadForm: the form is not valid or not complete, or has too many parts.
        StorageUnavailable: the disk for temporary files is full.
        BodyTooLarge: the body is larger than the deployment accepts.
    """
    content_type = request.headers["content-type"]
    _check_charset(content_type)

    async def stream() -> AsyncGenerator[bytes, None]:
        received = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal received
            async for chunk in request.stream():
                received += len(chunk)
                yield chunk

        async for chunk in _without_preamble(counted(), content_type):
            yield chunk
        # An error that is raised here makes the parser close its files.
        if received and not parser.ended:
            raise BadForm("The form ends before its last boundary")

    parser = _FormParser(
        request.headers,
        stream(),
        max_files=MAX_PARTS,
        max_fields=MAX_PARTS,
        max_part_size=_MAX_FIELD_BYTES,
    )
    parser.spool_max_size = in_memory
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise BadForm(error.message) from error
    except OSError as error:
        raise unavailable("The form could not be read", error, TEMPORARY_FILES) from error


class _FormParser(MultiPartParser):
    """Starlette's parser, with more ways to send names and files.

    Attributes:
        ended: True if the form was complete.
    """

    ended = False

    def on_end(self) -> None:
        self.ended = True

    def on_headers_finished(self) -> None:
        """Replace the header by a plain one for Starlette, and set the decoded names afterwards."""
        part = self._current_part
        disposition = part.content_disposition or b""
        name = _decoded(disposition, b"name", self._charset)
        filename = _decoded(disposition, b"filename", self._charset)
        content_type = dict(part.item_headers).get(b"content-type")
        is_file = name != SETTINGS and (filename is not None or _is_file(name, content_type))
        plain = b"form-data" if name is None else b'form-data; name=""'
        part.content_disposition = plain + b'; filename=""' if is_file else plain
        super().on_headers_finished()
        part.field_name = name or ""
        if part.file is not None:
            part.file.filename = filename


def _check_charset(content_type: str) -> None:
    _, options = parse_options_header(content_type)
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    if not _is_known(charset):
        raise BadForm("The charset of the form is not supported; send it as utf-8")


def _is_known(charset: str) -> bool:
    return charset.strip().lower().replace("_", "-") in CHARSETS


def _is_file(name: str | None, content_type: bytes | None) -> bool:
    """Return whether a part without a file name is a file, by its name and its content type."""
    if content_type is None:
        return False
    return name in FILE_FIELDS or _FILE_TYPES.match(content_type) is not None


def _decoded(disposition: bytes, name: bytes, charset: str) -> str | None:
    """Return a parameter of Content-Disposition, or None if it is missing.

    The extended form of RFC 5987 takes precedence (``filename*=utf-8''%C3%A9.jpg``), also in the
    pieces of RFC 2231 (``filename*0*=…; filename*1*=…``).
    """
    extended = _extended(disposition, name) if b"*" in disposition else None
    if extended:
        return extended
    plain = parse_options_header(disposition)[1].get(name)
    return extended if plain is None else _text(plain, charset)


def _extended(disposition: bytes, name: bytes) -> str | None:
    parameters = {
        match[1].lower(): match[2].strip().strip(b'"') for match in _PARAMETER.finditer(disposition)
    }
    whole = parameters.get(name + b"*")
    pieces = list(_continued(parameters, name)) if whole is None else [whole]
    if not pieces:
        return None
    value = b"".join(pieces)
    charset, _, rest = value.partition(b"'")
    _, mark, encoded = rest.partition(b"'")
    if not mark:  # the client left out the charset
        return _text(unquote_to_bytes(value), "utf-8")
    declared = charset.decode("latin-1")
    return _text(unquote_to_bytes(encoded), declared if _is_known(declared) else "utf-8")


def _continued(parameters: Mapping[bytes, bytes], name: bytes) -> Iterator[bytes]:
    """Yield the pieces of a parameter, all of them percent-encoded."""
    for index in count():
        key = name + b"*%d" % index
        if key + b"*" in parameters:
            yield parameters[key + b"*"]
        elif key in parameters:
            yield quote_from_bytes(parameters[key]).encode()
        else:
            return


def _text(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return data.decode("latin-1")


async def _without_preamble(
    chunks: AsyncIterator[bytes], content_type: str
) -> AsyncIterator[bytes]:
    """Yield a body from its first boundary on.

    Raises:
        BadForm: the body does not contain the boundary.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary") or b""
    start = b"\n--" + boundary
    # A final boundary has two hyphens at its end.
    delimiter = re.compile(re.escape(start) + rb"[ \t]*(\r\n|--)")
    is_found, seen = not boundary, b"\n"
    async for chunk in chunks:
        if is_found:
            yield chunk
            continue
        seen += chunk
        match = delimiter.search(seen)
        if match is not None:
            is_found = True
            yield start[1:] + match[1] + seen[match.end() :]
        else:
            seen = seen[-len(start) - _MAX_PADDING :]
    last = seen[seen.rfind(b"\n") :]
    # A body that is empty, or ends within the boundary, is not complete.
    is_cut = seen == b"\n" or (last != b"\n" and start.startswith(last))
    if not is_found and not is_cut:
        raise BadForm(
            "The boundary of the content type is not in the body, on a line that ends with CR LF"
        )
