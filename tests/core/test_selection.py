"""Saliency and auto mode: the window that is chosen, and its plan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from handler.codec import Limits, Picture, open_picture
from handler.core.detection import Inspection
from handler.core.face import Face, Head
from handler.core.geometry import Box, Region, Size
from handler.core.image.frame import Frame
from handler.core.overlay import draw_overlay
from handler.core.plan import Plan
from handler.core.planner import make_plan
from handler.core.render import render
from handler.core.request import PixelConstraints
from handler.core.saliency.face_certainty import face_certainties
from handler.core.saliency.interest import Interest, compute_interest
from handler.core.saliency.interest_map import combine
from handler.core.saliency.selection import Selection, select_window
from handler.settings import validate_settings
from tests.pictures import encoded, gradient, noise, photo, scene

untimed = settings(deadline=None)
PICTURE = Size(800, 600)
TALL = Size(9, 16)


class Inspecting:
    """A detector that returns a fixed inspection, and records the sizes that it was given."""

    def __init__(self, inspection: Inspection) -> None:
        self.sizes: list[Size] = []
        self._inspection = inspection

    def find(self, _: Frame) -> tuple[Face, ...]:
        return self._inspection.faces

    def inspect(self, _: Image.Image, source: Size) -> Inspection:
        self.sizes.append(source)
        return self._inspection


def a_face(left: int, top: int, side: int, score: float = 0.9) -> Face:
    places = ((0.29, 0.28), (0.72, 0.27), (0.51, 0.52), (0.33, 0.72), (0.68, 0.71))
    marks = tuple((left + x * side, top + y * side) for x, y in places)
    return Face(Box(left, top, side, side), score, marks)


def interest_at(*spots: tuple[float, float], faces: tuple[Face, ...] | None = ()) -> Interest:
    """Return interest at spots, (x, y) in shares of the picture's sides, and nowhere else."""
    place = np.linspace(0, 1, 64)
    values = sum(
        np.exp(-((place[:, np.newaxis] - y) ** 2 + (place - x) ** 2) / (2 * 0.05**2))
        for x, y in spots
    )
    return Interest(combine([("spots", np.asarray(values) ** 2)]), faces)


def contains(window: Box, box: Box) -> bool:
    across = window.left <= box.left and box.right <= window.right
    return across and window.top <= box.top and box.bottom <= window.bottom


def opened(image: Image.Image) -> Picture:
    return open_picture(encoded(image, "PNG"), Limits(10**8))


def planned(image: Image.Image, **crop_settings: object) -> Plan:
    return make_plan(
        opened(image), validate_settings({"strategy": "saliency", **crop_settings})[0].request()
    )


@st.composite
def groups(draw: st.DrawFn) -> tuple[Face, ...]:
    faces = []
    for _ in range(draw(st.integers(1, 3))):
        side = draw(st.integers(20, 200))
        left, top = draw(st.integers(0, 800 - side)), draw(st.integers(0, 600 - side))
        faces.append(a_face(left, top, side, draw(st.floats(0.35, 1))))
    # The main face is certain, so it is chosen.
    return (a_face(300, 200, 200, 1.0), *faces[1:])


@untimed
@given(groups(), st.integers(1, 30), st.integers(1, 30), st.integers(0, 50))
def test_all_chosen_faces_stay_whole_if_they_fit_together(
    faces: tuple[Face, ...], width: int, height: int, padding: int
) -> None:
    target = Size(width, height)

    found = select_window(interest_at((0.1, 0.1), faces=faces), PICTURE, target, padding=padding)

    boxes = [faces[index].box for index in found.chosen]
    cut = [box for box in boxes if not contains(found.crop, box)]
    assert found.faces_cut == len(cut)
    hull = boxes[0].around(*boxes)
    scale = min(800 / width, 600 / height)
    if hull.width <= width * scale and hull.height <= height * scale:
        assert not cut
    assert found.region.width * height == pytest.approx(found.region.height * width)


