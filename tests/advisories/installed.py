"""Versions of the libraries that files of clients reach, as they are installed here."""

import json
import platform
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import PIL
from PIL import features

from tests.template.stack import ROOT

_LIBJPEG = re.compile(rb"libjpeg-turbo version (\d+\.\d+\.\d+)|version (\d+\.\d+\.\d+) \(build")
# Loads every decoder, and prints the files that the process has mapped.
_MAPPED = """
import deflate, kornia_rs.io, pillow_avif, pi_heif, pylibjxl, simplejpeg
from contextlib import suppress
from importlib import import_module
from PIL import Image, ImageCms, _webp
for name in ("resvg", "qoi", "OpenEXR", "rawpy"):
    with suppress(ImportError):
        import_module(name)
Image.init()
for line in open("/proc/self/maps"):
    print(line.split(maxsplit=5)[-1].strip())
"""


# Library -> the package with it, which may be missing.
_OPTIONAL = {"resvg": "resvg", "qoi": "qoi", "OpenEXR": "openexr", "LibRaw": "rawpy"}


def versions() -> dict[str, str]:
    """Return the version of each library; that of libraries that state none is empty."""
    return {
        "pillow": PIL.__version__,
        "libtiff": features.version("libtiff") or "",
        "libwebp": features.version("webp") or "",
        "openjpeg": features.version("jpg_2000") or "",
        "lcms2": features.version("littlecms2") or "",
        "zlib": features.version("zlib") or "",
        "freetype": features.version("freetype2") or "",
        "libjpeg-turbo of Pillow": features.version("libjpeg_turbo") or "",
        "libjpeg-turbo of simplejpeg": _libjpeg("simplejpeg"),
        "libjpeg-turbo of kornia-rs": _libjpeg("kornia-rs"),
        "libjpeg-turbo of pylibjxl": _libjpeg("pylibjxl"),
        **_rust(),
        **_avif(),
        **_heif(),
        "libavif of the system": features.version("avif") or "",
        "libjxl": _jxl(),
        "libdeflate of deflate": "",
        **{name: _optional(package) for name, package in _OPTIONAL.items()},
        "libraries of LibRaw": _optional("rawpy"),
        "codecs of libtiff": "",
        "numpy": distribution("numpy").version,
        "onnxruntime": _pinned("onnxruntime"),
    }


def debian_revision(package: str) -> tuple[str, str] | None:
    """Return release and revision of a package of Debian, or None on other systems."""
    release = platform.freedesktop_os_release() if sys.platform == "linux" else {}
    if release.get("ID") != "debian" or shutil.which("dpkg-query") is None:
        return None
    command = ["dpkg-query", "-W", "-f", "${Version}", package]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode:
        return None
    return release["VERSION_CODENAME"], done.stdout.partition(":")[2] or done.stdout


def is_at_least(version: str, least: str) -> bool:
    """Return whether a revision of Debian is another one or newer."""
    command = ["dpkg", "--compare-versions", version, "ge", least]
    return subprocess.run(command, check=False).returncode == 0


def mapped_libraries() -> list[Path]:
    """Return the shared objects that a process with all decoders has loaded."""
    done = subprocess.run(
        [sys.executable, "-c", _MAPPED], capture_output=True, check=True, text=True
    )
    return sorted({Path(line) for line in done.stdout.splitlines() if ".so" in line})


def _files(package: str) -> list[Path]:
    dist = distribution(package)
    return [Path(str(dist.locate_file(file))) for file in dist.files or ()]


def _libjpeg(package: str) -> str:
    for file in _files(package):
        if file.suffix == ".so" and (found := _LIBJPEG.search(file.read_bytes())):
            return (found[1] or found[2]).decode()
    return ""


def _rust() -> dict[str, str]:
    (bill,) = (file for file in _files("kornia-rs") if file.name.endswith(".cyclonedx.json"))
    crates = {one["name"]: one["version"] for one in json.loads(bill.read_text())["components"]}
    return {f"{name} (Rust) of kornia-rs": crates[name] for name in ("png", "fdeflate")}


def _avif() -> dict[str, str]:
    from pillow_avif import _avif

    found = re.findall(r"(\w+) \[\w+\]:v?(\d+(?:\.\d+)*)", _avif.codec_versions())
    return {**dict(found), "libavif": _avif.libavif_version}


def _heif() -> dict[str, str]:
    import pi_heif

    decoder = pi_heif.libheif_info()["decoders"]["libde265"]
    return {"libheif": pi_heif.libheif_version(), "libde265": decoder.rpartition(" ")[2]}


def _optional(package: str) -> str:
    """Return the version of the binding of a library that states none itself."""
    try:
        return distribution(package).version
    except PackageNotFoundError:
        return "not installed"


def _jxl() -> str:
    import pylibjxl

    # Thousands of the minor version, and so on: 11002 is 0.11.2.
    number = pylibjxl.decoder_version()
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"


def _pinned(package: str) -> str:
    pins = (ROOT / "layers/face-detection/runtime.txt").read_text()
    (version,) = re.findall(rf"^{package}==(\S+)", pins, re.MULTILINE)
    return str(version)
