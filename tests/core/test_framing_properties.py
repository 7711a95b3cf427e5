"""Properties of every framing."""

from collections.abc import Callable, Sequence
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from handler.core.face import Face
from handler.core.framing import PRESETS, frame_faces
from handler.core.geometry import Box, Region, Size, half_up
from handler.core.request import FaceChoice, FacePreset
from tests.core.test_framing import SQUARE, contains, eye_share, face

# Other work on the machine may slow a test down.
untimed = settings(deadline=None)

presets = st.sampled_from(list(PRESETS))
wider_presets = st.sampled_from([preset for preset in PRESETS if preset != "closeup"])
paddings = st.integers(0, 50)
turns = st.sampled_from([0, 90, 180, 270])
targets = st.sampled_from([(1, 1), (4, 5), (16, 9), (9, 16), (3, 2), (1, 3), (5, 1)]).map(
    lambda sides: Size(360 * sides[0], 360 * sides[1])
)
# Aspects at which the tightest preset is at least as wide as a face.
roomy_targets = st.sampled_from([(1, 1), (4, 5), (16, 9), (9, 16), (2, 1)]).map(
    lambda sides: Size(360 * sides[0], 360 * sides[1])
)
pictures = st.builds(Size, st.integers(80, 4000), st.integers(80, 4000))
# Far larger than any window in the tests below.
VAST = Size(100_000, 100_000)


@st.composite
def people(draw: st.DrawFn, picture: Size, *, most: int = 6) -> list[Face]:
    """Draw faces inside a picture, in any orientation."""
    largest = min(picture.width, picture.height)
    faces = []
    for _ in range(draw(st.integers(1, most))):
        side = draw(st.integers(8, largest))
        left = draw(st.integers(0, picture.width - side))
        top = draw(st.integers(0, picture.height - side))
        score = draw(st.integers(20, 100)) / 100
        faces.append(face(left, top, side, score, turn=draw(turns)))
    return faces


@st.composite
def photos(draw: st.DrawFn, *, most: int = 6) -> tuple[Size, list[Face]]:
    """Draw a picture with people in it."""
    picture = draw(pictures)
    return picture, draw(people(picture, most=most))


@st.composite
def people_in_the_middle(draw: st.DrawFn) -> list[Face]:
    """Draw a group in the middle of a vast picture, so that no window touches the edge."""
    scores = st.integers(50, 100).map(lambda score: score / 100)
    places = st.integers(49_000, 51_000)
    sides = st.integers(100, 380)
    one = st.builds(
        lambda left, top, side, score, turn: face(left, top, side, score, turn=turn),
        places,
        places,
        sides,
        scores,
        turns,
    )
    return draw(st.lists(one, min_size=1, max_size=5))


def mapped(one: Face, to: Callable[[float, float], tuple[float, float]]) -> Face:
    """Return the face after a transformation of the whole picture."""
    box = one.box
    (x, y), (other_x, other_y) = to(box.left, box.top), to(box.right, box.bottom)
    left, top = int(min(x, other_x)), int(min(y, other_y))
    width, height = int(abs(x - other_x)), int(abs(y - other_y))
    landmarks = tuple(to(*landmark) for landmark in one.landmarks)
    return replace(one, box=Box(left, top, width, height), landmarks=landmarks)


def largest_window(picture: Size, target: Size) -> tuple[float, float]:
    scale = min(picture.width / target.width, picture.height / target.height)
    return target.width * scale, target.height * scale


def around(boxes: Sequence[Box]) -> Box:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(left, top, right - left, bottom - top)


def sides(region: Region) -> tuple[float, float, float, float]:
    return region.left, region.top, region.width, region.height


def within_a_pixel(one: Box, other: Box) -> bool:
    edges = ("left", "top", "right", "bottom", "width", "height")
    return all(abs(getattr(one, edge) - getattr(other, edge)) <= 1 for edge in edges)


wild = st.integers(-3000, 6000)
wild_faces = st.builds(
    Face,
    st.builds(Box, wild, wild, st.integers(1, 4000), st.integers(1, 4000)),
    st.floats(0, 1),
    st.tuples(*[st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))] * 5),
)


@untimed
@given(
    faces=st.lists(wild_faces, min_size=1, max_size=8),
    picture=st.builds(Size, st.integers(1, 3000), st.integers(1, 3000)),
    target=st.builds(Size, st.integers(1, 10_000), st.integers(1, 10_000)),
    preset=presets,
    padding=paddings,
    choose=st.sampled_from(get_args(FaceChoice)),
)
def test_the_window_is_inside_the_picture_and_has_the_targets_aspect(
    faces: list[Face],
    picture: Size,
    target: Size,
    preset: FacePreset,
    padding: int,
    choose: FaceChoice,
) -> None:
    framing = frame_faces(faces, picture, target, preset=preset, padding=padding, choose=choose)
    window, region = framing.window, framing.region
    assert window.width >= 1
    assert window.height >= 1
    assert contains(Box(0, 0, picture.width, picture.height), window)
    # One pixel more or less on a side corrects it.
    pixel = max(target.width, target.height)
    assert abs(window.width * target.height - window.height * target.width) <= pixel
    assert region.width * target.height == pytest.approx(region.height * target.width)
    assert max(abs(a - b) for a, b in zip(sides(window.region()), sides(region), strict=True)) <= 1
    assert contains(window, Box(framing.focus.x, framing.focus.y, 1, 1))
    assert 0 <= framing.faces_cut <= len(framing.chosen)


