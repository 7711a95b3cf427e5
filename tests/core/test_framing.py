"""Examples of framed people."""

import pytest

from handler.core.face import Face
from handler.core.framing import PRESETS, Framing, frame_faces
from handler.core.geometry import Box, Point, Size
from handler.core.request import FacePreset

SQUARE = Size(1080, 1080)
STORY = Size(1080, 1920)
# Positions of the five landmarks in an upright face, in sides of its box.
LANDMARKS = ((0.29, 0.28), (0.71, 0.28), (0.5, 0.52), (0.33, 0.71), (0.67, 0.71))
QUARTER_TURNS = {
    0: lambda x, y: (x, y),
    90: lambda x, y: (1 - y, x),
    180: lambda x, y: (1 - x, 1 - y),
    270: lambda x, y: (y, 1 - x),
}


def face(left: int, top: int, side: int, score: float = 0.9, *, turn: int = 0) -> Face:
    """Return a face with all landmarks, rotated clockwise by ``turn`` degrees."""
    places = (QUARTER_TURNS[turn](x, y) for x, y in LANDMARKS)
    landmarks = tuple((left + x * side, top + y * side) for x, y in places)
    return Face(Box(left, top, side, side), score, landmarks)


def contains(window: Box, box: Box) -> bool:
    """Return whether all of ``box`` is in ``window``."""
    across = window.left <= box.left and box.right <= window.right
    return across and window.top <= box.top and box.bottom <= window.bottom


def eye_share(framing: Framing) -> float:
    """Return the distance of the eyes from the top, as a share of the window's height."""
    assert framing.eye_line is not None
    return (framing.eye_line - framing.window.top) / framing.window.height


def test_a_portrait_is_framed_from_above_the_hair_to_below_the_shoulders() -> None:
    framing = frame_faces([face(1800, 1000, 400)], Size(4000, 3000), SQUARE)
    assert framing.window == Box(1440, 709, 1120, 1120)
    assert framing.chosen == (0,)
    assert framing.faces_cut == 0
    assert framing.focus == Point(2000, 1112)
    assert framing.eye_line == pytest.approx(1112)
    assert framing.reason == "The head-shoulders window around the face: 2.8 times the face height."


@pytest.mark.parametrize(
    ("preset", "height", "eyes"),
    [
        ("closeup", 180, 0.46),
        ("head-shoulders", 280, 0.36),
        ("upper-body", 450, 0.333),
        ("half-body", 700, 0.30),
    ],
)
def test_each_preset_has_its_height_and_eye_line(
    preset: FacePreset, height: int, eyes: float
) -> None:
    framing = frame_faces([face(950, 950, 100)], Size(2000, 2000), STORY, preset=preset)
    assert framing.window.height == height
    assert eye_share(framing) == pytest.approx(eyes, abs=0.01)


def test_padding_widens_the_window_by_a_percentage() -> None:
    framing = frame_faces([face(950, 950, 100)], Size(2000, 2000), SQUARE, padding=25)
    assert framing.window.height == 350
    assert "25 % padding" in framing.reason


def test_a_face_near_the_edge_moves_the_window_and_keeps_its_size() -> None:
    framing = frame_faces([face(10, 5, 100)], Size(2000, 2000), SQUARE)
    assert framing.window == Box(0, 0, 280, 280)


def test_in_a_small_picture_the_window_is_the_largest_of_its_aspect() -> None:
    framing = frame_faces([face(200, 100, 150)], Size(500, 300), SQUARE, preset="half-body")
    assert framing.window == Box(125, 0, 300, 300)
    assert "limited by the picture" in framing.reason


def test_a_row_of_faces_is_framed_like_one_face_if_the_window_is_wide_enough() -> None:
    row = [face(1000 + 150 * place, 800, 100) for place in range(4)]
    framing = frame_faces(row, Size(3000, 2000), Size(1600, 400), preset="upper-body")
    assert framing.window.height == 450


def test_the_window_grows_sideways_to_contain_a_group_with_margins() -> None:
    row = [face(1000 + 150 * place, 800, 100) for place in range(4)]
    framing = frame_faces(row, Size(3000, 2000), SQUARE, preset="closeup")
    assert framing.window.left == 1000 - 25
    assert framing.window.right == 1550 + 25
    assert eye_share(framing) == pytest.approx(0.3165, abs=0.01)
    assert framing.reason == (
        "The closeup window around all 4 faces: 1.8 times the face height, "
        "enlarged to contain them with a margin."
    )


