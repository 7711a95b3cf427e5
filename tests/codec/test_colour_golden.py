"""What we decode against what sharp decodes, file by file, before any resizing or encoding."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Region, Size
from tests.bench.peers import HERE as BENCH

pytestmark = pytest.mark.shared

IMAGES = Path(__file__).parents[3] / "shared" / "images"
# 40 dB is where people stop seeing a difference. All but CMYK come to 75 and more.
SAME, ALIKE = 75, 40
FILES = {
    "Landscape_1.jpg": SAME,
    "Landscape_6.jpg": SAME,  # turned, with a profile
    "320x240.jpg": SAME,
    "concert.jpg": SAME,  # grey, with a profile
    "Channel_digital_image_CMYK_color.jpg": SAME,
    "Channel_digital_image_CMYK_color_no_profile.jpg": ALIKE,
    "16-bit-grey-alpha.png": SAME,
    "Flag_of_the_Netherlands-16bit.png": SAME,
    "Flag_of_the_Netherlands-alpha.png": SAME,
    "alpha-premultiply-1024x768-paper.png": SAME,
    "p3.png": SAME,
    "prophoto.png": SAME,
    "stripesH.png": SAME,
    "swiss.png": SAME,  # palette
    "4.webp": SAME,
    "5_webp_a.webp": SAME,
    "rotating-squares.webp": SAME,
    "animated-loop-3.gif": SAME,
    "uncompressed_tiff.tiff": SAME,
}
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


def _by_sharp(folder: Path, jobs: list[tuple[str, str, int]]) -> dict[str, npt.NDArray[np.uint8]]:
    command = ["node", "--input-type=module", "-e", _SCRIPT, str(folder), *map(json.dumps, jobs)]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=True)
    return {
        name: np.fromfile(folder / name, np.uint8).reshape(shape)
        for name, shape in json.loads(done.stdout).items()
    }


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, npt.NDArray[np.uint8]]:
    """RGBA as sharp decodes it: each file, and 4.webp scaled to a width of 265."""
    if not IMAGES.exists():
        pytest.skip("the pictures are not here: there is no folder shared/ beside the checkout")
    if shutil.which("node") is None or not (BENCH / "node_modules" / "sharp").exists():
        pytest.skip("sharp is not here: `make bench` installs it")
    jobs = [(name, str(IMAGES / name), 0) for name in FILES]
    jobs.append(("scaled.webp", str(IMAGES / "4.webp"), 265))
    return _by_sharp(tmp_path_factory.mktemp("golden"), jobs)


def _shown(name: str, shrink: float) -> npt.NDArray[np.uint8]:
    pixels = open_picture((IMAGES / name).read_bytes(), Limits(10_000_000)).pixels(shrink)
    whole = Region(0, 0, pixels.size.width, pixels.size.height)
    image = pixels.read(whole, Size(pixels.size.width, pixels.size.height))
    return np.asarray(image if image.mode == "RGBa" else image.convert("RGB").convert("RGBA"))


def _premultiplied(rgba: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    weighed = rgba.copy()
    weighed[..., :3] = rgba[..., :3].astype(int) * rgba[..., 3:] // 255
    return weighed


def _psnr(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    assert one.shape == other.shape
    error = np.square(one.astype(float) - other).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


@pytest.mark.parametrize(("name", "likeness"), FILES.items())
def test_pixels_are_sharps(
    name: str, likeness: float, golden: dict[str, npt.NDArray[np.uint8]]
) -> None:
    assert _psnr(_shown(name, 1), _premultiplied(golden[name])) >= likeness


def test_a_webp_scaled_while_decoding_is_sharps(golden: dict[str, npt.NDArray[np.uint8]]) -> None:
    scaled = golden["scaled.webp"]
    with Image.open(IMAGES / "4.webp") as image:
        shrink = image.width / scaled.shape[1]
    assert _psnr(_shown("4.webp", shrink), scaled) >= SAME
