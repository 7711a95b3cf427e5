"""Check of the environment's PIL: it must be pillow-simd, with all required codecs."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import PIL
from PIL import features

DEBIAN_PACKAGES = {
    "jpg": "libjpeg-dev",
    "jpg_2000": "libopenjp2-7-dev",
    "libtiff": "libtiff-dev",
    "littlecms2": "liblcms2-dev",
    "webp": "libwebp-dev",
    "zlib": "zlib1g-dev",
}


def problem() -> str | None:
    """Return a message with the problem and its solution, or None if there is no problem."""
    if platform.machine() == "x86_64":
        try:
            pillow = version("pillow")
        except PackageNotFoundError:
            pillow = None
        if pillow is not None or PIL.__version__ != version("pillow-simd"):
            return (
                f"PIL is {PIL.__version__}, not pillow-simd: pillow {pillow} overwrote"
                " it. Remove the folder .venv and run `make setup` again."
            )
    lacking = [name for name in DEBIAN_PACKAGES if not features.check(name)]
    if lacking:
        packages = " ".join(DEBIAN_PACKAGES[name] for name in lacking)
        return (
            f"PIL was built without {', '.join(lacking)}. Install the headers (on Debian: apt-get"
            f" install {packages}), run `uv cache clean pillow-simd`, remove .venv, and run"
            " `make setup` again."
        )
    return None


if __name__ == "__main__":
    if sentence := problem():
        sys.exit(f"setup: error: {sentence}")
