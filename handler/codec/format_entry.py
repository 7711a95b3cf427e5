"""An entry of the table of formats."""

from typing import Literal

from msgspec import Struct

# A library with a decoder module of its own, or the only plugin of Pillow that may open the file.
# numpy decodes plain samples in the service.
Decoder = Literal[
    "numpy",
    "qoi",
    "resvg",
    "LibRaw",
    "LibRaw half",
    "LibRaw sizes",
    "OpenEXR",
    "DDS",
    "libjpeg-turbo",
    "libwebp",
    "libavif",
    "libheif",
    "libjxl",
    "BMP",
    "GIF",
    "ICO",
    "JPEG2000",
    "PNG",
    "PSD",
    "TGA",
    "TIFF",
]


class Format(Struct, frozen=True):
    """A format that is accepted, and perhaps written.

    Attributes:
        name: name in the settings and in the list of available formats.
        label: name for people.
        extension: of its files, without the dot.
        content_type: of its files.
        output: name of the format of results when the client requests none; PNG replaces it where
            it has no alpha and the picture has.
        decoder: the decoder of its files.
        isolated: whether all files of the format are decoded in a sandboxed worker process.
        reason: why it is isolated or not. The advisories for Pillow are those fixed in releases
            after 12.1.1, which pillow-simd has not followed yet.
        alpha: whether a picture can be transparent.
        shown: whether browsers show its files.
        moving_output: format of results that move when the client requests none, where ``output``
            cannot move; else None.
        other_extensions: further ones that clients use, besides the name.
    """

    name: str
    label: str
    extension: str
    content_type: str
    output: str
    decoder: Decoder
    isolated: bool
    reason: str
    alpha: bool = True
    shown: bool = True
    moving_output: str | None = None
    other_extensions: tuple[str, ...] = ()

    @property
    def extensions(self) -> tuple[str, ...]:
        """All extensions of its files, the usual one first."""
        return tuple(dict.fromkeys((self.extension, self.name, *self.other_extensions)))