@pytest.mark.parametrize(("x", "side"), [(0.15, -1), (0.85, 1)])
def test_a_tall_window_moves_to_the_interest(x: float, side: int) -> None:
    found = select_window(interest_at((x, 0.5)), PICTURE, TALL)

    middle = found.crop.left + found.crop.width / 2
    assert side * (middle - 400) > 150
    assert abs(found.focus.x - x * 800) < 30
    assert found.gain_over_centre > 0.3


def test_a_window_stays_in_the_centre_without_a_gain() -> None:
    found = select_window(interest_at((0.3, 0.5), (0.7, 0.5)), PICTURE, Size(1, 1))

    assert found.crop == Box(100, 0, 600, 600)
    assert found.gain_over_centre == pytest.approx(0, abs=1e-9)


def test_without_interest_the_window_is_exactly_in_the_centre() -> None:
    for width, height in ((1, 1), (16, 9), (9, 16), (1, 5)):
        plan = planned(Image.new("RGB", (640, 480), "tan"), width=width * 10, height=height * 10)

        right, bottom = 640 - plan.crop.right, 480 - plan.crop.bottom
        assert abs(plan.crop.left - right) <= 1
        assert abs(plan.crop.top - bottom) <= 1


def test_a_face_near_the_edge_overrides_other_interest() -> None:
    face = a_face(700, 200, 80)

    found = select_window(interest_at((0.2, 0.5), faces=(face,)), PICTURE, TALL)

    assert contains(found.crop, face.box)
    # The window moves no further than the head needs, which extends beyond the face by a quarter
    # of its box.
    assert found.crop.right == pytest.approx(face.box.right + 20, abs=1)


def test_a_face_is_kept_with_its_hair() -> None:
    face = a_face(350, 100, 100)

    interest = interest_at((0.45, 0.25), (0.45, 0.7), faces=(face,))

    found = select_window(interest, PICTURE, Size(16, 9))

    assert found.crop.top <= 100 - 55


def test_a_weak_face_decides_nothing() -> None:
    spot = (0.2, 0.5)

    found, without = (
        select_window(interest_at(spot, faces=faces), PICTURE, TALL)
        for faces in ((a_face(700, 200, 80, 0.37),), ())
    )

    assert found.chosen == ()
    assert abs(found.crop.left - without.crop.left) < 10


def test_a_few_tiny_faces_decide_nothing() -> None:
    spot = (0.2, 0.5)
    tiny = (a_face(700, 200, 18), a_face(750, 240, 18))

    found, without = (
        select_window(interest_at(spot, faces=faces), PICTURE, TALL) for faces in (tiny, ())
    )

    assert found.chosen == ()
    assert found.crop == without.crop


def test_the_tiny_faces_of_a_crowd_are_certain() -> None:
    places = (*range(520, 760, 40),)
    few, crowd = (
        [Head.of(a_face(left, 200, 18), PICTURE) for left in lefts]
        for lefts in (places[:3], places)
    )

    assert face_certainties(few, PICTURE).max() == 0
    assert face_certainties(crowd, PICTURE).min() == 1


def test_a_crowd_does_not_hold_the_window() -> None:
    crowd = tuple(a_face(left, 200, 60) for left in (560, 620, 680, 740))
    interest = interest_at((0.2, 0.5), faces=crowd)

    assert select_window(interest, PICTURE, TALL).chosen == ()
    assert select_window(interest, PICTURE, TALL).crop.left < 100
    assert len(select_window(interest, PICTURE, TALL, choose="largest").chosen) == 1


def test_small_faces_around_clear_ones_make_a_crowd() -> None:
    few = (a_face(20, 200, 100), a_face(140, 200, 100))
    passers = (a_face(600, 300, 12, 0.4), a_face(650, 300, 12, 0.4))
    interest = interest_at((0.5, 0.5), faces=few), interest_at((0.5, 0.5), faces=few + passers)

    chosen = [select_window(each, PICTURE, TALL).chosen for each in interest]

    assert chosen == [(0, 1), ()]


def test_a_certain_face_lowers_the_price_of_leaving_the_centre() -> None:
    faint = interest_at((0.1, 0.5), (0.5, 0.5), (0.88, 0.2), (0.88, 0.8))
    face = a_face(380, 270, 60)

    without, found = (
        select_window(Interest(faint.map, faces), PICTURE, TALL) for faces in ((), (face,))
    )

    assert without.crop.left + without.crop.width / 2 == pytest.approx(400, abs=1)
    assert found.crop.left > 330
    assert found.gain_over_centre > 0.1


