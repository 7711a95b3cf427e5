"""Files of the command line: read whole, named without clashes, written whole or not at all."""

import contextlib
import io
import os
import sys
import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, get_args

import click

from handler.cli.inputs import Source
from handler.codec import FORMATS
from handler.errors import InvalidImage, SmartCropError
from handler.filenames import size_suffix
from handler.settings import OutputFormat

STANDARD_STREAM = "-"
_CHUNK_BYTES = 1 << 20
# Extension -> the format that a file of that name is written in.
_WRITABLE = {
    extension: format_.name
    for format_ in FORMATS.values()
    if format_.name in get_args(OutputFormat)
    for extension in (format_.extension, format_.name)
}


class Unreadable(SmartCropError):
    """A file on this machine cannot be read."""

    code = "FILE_UNREADABLE"
    error = "Cannot read the file"


class Unwritable(SmartCropError):
    """A file on this machine cannot be written."""

    code = "FILE_UNWRITABLE"
    error = "Cannot write the result"


@dataclass(frozen=True, slots=True)
class Target:
    """Where one result goes.

    Attributes:
        path: the file.
        add_extension: whether the format's extension is still to be added to it.
    """

    path: Path
    add_extension: bool = False

    def write(self, data: bytes, extension: str, size: str | None, inputs: frozenset[str]) -> Path:
        """Write a result, and tell where.

        Args:
            data: the file.
            extension: of its format.
            size: which of several sizes it is, for its name.
            inputs: real paths of the files to read; no result in a folder takes their place.

        Raises:
            Unwritable: the system refused, or a file to read has that name.
        """
        path = self.path
        if self.add_extension:
            path = path.with_name(f"{path.name}{size_suffix(size)}.{extension}")
        if self.add_extension and _real(path) in inputs:
            raise Unwritable(f"{path} is itself one of the files to crop")
        try:
            if self.add_extension:
                path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
        except OSError as error:
            raise Unwritable(f"{path}: {error.strerror}") from error
        return path


def read_file(name: str, max_bytes: int) -> bytes:
    """Read a file, or standard input for ``-``.

    Raises:
        Unreadable: the system refused.
        InvalidImage: it is larger than ``max_bytes``.
    """
    try:
        if name == STANDARD_STREAM:
            return _read(sys.stdin.buffer, max_bytes)
        with open(name, "rb") as file:
            return _read(file, max_bytes)
    except OSError as error:
        raise Unreadable(error.strerror) from error


def format_of(path: Path) -> str | None:
    """Name of the format that a file's extension stands for, if it can be written."""
    return _WRITABLE.get(path.suffix.removeprefix(".").lower())


def writable_extensions() -> str:
    """The extensions that stand for a format, for people."""
    return ", ".join(sorted(_WRITABLE))


def choose_targets(output: str, sources: Sequence[Source], suffix: str) -> list[Target]:
    """Decide where the result of each file goes: to one folder, laid out as those it came from.

    Args:
        output: a folder, or for one file a file.
        sources: the files to read.
        suffix: what is added to their stems in a folder.

    Raises:
        click.UsageError: several files would go into one.
    """
    path = Path(output)
    if is_file(output, len(sources)):
        if len(sources) > 1:
            raise click.UsageError(f"Several files need a folder to go to; {output} is a file.")
        return [Target(path)]
    return [Target(path / stem, True) for stem in _result_stems(sources, suffix)]


def real_paths(sources: Sequence[Source]) -> frozenset[str]:
    """Where the files are, whatever links lead there."""
    return frozenset(_real(source.name) for source in sources)


def make_folder(path: Path) -> None:
    """Make a folder, and those that it is in, unless it is there.

    Raises:
        Unwritable: the system refused.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(f"{path}: {error.strerror}") from error


def is_file(output: str, count: int) -> bool:
    """Whether an output is a file and not a folder, which neither of them needs to be yet.

    Args:
        output: as it was typed.
        count: how many files there are to read.
    """
    path = Path(output)
    if output == STANDARD_STREAM:
        return True
    # os.path, because pathlib raises where the system does not let one look.
    if os.path.isdir(output) or output.endswith(("/", os.sep)):
        return False
    return (
        os.path.exists(output) or format_of(path) is not None or (count == 1 and path.suffix != "")
    )


def _result_stems(sources: Sequence[Source], suffix: str) -> Iterator[Path]:
    """A stem that comes again is numbered behind the suffix, where no other stem can meet it."""
    seen: Counter[str] = Counter()
    for source in sources:
        stem = "stdin" if source.name == STANDARD_STREAM else Path(source.name).stem
        path = source.subfolder / f"{stem}{suffix}"
        # Some file systems take names for the same that differ in case or composition only.
        key = unicodedata.normalize("NFC", str(path)).casefold()
        seen[key] += 1
        yield path.with_name(f"{path.name}_{seen[key]}") if seen[key] > 1 else path


def _real(path: str | Path) -> str:
    """Where symbolic links lead; Path.resolve raises for some that lead nowhere."""
    return os.path.realpath(path)


def _read(stream: BinaryIO, max_bytes: int) -> bytes:
    held = io.BytesIO()
    while chunk := stream.read(_CHUNK_BYTES):
        if held.tell() + len(chunk) > max_bytes:
            raise InvalidImage(f"it is larger than {max_bytes:,} bytes")
        held.write(chunk)
    return held.getvalue()


def _write(path: Path, data: bytes) -> None:
    if str(path) == STANDARD_STREAM:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    elif os.path.exists(path) and not os.path.isfile(
        path
    ):  # a device or a pipe, not to be replaced by a file
        path.write_bytes(data)
    else:
        _replace(Path(_real(path)), data)


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".smart-crop-{uuid.uuid4().hex}.tmp")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        with contextlib.suppress(OSError):  # it is gone when all went well
            draft.unlink()
