"""Focus, keep and avoid in every mode."""

import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.face import Face
from handler.core.geometry import Box, Size
from handler.core.image.frame import Frame
from handler.core.plan import Plan
from handler.core.planner import make_plan
from handler.core.render import render
from handler.settings import validate_settings
from tests.core.test_selection import a_face, contains
from tests.pictures import encoded, photo

PHOTO = photo("coffee.png", (600, 400))
FACE = a_face(450, 60, 80)
MODES: dict[str, dict[str, object]] = {
    "attention": {"mode": "subject"},
    "entropy": {"strategy": "entropy"},
    "saliency": {"strategy": "saliency"},
    "auto": {"mode": "auto"},
    "face": {"mode": "face", "facePreset": "closeup"},
    "no face": {"mode": "face"},
}


class FixedDetector:
    """A detector that returns fixed faces and no inspection."""

    def __init__(self, faces: list[Face]) -> None:
        self._faces = faces

    def find(self, _: Frame) -> list[Face]:
        return self._faces

    def inspect(self, _: Image.Image, __: Size) -> None:
        return None


def planned(name: str, image: Image.Image = PHOTO, **settings: object) -> Plan:
    faces: list[Face] = [FACE] if name == "face" else []

    picture = open_picture(encoded(image, "PNG"), Limits(10**8))
    crop_settings = validate_settings({"width": 90, "height": 160, **MODES[name], **settings})[0]
    plan = make_plan(picture, crop_settings.request(), FixedDetector(faces))
    assert render(picture, plan).size == (crop_settings.width, crop_settings.height)
    return plan


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("padding", [0, 30])
def test_the_window_is_centred_on_the_focus(name: str, padding: int) -> None:
    plan = planned(name, focus={"x": 0.4, "y": 0.6}, padding=padding)

    crop = plan.crop
    assert crop.left + crop.width / 2 == pytest.approx(240, abs=1)
    if crop.height < 300:
        assert crop.top + crop.height / 2 == pytest.approx(240, abs=1)
    assert (plan.focus.x, plan.focus.y) == (240, 240)
    assert plan.reason.startswith("Centred on the given focus")


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("left", [0, 0.8])
def test_a_kept_area_is_whole_in_the_window(name: str, left: float) -> None:
    plan = planned(name, keep=[{"left": left, "top": 0.1, "width": 0.2, "height": 0.6}])

    box = Box(round(left * 600), 40, 120, 240)
    assert contains(plan.crop, box)
    assert plan.warnings == (() if name != "auto" else plan.warnings[:1])
    assert plan.constraints.keep


@pytest.mark.parametrize("name", ["attention", "entropy", "saliency", "auto"])
def test_an_avoided_area_is_outside_the_window(name: str) -> None:
    left, right = (
        planned(name, avoid=[{"left": x, "top": 0, "width": 300, "height": 400}]).crop
        for x in (0, 300)
    )

    assert left.left >= 300
    assert right.right <= 300


def test_a_chosen_face_stays_whole_next_to_an_avoided_area() -> None:
    plan = planned("face", avoid=[{"left": 500, "top": 0, "width": 100, "height": 400}])

    assert contains(plan.crop, FACE.box)
    assert plan.faces_cut == 0
    assert any(line.startswith("avoid: 1 box partly") for line in plan.warnings)


def test_a_closeup_grows_to_contain_a_kept_area() -> None:
    keep = [{"left": 350, "top": 50, "width": 30, "height": 300}]

    tight, wide = planned("face"), planned("face", keep=keep)

    assert tight.crop.height < 200
    assert wide.crop.height >= 300
    assert contains(wide.crop, Box(350, 50, 30, 300))
    assert contains(wide.crop, FACE.box)


def test_kept_areas_that_do_not_fit_are_a_warning() -> None:
    boxes = [{"left": left, "top": 0, "width": 0.1, "height": 0.1} for left in (0, 0.9)]

    plan = planned("saliency", keep=boxes)

    assert plan.warnings == ("keep: 1 box not whole in the window",)


@pytest.mark.parametrize("name", ["attention", "saliency"])
def test_boxes_outside_the_picture_are_ignored_with_a_warning(name: str) -> None:
    outside = {"left": 5000, "top": 0, "width": 10, "height": 10}

    plan = planned(name, keep=[outside], avoid=[outside])

    assert plan.crop == planned(name).crop
    assert plan.warnings == ("keep and avoid: 2 boxes outside the picture, ignored",)


def test_empty_constraints_do_not_change_the_plan() -> None:
    plain = planned("attention")

    assert plain == planned("attention", keep=[], avoid=[], focus=None)
    assert not plain.constraints


def test_trim_honours_keep_and_warns_that_it_ignores_focus_and_avoid() -> None:
    image = Image.new("RGB", (200, 100), "white")
    image.paste("black", (50, 40, 70, 60))
    picture = open_picture(encoded(image, "PNG"), Limits(10**8))
    crop_settings, _ = validate_settings(
        {
            "mode": "trim",
            "keep": [{"left": 100, "top": 10, "width": 20, "height": 30}],
            "focus": {"x": 0.1, "y": 0.1},
            "avoid": [{"left": 0, "top": 0, "width": 1, "height": 1}],
        }
    )

    plan = make_plan(picture, crop_settings.request())

    assert plan.crop == Box(50, 10, 70, 50)
    assert [line.partition(":")[0] for line in plan.warnings] == ["focus", "avoid"]
    assert render(picture, plan).size == (70, 50)
