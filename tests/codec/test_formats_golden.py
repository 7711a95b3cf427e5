"""Colours of generated files, compared with those that sharp decodes."""

from collections.abc import Callable

import numpy as np
import pytest

from handler.codec.cmyk_profile import lab_profile
from tests.bench.display_p3 import profile as display_p3
from tests.codec.golden import Rgba, by_sharp, by_us, premultiplied, psnr
from tests.codec.samples import grey_profile, rgb16_tiff, translucent
from tests.pictures import encoded, photo

# At 40 dB people no longer see a difference.
_LIKENESS = 40


def _inks_with_profile() -> bytes:
    steps = np.linspace(0, 1, 9)
    inks = np.stack(np.meshgrid(steps, steps, steps, steps, indexing="ij"), axis=-1)
    light = 100 * (1 - inks[..., :3].mean(axis=-1)) * (1 - inks[..., 3])
    colours = 60 * (inks[..., 1] - inks[..., 0]), 60 * (inks[..., 2] - inks[..., 1])
    return lab_profile(np.stack([light, *colours], axis=-1))


FILES: dict[str, Callable[[], bytes]] = {
    "p3.tif": lambda: encoded(photo(), "TIFF", icc_profile=display_p3()),
    "p3.avif": lambda: encoded(photo(), "AVIF", quality=100, icc_profile=display_p3()),
    "p3.webp": lambda: encoded(photo(), "WEBP", lossless=True, icc_profile=display_p3()),
    "p3.png": lambda: encoded(photo(), "PNG", icc_profile=display_p3()),
    "p3.jpg": lambda: encoded(photo(), "JPEG", icc_profile=display_p3()),
    "grey.tif": lambda: encoded(photo().convert("L"), "TIFF", icc_profile=grey_profile(1.8)),
    "grey.png": lambda: encoded(photo().convert("L"), "PNG", icc_profile=grey_profile(1.8)),
    "inks.tif": lambda: encoded(photo().convert("CMYK"), "TIFF"),
    "profiled-inks.tif": lambda: encoded(
        photo().convert("CMYK"), "TIFF", icc_profile=_inks_with_profile()
    ),
    "16-bits.tif": rgb16_tiff,
    "jpeg.tif": lambda: encoded(photo(), "TIFF", compression="jpeg", quality=95),
    "alpha.tif": lambda: encoded(translucent(), "TIFF"),
    "alpha.avif": lambda: encoded(translucent(), "AVIF", quality=100, subsampling="4:4:4"),
    "alpha.webp": lambda: encoded(translucent(), "WEBP"),
    "palette.gif": lambda: encoded(photo().quantize(100), "GIF"),
    "bilevel.tif": lambda: encoded(photo().convert("1"), "TIFF", compression="group4"),
}


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rgba]:
    """Return the RGBA that sharp decodes."""
    folder = tmp_path_factory.mktemp("golden")
    for name, make in FILES.items():
        (folder / name).write_bytes(make())
    return by_sharp(folder, [(f"{name}.raw", str(folder / name), 0) for name in FILES])


@pytest.mark.parametrize("name", FILES)
def test_colours_are_sharps(name: str, golden: dict[str, Rgba]) -> None:
    assert psnr(by_us(FILES[name]()), premultiplied(golden[f"{name}.raw"])) >= _LIKENESS
