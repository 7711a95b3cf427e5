"""Smart crop: one photograph in, the right part of it out.

>>> from handler import crop
>>> result = crop("portrait.jpg", mode="auto", width=300, height=300)
>>> result.image.size
(300, 300)

The version and the names of the Python interface are loaded at their first use. The functions on
Lambda do not use all of them, and start faster without.
"""

from typing import TYPE_CHECKING

__all__ = ["Analysis", "Crop", "Settings", "SmartCropError", "analyze", "crop"]

if TYPE_CHECKING:
    __version__: str
    from handler.python import Analysis, Crop, Settings, SmartCropError, analyze, crop
else:

    def __getattr__(name: str) -> object:
        """Return the version, or a name of the Python interface, which is then loaded."""
        if name == "__version__":
            return _version()
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from handler import python

        return getattr(python, name)

    def __dir__() -> list[str]:
        """Return the names of the module, with those that are not loaded yet."""
        return sorted({*globals(), *__all__, "__version__"})

    def _version() -> str:
        # `importlib.metadata` takes 13 ms to load. The events function does not need the version.
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("smart-crop")
        except PackageNotFoundError:  # run from a checkout that was not installed
            return "0+unknown"
