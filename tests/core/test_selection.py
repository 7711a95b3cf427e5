"""Saliency and auto mode: which window is chosen, and what the plan tells of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handler.codec import Limits, Picture, open_picture
from handler.core.detection import Inspection
from handler.core.face import Face
from handler.core.geometry import Box, Region, Size
from handler.core.image.frame import Frame
from handler.core.overlay import draw_overlay
from handler.core.plan import Plan
from handler.core.planner import make_plan
from handler.core.render import render
from handler.core.request import PixelConstraints
from handler.core.saliency.interest import Interest, combine, compute_interest
from handler.core.saliency.selection import Selection, select_window
from handler.settings import validate_settings
from tests.pictures import encoded, gradient, noise, photo, scene

untimed = settings(deadline=None)
PICTURE = Size(800, 600)
TALL = Size(9, 16)


class Inspecting:
    """A detector that sees the same in every picture, and counts the inspections."""

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


def weighed(*spots: tuple[float, float], faces: tuple[Face, ...] | None = ()) -> Interest:
    """Interest at shares of the picture's sides, and nowhere else."""
    place = np.linspace(0, 1, 64)
    values = sum(
        np.exp(-((place[:, np.newaxis] - y) ** 2 + (place - x) ** 2) / (2 * 0.05**2))
        for x, y in spots
    )
    return Interest(combine([("spots", np.asarray(values) ** 2)]), faces)


def holds(window: Box, box: Box) -> bool:
    across = window.left <= box.left and box.right <= window.right
    return across and window.top <= box.top and box.bottom <= window.bottom


def opened(image: Image.Image) -> Picture:
    return open_picture(encoded(image, "PNG"), Limits(10**8))


def planned(image: Image.Image, **wanted: object) -> Plan:
    return make_plan(
        opened(image), validate_settings({"strategy": "saliency", **wanted})[0].request()
    )


@st.composite
def crowds(draw: st.DrawFn) -> tuple[Face, ...]:
    faces = []
    for _ in range(draw(st.integers(1, 5))):
        side = draw(st.integers(20, 200))
        left, top = draw(st.integers(0, 800 - side)), draw(st.integers(0, 600 - side))
        faces.append(a_face(left, top, side, draw(st.floats(0.35, 1))))
    return tuple(faces)


@untimed
@given(crowds(), st.integers(1, 30), st.integers(1, 30), st.integers(0, 50))
def test_all_chosen_faces_that_fit_together_stay_whole(
    faces: tuple[Face, ...], width: int, height: int, padding: int
) -> None:
    target = Size(width, height)

    found = select_window(weighed((0.1, 0.1), faces=faces), PICTURE, target, padding=padding)

    boxes = [faces[index].box for index in found.chosen]
    cut = [box for box in boxes if not holds(found.crop, box)]
    assert found.faces_cut == len(cut)
    hull = boxes[0].around(*boxes)
    scale = min(800 / width, 600 / height)
    if hull.width <= width * scale and hull.height <= height * scale:
        assert not cut
    assert found.region.width * height == pytest.approx(found.region.height * width)


@pytest.mark.parametrize(("x", "side"), [(0.15, -1), (0.85, 1)])
def test_a_tall_window_goes_where_the_interest_is(x: float, side: int) -> None:
    found = select_window(weighed((x, 0.5)), PICTURE, TALL)

    middle = found.crop.left + found.crop.width / 2
    assert side * (middle - 400) > 150
    assert abs(found.focus.x - x * 800) < 30
    assert found.gain_over_centre > 0.5


def test_a_window_stays_in_the_centre_for_little() -> None:
    found = select_window(weighed((0.3, 0.5), (0.7, 0.5)), PICTURE, Size(1, 1))

    assert found.crop == Box(100, 0, 600, 600)
    assert found.gain_over_centre == pytest.approx(0, abs=1e-9)


def test_without_anything_of_interest_the_window_is_exactly_in_the_centre() -> None:
    for width, height in ((1, 1), (16, 9), (9, 16), (1, 5)):
        plan = planned(Image.new("RGB", (640, 480), "tan"), width=width * 10, height=height * 10)

        right, bottom = 640 - plan.crop.right, 480 - plan.crop.bottom
        assert abs(plan.crop.left - right) <= 1
        assert abs(plan.crop.top - bottom) <= 1


def test_a_face_by_the_edge_moves_a_window_that_has_other_interests() -> None:
    face = a_face(700, 200, 80)

    found = select_window(weighed((0.2, 0.5), faces=(face,)), PICTURE, TALL)

    assert holds(found.crop, face.box)
    # As far as it must, and no further.
    assert found.crop.right == pytest.approx(face.box.right, abs=1)


def test_the_largest_face_alone_can_be_asked_for() -> None:
    faces = (a_face(20, 200, 100), a_face(700, 200, 80))

    found = select_window(weighed((0.5, 0.5), faces=faces), PICTURE, TALL, choose="largest")

    assert (found.chosen, found.faces_cut) == ((0,), 0)


def test_padding_makes_a_smaller_window_that_still_holds_the_face() -> None:
    face = a_face(10, 10, 60)

    plain, padded = (
        select_window(weighed((0.5, 0.5), faces=(face,)), PICTURE, Size(1, 1), padding=padding)
        for padding in (0, 50)
    )

    assert plain.crop.height == 600
    assert padded.crop.height == 400
    assert holds(padded.crop, face.box)


def constrained(**constraints: object) -> Selection:
    faces = (a_face(700, 200, 80),)
    return select_window(
        weighed((0.8, 0.5), faces=faces),
        PICTURE,
        TALL,
        constraints=PixelConstraints(**constraints),  # type: ignore[arg-type]
    )


