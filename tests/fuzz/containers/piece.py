"""The parts that a file of any format is split into."""

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk, segment, block, box or directory entry.

    Attributes:
        kind: its name, marker or tag; empty for bytes that belong to no piece.
        payload: its bytes, without length and checksum.
    """

    kind: bytes
    payload: bytes

    def carrying(self, payload: bytes) -> "Piece":
        """Return the piece with another payload."""
        return replace(self, payload=payload)


@dataclass(frozen=True, slots=True)
class Container:
    """The structure of a format.

    Attributes:
        split: returns the pieces of a file. Any bytes are accepted.
        join: returns the file of these pieces, with correct lengths and checksums.
        kinds: kinds of pieces that decoders treat specially.
    """

    split: Callable[[bytes], list[Piece]]
    join: Callable[[list[Piece]], bytes]
    kinds: tuple[bytes, ...] = ()
