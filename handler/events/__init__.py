"""Events of S3, in all shapes they come in: each object that is put is cropped, once."""

from handler.events.function import create_handler

__all__ = ["create_handler"]