@untimed
@given(photo=photos(), target=targets, preset=presets, padding=paddings)
def test_every_chosen_face_is_contained_if_any_window_can_contain_them_all(
    photo: tuple[Size, list[Face]], target: Size, preset: FacePreset, padding: int
) -> None:
    picture, faces = photo
    framing = frame_faces(faces, picture, target, preset=preset, padding=padding)
    boxes = [faces[index].box for index in framing.chosen]
    group, (width, height) = around(boxes), largest_window(picture, target)
    assume(group.width <= width and group.height <= height)
    assert all(contains(framing.window, box) for box in boxes)
    assert framing.faces_cut == 0


@untimed
@given(photo=photos(), target=targets, preset=presets)
def test_faces_cut_counts_the_chosen_faces_that_are_not_whole_in_the_window(
    photo: tuple[Size, list[Face]], target: Size, preset: FacePreset
) -> None:
    picture, faces = photo
    framing = frame_faces(faces, picture, target, preset=preset)
    cut = [not contains(framing.window, faces[index].box) for index in framing.chosen]
    assert framing.faces_cut == sum(cut)


@untimed
@given(photo=photos(), target=targets, preset=presets)
def test_no_window_in_the_picture_contains_more_or_larger_faces(
    photo: tuple[Size, list[Face]], target: Size, preset: FacePreset
) -> None:
    picture, faces = photo
    framing = frame_faces(faces, picture, target, preset=preset)
    chosen = [faces[index] for index in framing.chosen]
    width, height = (int(side) for side in largest_window(picture, target))
    assume(width and height)

    def held(window: Box) -> int:
        return sum(one.box.height for one in chosen if contains(window, one.box))

    best = max(
        held(Box(left, top, width, height).clamp_to(picture))
        for left in (0, *(one.box.left for one in chosen))
        for top in (0, *(one.box.top for one in chosen))
    )
    assert held(framing.window) >= best


@untimed
@given(photo=photos(), target=targets, preset=presets, scale=st.integers(2, 7))
def test_a_larger_copy_of_the_picture_is_framed_the_same(
    photo: tuple[Size, list[Face]], target: Size, preset: FacePreset, scale: int
) -> None:
    picture, faces = photo
    larger = [mapped(one, lambda x, y: (x * scale, y * scale)) for one in faces]
    framing = frame_faces(faces, picture, target, preset=preset)
    again = frame_faces(
        larger, Size(picture.width * scale, picture.height * scale), target, preset=preset
    )
    assert again.chosen == framing.chosen
    # If not all faces fit, a difference of less than a pixel can decide the last step.
    assume(not framing.faces_cut)
    expected = tuple(side * scale for side in sides(framing.region))
    assert sides(again.region) == pytest.approx(expected, abs=0.01)


@untimed
@given(faces=people_in_the_middle(), target=targets, preset=presets, by=st.tuples(wild, wild))
def test_the_window_moves_with_its_group(
    faces: list[Face], target: Size, preset: FacePreset, by: tuple[int, int]
) -> None:
    moved = [mapped(one, lambda x, y: (x + by[0], y + by[1])) for one in faces]
    before = frame_faces(faces, VAST, target, preset=preset)
    after = frame_faces(moved, VAST, target, preset=preset)
    left, top, width, height = sides(before.region)
    expected = (left + by[0], top + by[1], width, height)
    assert sides(after.region) == pytest.approx(expected, abs=0.01)


@untimed
@given(photo=photos(), target=targets, preset=presets, padding=paddings)
def test_a_mirrored_picture_has_the_mirrored_window(
    photo: tuple[Size, list[Face]], target: Size, preset: FacePreset, padding: int
) -> None:
    picture, faces = photo
    mirrored = [mapped(one, lambda x, y: (picture.width - x, y)) for one in faces]
    before = frame_faces(faces, picture, target, preset=preset, padding=padding)
    after = frame_faces(mirrored, picture, target, preset=preset, padding=padding)
    # If two mirrored halves do not fit together, one of them has to be chosen.
    assume(not before.faces_cut)
    window = before.window
    image = replace(window, left=picture.width - window.right)
    assert within_a_pixel(after.window, image)


@untimed
@given(photo=photos(most=1), preset=presets, padding=paddings)
def test_a_turned_picture_has_the_turned_square_window(
    photo: tuple[Size, list[Face]], preset: FacePreset, padding: int
) -> None:
    picture, faces = photo
    turned = [mapped(one, lambda x, y: (picture.height - y, x)) for one in faces]
    before = frame_faces(faces, picture, SQUARE, preset=preset, padding=padding)
    after = frame_faces(turned, picture.swapped, SQUARE, preset=preset, padding=padding)
    window = before.window
    image = Box(picture.height - window.bottom, window.left, window.height, window.width)
    assert within_a_pixel(after.window, image)


