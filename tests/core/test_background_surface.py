"""The background surface behind a product."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from handler.core.trim.background_surface import fit_surface, planes

Floats = npt.NDArray[np.float64]


def lit(light: Floats, mode: str = "RGB") -> Image.Image:
    """Return a picture whose bands are all equal."""
    return Image.fromarray(np.rint(light).astype(np.uint8)).convert(mode)


def grid(width: int, height: int) -> tuple[Floats, Floats]:
    y, x = np.mgrid[0:height, 0:width]
    return y / height, x / width


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (31, 33), (200, 150), (640, 20)])
@pytest.mark.parametrize("level", [0, 3, 128, 255])
def test_an_even_background_is_fitted_exactly(size: tuple[int, int], level: int) -> None:
    surface = fit_surface(planes(Image.new("RGB", size, (level, 7, 250))))

    assert surface.shape == (3, size[1], size[0])
    assert (surface == np.array([level, 7, 250])[:, np.newaxis, np.newaxis]).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "RGBa", "CMYK"])
def test_the_surface_has_the_bands_of_the_picture(mode: str) -> None:
    image = Image.new("RGB", (40, 30), (9, 99, 199))
    image = image.convert("RGBA").convert(mode) if mode == "RGBa" else image.convert(mode)

    assert np.array_equal(fit_surface(planes(image)), planes(image))


def test_the_surface_follows_the_light_behind_the_product() -> None:
    y, x = grid(400, 300)
    light = 200 - 60 * x - 40 * y + 30 * x * y
    image = lit(light)
    image.paste("black", (120, 90, 280, 210))

    deviation = fit_surface(planes(image))[0] - light

    assert np.abs(deviation).max() < 2.5


def test_the_surface_follows_a_spot_of_light_around_the_product() -> None:
    y, x = grid(400, 300)
    light = 120 + 110 * np.exp(-((x - 0.4) ** 2 + (y - 0.4) ** 2) / 0.25)
    image = lit(light)
    image.paste("red", (160, 120, 230, 200))
    outside = np.ones((300, 400), np.bool_)
    outside[110:210, 150:240] = False

    deviation = np.abs(fit_surface(planes(image))[0] - light)

    assert deviation[outside].max() < 8


@pytest.mark.parametrize("box", [(0, 130, 200, 150), (150, 0, 200, 150), (0, 70, 150, 150)])
def test_a_product_cut_by_the_edge_does_not_distort_the_surface(
    box: tuple[int, int, int, int],
) -> None:
    y, _ = grid(200, 150)
    light = 240 - 40 * y
    image = lit(light)
    image.paste((90, 40, 20), box)

    deviation = fit_surface(planes(image))[0] - light

    assert np.abs(deviation).max() < 4


def test_noise_averages_out() -> None:
    noise = np.random.default_rng(1).normal(0, 20, (300, 400))

    surface = fit_surface(planes(lit(128 + noise)))

    assert np.abs(surface.astype(np.int16) - 128).max() <= 6
    assert surface.std() < 1.5
