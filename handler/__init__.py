"""Smart crop: one photograph in, the right part of it out."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("smart-crop")
except PackageNotFoundError:  # run from a checkout that was not installed
    __version__ = "0+unknown"
