"""The command line ``smart-crop``."""

from handler.cli.commands import main

__all__ = ["main"]