def test_a_window_leaves_the_centre_for_a_certain_object_only() -> None:
    faint = interest_at((0.1, 0.5), (0.5, 0.5), (0.88, 0.2), (0.88, 0.8)).map

    none, certain = (
        select_window(Interest(faint, (), objects), PICTURE, TALL) for objects in (0.1, 0.6)
    )

    assert none.crop.left + none.crop.width / 2 == pytest.approx(400, abs=1)
    assert certain.crop.left > 330


@pytest.mark.parametrize("target", [Size(1, 1), TALL, Size(3, 1), Size(1, 6)])
def test_a_narrow_window_reaches_a_subject_at_the_edge(target: Size) -> None:
    found = select_window(interest_at((0.06, 0.08)), PICTURE, target)

    assert contains(found.crop, Box(20, 20, 60, 60))


def test_only_the_largest_face_can_be_chosen() -> None:
    faces = (a_face(20, 200, 100), a_face(700, 200, 80))

    found = select_window(interest_at((0.5, 0.5), faces=faces), PICTURE, TALL, choose="largest")

    assert (found.chosen, found.faces_cut) == ((0,), 0)


def test_padding_makes_a_smaller_window_that_still_contains_the_face() -> None:
    face = a_face(10, 10, 60)

    plain, padded = (
        select_window(interest_at((0.5, 0.5), faces=(face,)), PICTURE, Size(1, 1), padding=padding)
        for padding in (0, 50)
    )

    assert plain.crop.height == 600
    assert padded.crop.height == 400
    assert contains(padded.crop, face.box)


def constrained(**constraints: object) -> Selection:
    faces = (a_face(700, 200, 80),)
    return select_window(
        interest_at((0.8, 0.5), faces=faces),
        PICTURE,
        TALL,
        constraints=PixelConstraints(**constraints),  # type: ignore[arg-type]
    )


def test_a_focus_overrides_faces_and_interest() -> None:
    found = constrained(focus=(250, 300))

    assert found.crop.left + found.crop.width / 2 == pytest.approx(250, abs=1)
    assert (found.focus.x, found.focus.y) == (250, 300)
    assert found.faces_cut == 1


def test_keep_overrides_focus_and_faces() -> None:
    keep = Region(0, 0, 40, 40)

    assert constrained(focus=(700, 300), keep=(keep,)).crop.left == 0
    assert constrained(keep=(keep,)).crop.left == 0


def test_faces_override_avoid() -> None:
    found = constrained(avoid=(Region(690, 0, 110, 600),))

    assert found.faces_cut == 0


def test_an_avoided_area_does_not_attract_the_window() -> None:
    interest = interest_at((0.8, 0.5), (0.2, 0.5))

    found = select_window(
        interest, PICTURE, TALL, constraints=PixelConstraints(avoid=(Region(500, 0, 300, 600),))
    )

    assert found.crop.right <= 500
    assert found.focus.x < 300


def test_saliency_finds_the_patch_and_gives_the_reason() -> None:
    plan = planned(scene(640, 360, (520, 180)), width=200, height=300)

    assert contains(plan.crop, Box(490, 150, 60, 60))
    assert plan.focus.x == pytest.approx(520, abs=30)
    assert (plan.mode, plan.strategy, plan.fallback) == ("subject", "saliency", None)
    assert plan.gain_over_centre is not None
    assert plan.gain_over_centre > 0.5
    assert plan.weights is not None
    assert set(plan.weights) == {"centre", "corners", "enclosure"}
    assert plan.heat is not None
    assert plan.heat.shape == (32, 32)
    assert plan.reason.startswith("Contains ")


