"""Decoding of untrusted files and encoding of results.

Headers are read and limits checked before anything is decoded. Code outside this package imports
from here only.
"""

from handler.codec.decoders.isolated import sandbox_parts, start_decoding
from handler.codec.encoders.encode import encode
from handler.codec.formats import (
    FORMATS,
    WRITTEN_EXTENSIONS,
    Format,
    available_formats,
    content_type_of,
    output_format,
    recognise,
)
from handler.codec.picture import Limits, Picture, open_picture

__all__ = [
    "FORMATS",
    "WRITTEN_EXTENSIONS",
    "Format",
    "Limits",
    "Picture",
    "available_formats",
    "content_type_of",
    "encode",
    "open_picture",
    "output_format",
    "recognise",
    "sandbox_parts",
    "start_decoding",
]
