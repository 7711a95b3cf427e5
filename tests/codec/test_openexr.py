"""OpenEXR: compressions, channels, parts, windows and alpha."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, available_formats, open_picture
from handler.core.geometry import Size
from handler.errors import InvalidImage
from tests.further_files import exr, exr_of, rgb, rgba, to_light

LIMITS = Limits(1_000_000)
pytestmark = pytest.mark.skipif("exr" not in available_formats(), reason="needs the extra exr")


def shown(data: bytes) -> Image.Image:
    return open_picture(data, LIMITS).pixels(1).native()


def error_of(data: bytes) -> int:
    ours = np.asarray(shown(data).convert("RGB")).astype(int)
    return int(np.abs(ours - np.asarray(rgb())).max())


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A"])
def test_light_of_each_compression_is_shown_as_srgb(
    compression: str, kind: type[np.generic]
) -> None:
    lossy = compression.startswith("B44") and kind is np.float16
    assert error_of(exr_of(rgb(), kind, compression=compression)) <= (8 if lossy else 0)


@pytest.mark.parametrize(
    ("compression", "name"), [("DWAA", "DWAA"), ("DWAB", "DWAB"), ("HTJ2K32", "HTJ2K")]
)
def test_other_compressions_are_rejected_by_name(compression: str, name: str) -> None:
    with pytest.raises(InvalidImage, match=rf"received {name}$"):
        open_picture(exr_of(rgb(), compression=compression), LIMITS)


def test_tiles_are_read() -> None:
    import OpenEXR

    tiles = OpenEXR.TileDescription()
    tiles.xSize = tiles.ySize = 32
    assert error_of(exr_of(rgb(), type=OpenEXR.tiledimage, tiles=tiles)) == 0


def test_alpha_is_kept_and_colours_are_divided_by_it() -> None:
    picture = open_picture(exr_of(rgba(), np.float32), LIMITS)
    assert (picture.alpha, picture.format.output) == (True, "png")
    ours, theirs = np.asarray(shown(exr_of(rgba(), np.float32))), np.asarray(rgba())
    assert np.abs(ours[..., 3].astype(int) - theirs[..., 3]).max() <= 1
    seen = theirs[..., 3] > 20
    assert np.abs(ours[seen].astype(int) - theirs[seen]).max() <= 1


@pytest.mark.parametrize("layer", ["", "diffuse.", "a.b."])
def test_the_first_layer_with_colours_is_shown(layer: str) -> None:
    light = to_light(rgb())
    channels = {f"{layer}{name}": light[..., band] for band, name in enumerate("RGB")}
    assert error_of(exr({**channels, "Z": light[..., 0]})) == 0


@pytest.mark.parametrize("name", ["Y", "depth"])
def test_a_single_channel_is_grey(name: str) -> None:
    light = to_light(rgb().convert("L"))[..., 0]
    ours = np.asarray(shown(exr({name: light})).convert("RGB")).astype(int)
    assert np.abs(ours - np.asarray(rgb().convert("L"))[..., np.newaxis]).max() <= 1


def test_only_pixels_in_the_display_window_are_shown() -> None:
    windows: dict[str, Any] = {
        "dataWindow": (np.array((-6, -4), np.int32), np.array((89, 59), np.int32)),
        "displayWindow": (np.array((0, 0), np.int32), np.array((79, 69), np.int32)),
    }
    data = exr_of(rgb(), **windows)
    assert open_picture(data, LIMITS).size == Size(80, 60)
    ours = np.asarray(shown(data).convert("RGB")).astype(int)
    assert np.abs(ours - np.asarray(rgb())[4:64, 6:86]).max() == 0


@pytest.mark.parametrize("factor", [1e-3, 1e4])
def test_light_of_any_strength_is_shown_at_a_usual_exposure(factor: float) -> None:
    data = exr({"RGB": (to_light(rgb()) * factor).astype(np.float32)})
    mean = np.asarray(shown(data).convert("L")).mean()
    assert 80 <= mean <= 150


def test_the_estimate_counts_all_channels() -> None:
    light = to_light(rgb())[..., 0]
    one, many = (
        open_picture(exr({f"c{n}": light for n in range(count)}), LIMITS) for count in (1, 40)
    )
    assert many.cost.decoded - one.cost.decoded == 39 * 4
