"""The contents of an image, by layer."""

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.image.engine import Engine


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        files: size in bytes of every regular file, by its path without the leading slash.
    """

    files: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes in its files."""
        return sum(self.files.values())

    def under(self, folder: str) -> dict[str, int]:
        """Return the files in a folder of the layer."""
        return {name: size for name, size in self.files.items() if name.startswith(f"{folder}/")}


@dataclass(frozen=True)
class Image:
    """An image.

    Attributes:
        config: the configuration, as Docker writes it.
        layers: from the base upwards, without empty ones.
    """

    config: dict[str, Any]
    layers: list[Layer]

    @property
    def files(self) -> dict[str, int]:
        """Every file of any layer."""
        return {name: size for layer in self.layers for name, size in layer.files.items()}


def read_image(engine: Engine, name: str, scratch: Path) -> Image:
    """Read the layers of an image."""
    archive = scratch / f"{name.replace(':', '-')}.tar"
    engine.docker("save", "--output", str(archive), name)
    try:
        with tarfile.open(archive) as saved:
            (manifest,) = json.load(_member(saved, "manifest.json"))
            config = json.load(_member(saved, manifest["Config"]))
            layers = [_read_layer(saved, path) for path in manifest["Layers"]]
    finally:
        archive.unlink()
    return Image(config, [layer for layer in layers if layer.files])


def _read_layer(saved: tarfile.TarFile, path: str) -> Layer:
    with tarfile.open(fileobj=_member(saved, path)) as layer:
        return Layer({entry.name: entry.size for entry in layer if entry.isreg()})


def _member(saved: tarfile.TarFile, name: str) -> Any:
    file = saved.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is not a file")
    return file
