"""The command line: ``smart-crop serve | crop | analyze``."""

from handler.cli.commands import main

__all__ = ["main"]