def test_the_margins_of_the_outer_faces_depend_on_their_own_size() -> None:
    group = [face(1000, 800, 200), face(1500, 850, 100)]
    framing = frame_faces(group, Size(3000, 2000), SQUARE, preset="closeup")
    assert framing.window.left == 1000 - 50
    assert framing.window.right == 1600 + 25
    padded = frame_faces(group, Size(3000, 2000), SQUARE, preset="closeup", padding=20)
    assert padded.region.left + padded.region.right == pytest.approx(950 + 1625)


def test_margins_outside_the_picture_do_not_enlarge_the_window() -> None:
    row = [face(200 * place, 800, 100) for place in range(4)]
    framing = frame_faces(row, Size(3000, 2000), SQUARE, preset="closeup")
    assert (framing.window.left, framing.window.right) == (0, 700 + 25)


def test_the_eye_line_of_a_group_is_nearer_to_that_of_the_larger_faces() -> None:
    group = [face(1000, 800, 300), face(1500, 1000, 100)]
    framing = frame_faces(group, Size(3000, 2000), SQUARE)
    assert framing.eye_line == pytest.approx((3 * (800 + 84) + (1000 + 28)) / 4)


def test_a_second_row_adds_its_distance_and_not_a_multiple_of_it() -> None:
    rows = [face(1000, 800, 100), face(1000, 950, 100)]
    framing = frame_faces(rows, Size(3000, 2000), SQUARE, preset="upper-body")
    assert framing.window.height == 450 + 150


def test_of_people_at_both_ends_only_the_nearer_one_is_framed() -> None:
    near, far = face(100, 400, 200, 0.6), face(1700, 400, 150, 0.9)
    framing = frame_faces([far, near], Size(2000, 1000), STORY)
    assert contains(framing.window, near.box)
    assert framing.window.right <= far.box.left
    assert framing.chosen == (0, 1)
    assert framing.faces_cut == 1
    assert "1 of 2 not whole in the window" in framing.reason


def test_of_a_long_row_the_middle_is_kept() -> None:
    row = [face(100 + 300 * place, 400, 100) for place in range(7)]
    framing = frame_faces(row, Size(2100, 1000), Size(500, 600))
    inside = [place for place in range(7) if contains(framing.window, row[place].box)]
    assert inside == [2, 3, 4]
    assert framing.faces_cut == 4


def test_two_people_outweigh_one_who_is_somewhat_nearer() -> None:
    one, two = face(0, 400, 150), [face(1600, 400, 100), face(1750, 420, 100)]
    framing = frame_faces([one, *two], Size(2000, 1000), STORY)
    assert all(contains(framing.window, person.box) for person in two)


def test_the_window_moves_off_a_face_that_it_cannot_contain() -> None:
    # Centred on the nearer face, the window would end at x = 640, and the other begins at 620.
    near, other = face(400, 200, 200), face(620, 210, 190)
    framing = frame_faces([near, other], Size(1000, 600), Size(300, 600))
    assert framing.window == Box(620 - 280, framing.window.top, 280, 560)
    assert contains(framing.window, near.box)


@pytest.mark.parametrize(
    "extra",
    [face(3500, 2500, 60, 0.99), face(3500, 2500, 300, 0.4), face(3500, 2500, 60, 0.2)],
    ids=["tiny", "weak", "both"],
)
def test_a_tiny_or_weak_detection_next_to_a_portrait_changes_nothing(extra: Face) -> None:
    portrait = face(1000, 800, 400, 0.95)
    alone = frame_faces([portrait], Size(4000, 3000), SQUARE)
    combined = frame_faces([extra, portrait], Size(4000, 3000), SQUARE)
    assert (combined.window, combined.focus, combined.faces_cut) == (alone.window, alone.focus, 0)
    assert combined.chosen == (1,)
    assert "1 of 2 faces (the others are too small or uncertain)" in combined.reason


def test_a_tiny_detection_with_a_high_score_does_not_replace_a_portrait_in_profile() -> None:
    profile, poster = face(1000, 800, 400, 0.45), face(3500, 2500, 60, 0.99)
    assert frame_faces([profile, poster], Size(4000, 3000), SQUARE).chosen == (0,)


