"""Write the drawings to a folder for `remake.mjs`."""

import sys
from pathlib import Path

from tests.golden.drawings import DRAWINGS

if __name__ == "__main__":
    for name, draw in DRAWINGS.items():
        (Path(sys.argv[1]) / name).write_bytes(draw())
