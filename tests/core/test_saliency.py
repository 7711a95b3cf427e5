"""The saliency maps, and their combination."""

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from handler.core.geometry import Region, Size
from handler.core.saliency.interest_map import GRID, combine
from handler.core.saliency.maps import compute_saliency
from handler.core.saliency.minimum_barrier import distance_to_border
from tests.pictures import noise, photo

untimed = settings(deadline=None)
CENTRE = (GRID - 1) / 2


def disc(x: float, y: float, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Return a red disc on grey, at x and y in shares of the picture's sides."""
    image = Image.new("RGB", size, (128, 128, 128))
    ImageDraw.Draw(image).circle((x * size[0], y * size[1]), min(size) / 8, fill=(200, 40, 40))
    return image


def heat_of(image: Image.Image) -> np.ndarray:
    return combine(compute_saliency(image).maps).heat


def barrier(values: np.ndarray) -> np.ndarray:
    """Return the exact distances, from the lowest maximum of a path for each possible minimum."""
    height, width = values.shape
    found = np.full(values.shape, np.inf)
    for low in np.unique(values):
        best = np.full(values.shape, np.inf)
        border = [(y, x) for y in range(height) for x in (0, width - 1)]
        border += [(y, x) for y in (0, height - 1) for x in range(width)]
        queue = [(values[place], place) for place in border if values[place] >= low]
        for reach, place in queue:
            best[place] = reach
        heapq.heapify(queue)
        while queue:
            reach, (y, x) = heapq.heappop(queue)
            if reach > best[y, x]:
                continue
            for place in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if 0 <= place[0] < height and 0 <= place[1] < width and values[place] >= low:
                    further = max(reach, values[place])
                    if further < best[place]:
                        best[place] = further
                        heapq.heappush(queue, (further, place))
        found = np.minimum(found, best - low)
    return found


@untimed
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10_000))
def test_no_distance_is_lower_than_the_exact_one(width: int, height: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 6, (1, height, width)).astype(np.float32)

    found, exact = distance_to_border(values)[0], barrier(values[0])

    assert (found >= exact).all()
    assert (found[[0, -1]] == 0).all()
    assert (found[:, [0, -1]] == 0).all()


def test_distances_in_a_photo_are_close_to_the_exact_ones() -> None:
    image = photo("coffee.png").convert("L").resize((40, 28))
    values = np.asarray(image, np.float32)

    found, exact = distance_to_border(values[np.newaxis])[0], barrier(values)

    assert np.abs(found - exact).mean() < 0.2 * exact.mean()


def test_an_object_inside_is_enclosed_and_one_at_the_border_is_not() -> None:
    image = disc(0.5, 0.3)
    ImageDraw.Draw(image).rectangle((200, 180, 320, 240), fill=(200, 40, 40))

    enclosure = dict(compute_saliency(image).maps)["enclosure"]

    height, width = enclosure.shape
    inside = enclosure[round(0.3 * height), width // 2]
    assert inside > 20 * enclosure[-2, -3]
    assert inside > 20 * enclosure[height // 2, 2]


def test_corners_are_high_for_contrast_in_all_directions() -> None:
    stripes = np.tile(np.repeat([60, 200], 8), 20)[np.newaxis].repeat(240, 0).astype(np.uint8)
    image = Image.fromarray(stripes).convert("RGB")
    image.paste(noise(60, 60), (130, 90))

    corners = dict(compute_saliency(image).maps)["corners"]

    height, width = corners.shape
    assert corners[height // 2, width // 2] > 10 * corners[height // 4, width // 4]


@untimed
@given(st.floats(0.2, 0.8), st.floats(0.2, 0.8))
def test_the_heat_is_centred_on_a_single_object(x: float, y: float) -> None:
    heat = heat_of(disc(x, y))
    place = (np.arange(GRID) + 0.5) / GRID

    assert heat.sum() == pytest.approx(1)
    assert heat.sum(axis=0) @ place == pytest.approx(x, abs=0.05)
    assert heat.sum(axis=1) @ place == pytest.approx(y, abs=0.05)


@pytest.mark.parametrize("level", [0, 77, 255])
def test_a_picture_of_one_colour_has_only_the_heat_of_the_centre(level: int) -> None:
    interest = combine(compute_saliency(Image.new("RGB", (300, 200), (level, 99, 0))).maps)

    assert interest.heat.max() == interest.heat[15:17, 15:17].max()
    # The maps are float32, and the last bits of their sums depend on the processor.
    assert interest.heat == pytest.approx(interest.heat[::-1, ::-1], rel=1e-4)
    assert interest.weights["centre"] == pytest.approx(1, rel=1e-4)


def test_a_mirrored_picture_has_the_mirrored_heat() -> None:
    image = photo("chelsea.png", (320, 240))

    mirrored = heat_of(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))

    # Only the order of the sweeps differs.
    assert np.abs(mirrored[:, ::-1] - heat_of(image)).sum() < 0.05


def test_photos_have_structure_and_a_plain_sky_has_none() -> None:
    sky = np.linspace(120, 220, 240)[:, np.newaxis, np.newaxis] * [0.6, 0.8, 1.0]
    sky = np.broadcast_to(sky, (240, 320, 3)).astype(np.uint8)

    assert compute_saliency(photo("coffee.png", (320, 240))).structure > 1
    assert compute_saliency(Image.fromarray(sky)).structure < 0.2


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 3), (320, 20)])
def test_small_and_thin_pictures_have_a_heat_map(size: tuple[int, int]) -> None:
    heat = heat_of(noise(*size))

    assert heat.shape == (GRID, GRID)
    assert heat.sum() == pytest.approx(1)


@untimed
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_the_weights_are_shares(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    maps = [(f"map {index}", random.random((7, 11))) for index in range(count)]

    weights = combine(maps).weights

    assert sum(weights.values()) == pytest.approx(1)
    assert set(weights) == {"centre", *(name for name, _ in maps)}


def test_weights_of_maps_with_one_name_are_added() -> None:
    one, two = np.random.default_rng(1).random((2, 9, 9))

    separate, together = (combine([("a", one), (name, two)]) for name in ("b", "a"))

    assert together.weights["a"] == pytest.approx(separate.weights["a"] + separate.weights["b"])
    assert together.heat == pytest.approx(separate.heat)


def test_the_unit_of_a_map_does_not_matter() -> None:
    values = np.random.default_rng(2).random((9, 9))

    assert combine([("a", values * 1000)]).heat == pytest.approx(
        combine([("a", values)]).heat, rel=1e-3
    )


@untimed
@given(st.integers(0, 10_000), st.floats(0, 0.6), st.floats(0.01, 0.4))
def test_the_kept_share_is_the_sum_of_the_heat_inside(seed: int, left: float, width: float) -> None:
    interest = combine([("a", np.random.default_rng(seed).random((32, 32)))])
    fine = np.repeat(np.repeat(interest.heat, 25, 0), 25, 1) / 625
    first, last = round(left * 800), round((left + width) * 800)

    kept = interest.kept(np.array([first / 800]), np.array([0.25]), ((last - first) / 800, 0.5))

    assert kept[0, 0] == pytest.approx(fine[200:600, first:last].sum(), abs=1e-9)


def test_avoided_areas_have_no_interest() -> None:
    interest = combine([("a", np.ones((5, 5)))])

    left = interest.without([Region(0, 0, 400, 600)], Size(800, 600))

    assert left.heat[:, :16].sum() == pytest.approx(0)
    assert left.heat.sum() == pytest.approx(1)
    everything = interest.without([Region(0, 0, 800, 600)], Size(800, 600))
    assert everything.heat == pytest.approx(interest.heat)