def test_a_second_face_at_half_the_size_is_contained() -> None:
    friends = [face(1000, 800, 400), face(2600, 900, 200, 0.6)]
    framing = frame_faces(friends, Size(4000, 3000), SQUARE)
    assert framing.chosen == (0, 1)
    assert framing.faces_cut == 0


def test_largest_frames_the_largest_face_alone() -> None:
    friends = [face(1000, 800, 300), face(2600, 900, 320, 0.7)]
    framing = frame_faces(friends, Size(4000, 3000), SQUARE, choose="largest")
    assert framing.chosen == (1,)
    assert framing.window == frame_faces(friends[1:], Size(4000, 3000), SQUARE).window
    assert "the largest of 2 faces" in framing.reason


def test_sideways_heads_have_no_eye_line_and_a_margin_for_the_hair_at_their_side() -> None:
    framing = frame_faces([face(950, 950, 100, turn=90)], Size(2000, 2000), SQUARE)
    assert framing.eye_line is None
    # As wide above the crown, now to the right, as the upright window is high above it.
    assert framing.window == Box(843, 860, 280, 280)


def test_a_narrow_window_around_a_sideways_head_grows_until_its_hair_is_in() -> None:
    lying = face(950, 950, 100, turn=90)
    framing = frame_faces([lying], Size(2000, 2000), STORY, preset="closeup")
    assert (framing.window.left, framing.window.right) == (950 - 25, 1050 + 55)


def test_a_head_upside_down_has_its_eyes_near_the_lower_third() -> None:
    framing = frame_faces([face(950, 950, 100, turn=180)], Size(2000, 2000), SQUARE)
    assert eye_share(framing) == pytest.approx(1 - 0.36, abs=0.01)


def test_heads_in_opposite_directions_are_framed_as_upright() -> None:
    heads = [face(900, 950, 120, turn=90), face(1100, 950, 100, turn=270)]
    assert frame_faces(heads, Size(2000, 2000), SQUARE).eye_line is not None


def test_a_face_larger_than_any_window_is_cut_around_the_eyes() -> None:
    framing = frame_faces([face(20, 20, 360)], Size(400, 400), Size(1600, 400))
    assert framing.window == Box(0, framing.window.top, 400, 100)
    assert framing.faces_cut == 1
    assert eye_share(framing) == pytest.approx(0.46, abs=0.01)


def test_a_window_narrower_than_a_profile_is_cut_around_its_eyes() -> None:
    side, looking_right = 360, ((0.8, 0.28), (0.9, 0.28), (0.95, 0.5), (0.75, 0.7), (0.8, 0.7))
    landmarks = tuple((20 + x * side, 20 + y * side) for x, y in looking_right)
    profile = Face(Box(20, 20, side, side), 0.9, landmarks)
    framing = frame_faces([profile], Size(400, 400), Size(100, 400))
    assert framing.window == Box(276, 0, 100, 400)
    assert framing.focus.x == 326


def test_coinciding_landmarks_count_as_upright() -> None:
    nowhere = Face(Box(950, 950, 100, 100), 0.9, ((9999.0, -9999.0),) * 5)
    framing = frame_faces([nowhere], Size(2000, 2000), SQUARE)
    assert contains(framing.window, nowhere.box)
    assert framing.eye_line == 950
    assert contains(framing.window, Box(framing.focus.x, framing.focus.y, 1, 1))


def test_a_face_cut_by_the_edge_is_framed_by_its_full_size() -> None:
    # Only the lower 60 of 100 rows are in the picture.
    cut = Face(Box(950, 0, 100, 60), 0.9, face(950, -40, 100).landmarks)
    framing = frame_faces([cut], Size(2000, 2000), SQUARE)
    assert framing.window.height == 280
    assert framing.faces_cut == 0


def test_the_visible_part_of_a_face_at_the_edge_is_contained() -> None:
    framing = frame_faces([face(-40, -40, 100)], Size(2000, 2000), SQUARE)
    assert framing.window == Box(0, 0, 280, 280)
    assert framing.faces_cut == 0


def test_wider_presets_are_wider() -> None:
    multiples = [rule.multiple for rule in PRESETS.values()]
    assert multiples == sorted(multiples)


def test_no_face_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one face"):
        frame_faces([], Size(100, 100), SQUARE)
