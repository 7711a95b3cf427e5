"""libtiff's messages: it would write a line to standard error for every row that is damaged."""

import ctypes
from functools import cache

from PIL import _imaging


@cache
def silence() -> None:
    """Have it write none; Pillow learns of damage by what its calls return.

    The library is the one that Pillow is linked to, found through Pillow's own extension. Where it
    is linked statically it cannot be reached, and goes on writing.
    """
    try:
        library = ctypes.CDLL(_imaging.__file__)
        for setter in (library.TIFFSetErrorHandler, library.TIFFSetWarningHandler):
            setter.argtypes, setter.restype = (ctypes.c_void_p,), ctypes.c_void_p
            setter(None)
    except (OSError, AttributeError):
        return
