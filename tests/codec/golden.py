"""Pictures decoded by sharp, as a reference for the codec."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from handler.codec import Limits, open_picture
from handler.core.geometry import Region
from tests.bench.peers import HERE as BENCH

Rgba = npt.NDArray[np.uint8]
_SCRIPT = """
import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
const [folder, ...jobs] = process.argv.slice(1);
const sizes = {};
for (const job of jobs) {
  const [name, path, width] = JSON.parse(job);
  let image = sharp(path).autoOrient();
  if (width) image = image.resize({ width });
  const { data, info } = await image
    .toColourspace('srgb').ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  writeFileSync(`${folder}/${name}`, data);
  sizes[name] = [info.height, info.width, info.channels];
}
console.log(JSON.stringify(sizes));
"""


def by_sharp(folder: Path, jobs: Iterable[tuple[str, str, int]]) -> dict[str, Rgba]:
    """Return the RGBA of each file, upright and in sRGB; skip the test if sharp is not installed.

    Args:
        folder: for the pixels.
        jobs: name of the result, path of the file, and the width to scale to or 0.
    """
    if shutil.which("node") is None or not (BENCH / "node_modules" / "sharp").exists():
        pytest.skip("needs sharp: run `make bench` once, which installs it with Node.js and npm")
    command = ["node", "--input-type=module", "-e", _SCRIPT, str(folder), *map(json.dumps, jobs)]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=True)
    return {
        name: np.fromfile(folder / name, np.uint8).reshape(shape)
        for name, shape in json.loads(done.stdout).items()
    }


def by_us(data: bytes, shrink: float = 1) -> Rgba:
    """Decode a file with the codec; return premultiplied RGBA."""
    pixels = open_picture(data, Limits(10_000_000)).pixels(shrink)
    size = pixels.size
    image = pixels.read(Region(0, 0, size.width, size.height), size)
    return np.asarray(image if image.mode == "RGBa" else image.convert("RGB").convert("RGBA"))


def premultiplied(rgba: Rgba) -> Rgba:
    """Return colours multiplied by their alpha."""
    weighed = rgba.copy()
    weighed[..., :3] = rgba[..., :3].astype(int) * rgba[..., 3:] // 255
    return weighed


def psnr(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio in decibels."""
    assert one.shape == other.shape
    error = np.square(one.astype(float) - other).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))
