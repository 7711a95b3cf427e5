"""The function for events of S3: each uploaded object is cropped once."""

from handler.events.function import create_handler

__all__ = ["create_handler"]