@untimed
@given(
    side=st.integers(8, 3000), target=roomy_targets, preset=presets, padding=paddings, turn=turns
)
def test_one_face_gets_exactly_the_presets_multiple_of_its_height(
    side: int, target: Size, preset: FacePreset, padding: int, turn: int
) -> None:
    one = face(48_000, 49_000, side, turn=0 if target.width < target.height else turn)
    framing = frame_faces([one], VAST, target, preset=preset, padding=padding)
    expected = PRESETS[preset].multiple * side * (1 + padding / 100)
    assert framing.region.height == pytest.approx(expected)
    assert framing.window.height == half_up(framing.region.height)


@untimed
@given(faces=people_in_the_middle(), target=targets, preset=presets, padding=paddings)
def test_no_face_in_a_group_is_framed_tighter_than_alone(
    faces: list[Face], target: Size, preset: FacePreset, padding: int
) -> None:
    framing = frame_faces(faces, VAST, target, preset=preset, padding=padding)
    multiple = PRESETS[preset].multiple * (1 + padding / 100)
    for index in framing.chosen:
        assert framing.region.height >= multiple * faces[index].box.height - 1e-6


@untimed
@given(side=st.integers(20, 3000), target=targets, preset=wider_presets, padding=paddings)
def test_in_the_wider_presets_the_eyes_are_near_the_upper_third(
    side: int, target: Size, preset: FacePreset, padding: int
) -> None:
    one = face(48_000, 49_000, side)
    framing = frame_faces([one], VAST, target, preset=preset, padding=padding)
    assert 0.28 <= eye_share(framing) <= 0.40


@untimed
@given(
    places=st.lists(st.tuples(st.integers(0, 3000), st.integers(200, 260)), min_size=2, max_size=6),
    target=targets,
    preset=wider_presets,
)
def test_in_the_wider_presets_the_eyes_of_a_row_are_near_the_upper_third(
    places: list[tuple[int, int]], target: Size, preset: FacePreset
) -> None:
    row = [face(48_000 + left, 50_000 - side, side) for left, side in places]
    framing = frame_faces(row, VAST, target, preset=preset)
    assert 0.28 <= eye_share(framing) <= 0.40


@untimed
@given(photo=photos(most=1), target=roomy_targets, padding=paddings)
def test_the_closeup_contains_the_hair_if_it_is_inside_the_picture(
    photo: tuple[Size, list[Face]], target: Size, padding: int
) -> None:
    picture, (one,) = photo
    upright = face(one.box.left, one.box.top, one.box.height)
    framing = frame_faces([upright], picture, target, preset="closeup", padding=padding)
    _, height = largest_window(picture, target)
    assume(1.8 * upright.box.height <= height)
    hair = max(0.0, upright.box.top - 0.55 * upright.box.height)
    assert framing.region.top <= hair + 1e-6


@untimed
@given(
    faces=people_in_the_middle(),
    size=st.floats(0.02, 0.15),
    score=st.floats(0.01, 0.2),
    tiny=st.booleans(),
    place=st.tuples(st.integers(0, 90_000), st.integers(0, 90_000)),
    target=targets,
    preset=presets,
)
def test_one_more_tiny_or_weak_detection_changes_nothing(
    faces: list[Face],
    size: float,
    score: float,
    tiny: bool,
    place: tuple[int, int],
    target: Size,
    preset: FacePreset,
) -> None:
    main = max(faces, key=lambda one: one.box.height * one.score)
    side = max(1, int(main.box.height * size)) if tiny else main.box.height
    extra = face(*place, side, 0.99 * main.score if tiny else score)
    before = frame_faces(faces, VAST, target, preset=preset)
    after = frame_faces([*faces, extra], VAST, target, preset=preset)
    assert replace(after, reason="") == replace(before, reason="")


@untimed
@given(photo=photos(), target=targets, preset=presets, padding=st.integers(0, 49))
def test_more_padding_never_narrows_the_window(
    photo: tuple[Size, list[Face]], target: Size, preset: FacePreset, padding: int
) -> None:
    picture, faces = photo
    less = frame_faces(faces, picture, target, preset=preset, padding=padding)
    more = frame_faces(faces, picture, target, preset=preset, padding=padding + 1)
    assert more.window.width >= less.window.width
    assert more.window.height >= less.window.height


@untimed
@given(photo=photos(), target=targets, preset=presets)
def test_the_order_of_the_faces_does_not_matter(
    photo: tuple[Size, list[Face]], target: Size, preset: FacePreset
) -> None:
    picture, faces = photo
    before = frame_faces(faces, picture, target, preset=preset)
    after = frame_faces(faces[::-1], picture, target, preset=preset)
    assume(not before.faces_cut)
    assert within_a_pixel(after.window, before.window)
