"""Decoding of untrusted files and encoding of results.

Headers are read and limits checked before anything is decoded. Code outside this package imports
from here only.
"""

from handler.codec.animation.opened_animation import (
    Animation,
    AnimationLimits,
    PlayedFrame,
    open_animation,
)
from handler.codec.decoders.isolated import sandbox_parts, start_decoding
from handler.codec.encoders.encode import encode
from handler.codec.encoders.moving.writer import MOVING, AnimationOptions, AnimationWriter
from handler.codec.formats import (
    FORMATS,
    WRITTEN_EXTENSIONS,
    Format,
    available_formats,
    content_type_of,
    output_format,
    recognise,
)
from handler.codec.headers.heif import is_sequence
from handler.codec.picture import Limits, Picture, open_picture

__all__ = [
    "FORMATS",
    "MOVING",
    "WRITTEN_EXTENSIONS",
    "Animation",
    "AnimationLimits",
    "AnimationOptions",
    "AnimationWriter",
    "Format",
    "Limits",
    "Picture",
    "PlayedFrame",
    "available_formats",
    "content_type_of",
    "encode",
    "is_sequence",
    "open_animation",
    "open_picture",
    "output_format",
    "recognise",
    "sandbox_parts",
    "start_decoding",
]