@untimed
@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.integers(1, 90),
    st.integers(1, 90),
    st.integers(0, 50),
)
def test_the_result_has_the_requested_size(
    width: int, height: int, across: int, down: int, padding: int
) -> None:
    picture = opened(noise(width, height))
    crop_settings = {"strategy": "saliency", "width": across, "height": down, "padding": padding}

    plan = make_plan(picture, validate_settings(crop_settings)[0].request())

    assert render(picture, plan).size == (across, down)
    assert 0 <= plan.crop.left < plan.crop.right <= width
    assert 0 <= plan.crop.top < plan.crop.bottom <= height
    assert plan.crop.left <= plan.focus.x < plan.crop.right
    assert plan.crop.top <= plan.focus.y < plan.crop.bottom


def test_the_window_is_rendered_undistorted() -> None:
    picture = opened(gradient(300, 200))
    crop_settings = {
        "strategy": "saliency",
        "width": 50,
        "height": 100,
        "focus": {"x": 0.5, "y": 0.5},
    }
    plan = make_plan(picture, validate_settings(crop_settings)[0].request())

    pixels = np.asarray(render(picture, plan).convert("RGB"), float)

    assert pixels[50, :, 0] == pytest.approx(np.linspace(86, 169, 50), abs=2)
    assert pixels[:, 25, 1] == pytest.approx(np.linspace(1, 254, 100), abs=3)


@pytest.mark.parametrize("mode", ["RGBA", "L", "LA"])
def test_transparent_and_grey_pictures_are_scored(mode: str) -> None:
    image = photo("coffee.png", (200, 150)).convert(mode)

    assert planned(image, width=50, height=90).gain_over_centre is not None


def test_transparent_pixels_have_no_interest() -> None:
    image = scene(640, 360, (520, 180)).convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))

    assert planned(image, width=200, height=300).gain_over_centre == pytest.approx(0, abs=1e-4)


def test_auto_combines_the_faces_and_maps_of_the_detector() -> None:
    face = a_face(500, 100, 100)

    detector = Inspecting(Inspection((face,), [("faces", np.eye(8) + 0.1)]))
    # The lighter half is on the left, so the detector is shown the picture itself.
    picture = opened(ImageOps.mirror(photo("coffee.png")))
    crop_settings, _ = validate_settings({"mode": "auto", "width": 90, "height": 160})

    plans = [make_plan(picture, crop_settings.request(), detector) for _ in range(2)]

    assert plans[0] == plans[1]
    assert detector.sizes == [picture.size]  # one inspection for both
    plan = plans[0]
    assert (plan.mode, plan.strategy, plan.fallback) == ("auto", None, None)
    assert contains(plan.crop, face.box)
    assert plan.weights is not None
    assert "faces" in plan.weights
    assert plan.warnings == ()


def test_auto_without_a_detector_falls_back_to_saliency_with_a_warning() -> None:
    image = photo("coffee.png")

    auto, saliency = planned(image, mode="auto"), planned(image)

    assert (auto.mode, auto.strategy) == ("subject", "saliency")
    assert auto.fallback == "no-face-detection"
    assert "face detection is not part of this deployment" in auto.warnings[0]
    assert auto.cut == saliency.cut
    assert saliency.warnings == ()


def test_the_networks_maps_do_not_count_in_an_empty_picture() -> None:
    edges = np.zeros((15, 20))
    edges[0, 0] = 1000

    detector = Inspecting(Inspection((), [("novelty", edges)]))
    sky = opened(Image.new("RGB", (640, 480), "skyblue"))

    interest = compute_interest(sky, 1, detector)

    assert interest.map.weights["novelty"] == pytest.approx(0, abs=1e-4)


def test_the_overlay_shows_heat_and_constraints() -> None:
    picture = opened(Image.new("RGB", (400, 300), "grey"))
    crop_settings, _ = validate_settings(
        {
            "strategy": "saliency",
            "keep": [{"left": 100, "top": 100, "width": 50, "height": 50}],
            "avoid": [{"left": 0, "top": 0, "width": 0.1, "height": 0.1}],
        }
    )

    drawn = np.asarray(draw_overlay(picture, make_plan(picture, crop_settings.request())), int)

    assert tuple(drawn[100, 125]) == (70, 130, 255)
    assert tuple(drawn[0, 20]) == (255, 120, 0)
    assert drawn[150, 200, 0] > drawn[150, 200, 2] + 50  # the heat of the centre