def test_a_focus_wins_over_faces_and_interest() -> None:
    found = constrained(focus=(250, 300))

    assert found.crop.left + found.crop.width / 2 == pytest.approx(250, abs=1)
    assert (found.focus.x, found.focus.y) == (250, 300)
    assert found.faces_cut == 1


def test_what_is_to_be_kept_wins_over_the_focus_and_over_faces() -> None:
    keep = Region(0, 0, 40, 40)

    assert constrained(focus=(700, 300), keep=(keep,)).crop.left == 0
    assert constrained(keep=(keep,)).crop.left == 0


def test_faces_win_over_what_is_to_be_avoided() -> None:
    found = constrained(avoid=(Region(690, 0, 110, 600),))

    assert found.faces_cut == 0


def test_what_is_avoided_is_of_no_interest() -> None:
    weighs = weighed((0.8, 0.5), (0.2, 0.5))

    found = select_window(
        weighs, PICTURE, TALL, constraints=PixelConstraints(avoid=(Region(500, 0, 300, 600),))
    )

    assert found.crop.right <= 500
    assert found.focus.x < 300


def test_saliency_finds_the_patch_and_tells_why() -> None:
    plan = planned(scene(640, 360, (520, 180)), width=200, height=300)

    assert holds(plan.crop, Box(490, 150, 60, 60))
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
def test_the_result_has_the_size_that_was_asked_for(
    width: int, height: int, across: int, down: int, padding: int
) -> None:
    picture = opened(noise(width, height))
    wanted = {"strategy": "saliency", "width": across, "height": down, "padding": padding}

    plan = make_plan(picture, validate_settings(wanted)[0].request())

    assert render(picture, plan).size == (across, down)
    assert 0 <= plan.crop.left < plan.crop.right <= width
    assert 0 <= plan.crop.top < plan.crop.bottom <= height
    assert plan.crop.left <= plan.focus.x < plan.crop.right
    assert plan.crop.top <= plan.focus.y < plan.crop.bottom


def test_the_window_is_rendered_undistorted() -> None:
    picture = opened(gradient(300, 200))
    wanted = {"strategy": "saliency", "width": 50, "height": 100, "focus": {"x": 0.5, "y": 0.5}}
    plan = make_plan(picture, validate_settings(wanted)[0].request())

    pixels = np.asarray(render(picture, plan).convert("RGB"), float)

    assert pixels[50, :, 0] == pytest.approx(np.linspace(86, 169, 50), abs=2)
    assert pixels[:, 25, 1] == pytest.approx(np.linspace(1, 254, 100), abs=3)


@pytest.mark.parametrize("mode", ["RGBA", "L", "LA"])
def test_transparent_and_grey_pictures_are_weighed(mode: str) -> None:
    image = photo("coffee.png", (200, 150)).convert(mode)

    assert planned(image, width=50, height=90).gain_over_centre is not None


def test_what_is_transparent_draws_no_eye() -> None:
    image = scene(640, 360, (520, 180)).convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))

    assert planned(image, width=200, height=300).gain_over_centre == pytest.approx(0, abs=1e-6)


def test_auto_weighs_what_was_seen_beside_the_pixels() -> None:
    face = a_face(500, 100, 100)

    detector = Inspecting(Inspection((face,), [("faces", np.eye(8) + 0.1)]))
    picture = opened(photo("coffee.png"))
    wanted, _ = validate_settings({"mode": "auto", "width": 90, "height": 160})

    plans = [make_plan(picture, wanted.request(), detector) for _ in range(2)]

    assert plans[0] == plans[1]
    assert detector.sizes == [picture.size]  # once for both
    plan = plans[0]
    assert (plan.mode, plan.strategy, plan.fallback) == ("auto", None, None)
    assert holds(plan.crop, face.box)
    assert plan.weights is not None
    assert "faces" in plan.weights
    assert plan.warnings == ()


def test_auto_without_a_detector_is_saliency_and_says_so() -> None:
    image = photo("coffee.png")

    auto, saliency = planned(image, mode="auto"), planned(image)

    assert (auto.mode, auto.strategy) == ("subject", "saliency")
    assert auto.fallback == "no-face-detection"
    assert "face detection is not part of this deployment" in auto.warnings[0]
    assert auto.cut == saliency.cut
    assert saliency.warnings == ()


def test_a_thing_in_an_empty_picture_is_not_outvoted_by_a_networks_own_edges() -> None:
    edges = np.zeros((15, 20))
    edges[0, 0] = 1000

    detector = Inspecting(Inspection((), [("novelty", edges)]))
    sky = opened(Image.new("RGB", (640, 480), "skyblue"))

    interest = compute_interest(sky, 1, detector)

    assert interest.map.weights["novelty"] == pytest.approx(0, abs=1e-6)


def test_the_overlay_shows_heat_and_what_was_said_constrained() -> None:
    picture = opened(Image.new("RGB", (400, 300), "grey"))
    wanted, _ = validate_settings(
        {
            "strategy": "saliency",
            "keep": [{"left": 100, "top": 100, "width": 50, "height": 50}],
            "avoid": [{"left": 0, "top": 0, "width": 0.1, "height": 0.1}],
        }
    )

    drawn = np.asarray(draw_overlay(picture, make_plan(picture, wanted.request())), int)

    assert tuple(drawn[100, 125]) == (70, 130, 255)
    assert tuple(drawn[0, 20]) == (255, 120, 0)
    assert drawn[150, 200, 0] > drawn[150, 200, 2] + 50  # the centre glows
