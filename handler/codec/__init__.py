"""Bytes to pixels and back. Untrusted bytes stop here: limits first, decoding after."""

from handler.codec.encoders.encode import encode
from handler.codec.picture import Limits, Picture, open_picture

__all__ = ["Limits", "Picture", "encode", "open_picture"]
