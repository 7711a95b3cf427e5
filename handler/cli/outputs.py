"""Files of the command line: unique names for results, which are written atomically."""

import contextlib
import io
import os
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import click
from msgspec import Struct

from handler.cli.inputs import STANDARD_STREAM, Source
from handler.codec import WRITTEN_EXTENSIONS
from handler.errors import InvalidImage, SmartCropError
from handler.filenames import size_suffix

_CHUNK_BYTES = 1 << 20


class Unreadable(SmartCropError):
    """A file on this machine cannot be read."""

    code = "FILE_UNREADABLE"
    error = "Cannot read the file"


class Unwritable(SmartCropError):
    """A file on this machine cannot be written."""

    code = "FILE_UNWRITABLE"
    error = "Cannot write the result"


class Target(Struct, frozen=True):
    """The destination of a result.

    Attributes:
        path: the file, or ``-`` for standard output.
        add_extension: whether the suffix of the size and the extension of the format are added to
            the path.
        overwrite: whether results replace existing files.
        own: real paths of files that they replace in any case.
    """

    path: Path
    add_extension: bool = False
    overwrite: bool = False
    own: frozenset[str] = frozenset()

    def path_of(self, extension: str, size: str | None) -> Path:
        """Return the path of a result.

        Args:
            extension: extension of its format.
            size: suffix of its size; None if there is one size.
        """
        if not self.add_extension:
            return self.path
        return self.path.with_name(f"{self.path.name}{size_suffix(size)}.{extension}")

    def is_new(self, path: Path, data: bytes, inputs: frozenset[str]) -> bool:
        """Return whether a result is still to be written; False if its file has these bytes.

        A run can end after a result is written and before it is recorded.

        Args:
            path: path of the result.
            data: bytes of the result.
            inputs: real paths of the files to crop, which no result replaces.

        Raises:
            Unwritable: the path is that of another file, which must not be replaced.
        """
        real = _real(path)
        if str(path) == STANDARD_STREAM:
            return True
        if real in inputs:
            raise Unwritable(f"{path} is itself one of the files to crop")
        if self.overwrite or real in self.own or not os.path.isfile(path):
            return True
        if _has_bytes(path, data):
            return False
        raise Unwritable(f"{path} exists; --overwrite replaces it")

    def write(self, path: Path, data: bytes) -> None:
        """Write a result to a path.

        Raises:
            Unwritable: the file cannot be written.
        """
        try:
            if self.add_extension:
                path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
        except OSError as error:
            raise Unwritable(f"{path}: {error.strerror}") from error


def read_file(name: str, max_bytes: int) -> bytes:
    """Return the bytes of a file, or of standard input for ``-``.

    Raises:
        Unreadable: the file cannot be read.
        InvalidImage: the file is larger than ``max_bytes``.
    """
    try:
        if name == STANDARD_STREAM:
            return _read(sys.stdin.buffer, max_bytes)
        with open(name, "rb") as file:
            return _read(file, max_bytes)
    except OSError as error:
        raise Unreadable(error.strerror) from error


def format_of(path: Path) -> str | None:
    """Return the name of the format that a file's extension selects, or None."""
    return WRITTEN_EXTENSIONS.get(path.suffix.removeprefix(".").lower())


def writable_extensions() -> str:
    """Return the extensions that select a format, separated by commas."""
    return ", ".join(sorted(WRITTEN_EXTENSIONS))


def check_output(output: str, count: int) -> bool:
    """Return whether an output is a file; see `is_file`.

    Raises:
        click.UsageError: there are several files to crop, and the output is a file.
    """
    if not is_file(output, count):
        return False
    if count > 1:
        raise click.UsageError(
            f"--output: expected a folder for several files, received the file {output}"
        )
    return True


def real_paths(sources: Sequence[Source]) -> frozenset[str]:
    """Return the paths of the files with symbolic links resolved."""
    return frozenset(_real(source.name) for source in sources if source.name != STANDARD_STREAM)


def make_folder(path: Path) -> None:
    """Create a folder and its parents, unless they exist.

    Raises:
        Unwritable: the folder cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(f"{path}: {error.strerror}") from error


def is_file(output: str, count: int) -> bool:
    """Return whether an output is a file and not a folder. It need not exist yet.

    Args:
        output: the output as typed.
        count: number of files to crop.
    """
    path = Path(output)
    if output == STANDARD_STREAM:
        return True
    # os.path, because pathlib raises for a path without permission.
    if os.path.isdir(output) or output.endswith(("/", os.sep)):
        return False
    return (
        os.path.exists(output) or format_of(path) is not None or (count == 1 and path.suffix != "")
    )


def _real(path: str | Path) -> str:
    """Return a path with symbolic links resolved. Path.resolve raises for some broken links."""
    return os.path.realpath(path)


def _read(stream: BinaryIO, max_bytes: int) -> bytes:
    held = io.BytesIO()
    while chunk := stream.read(_CHUNK_BYTES):
        if held.tell() + len(chunk) > max_bytes:
            raise InvalidImage(f"the file is larger than {max_bytes:,} bytes")
        held.write(chunk)
    return held.getvalue()


def _has_bytes(path: Path, data: bytes) -> bool:
    """Return whether a file has these bytes; False if it cannot be read."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _write(path: Path, data: bytes) -> None:
    if str(path) == STANDARD_STREAM:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    elif os.path.exists(path) and not os.path.isfile(path):
        # A device or a pipe must not be replaced by a file.
        path.write_bytes(data)
    else:
        _replace(Path(_real(path)), data)


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".smart-crop-{uuid.uuid4().hex}.tmp")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        with contextlib.suppress(OSError):  # after success it does not exist any more
            draft.unlink()
