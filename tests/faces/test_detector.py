"""Detection in real photos, and the scale at which they are decoded."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, Picture, open_picture
from handler.core.face import Face
from handler.core.geometry import Box, Orientation, Size
from handler.core.image.frame import Pixels
from handler.faces import FaceDetector
from handler.faces.detector import least_score
from tests.pictures import encoded, photo

# Annotated manually: from brow to chin and cheek to cheek.
ASTRONAUT = Box(180, 80, 93, 93)
EYES_AND_MOUTH = ((206, 102), (247, 105), (225, 124), (207, 142), (241, 145))
# Least intersection over union with that box, whose side is 6 % shorter than the detected one.
_SAME = 0.87
TURNS = {
    0: None,
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
# The orientation that turns a box of the photo in the same way.
PLACES = {
    0: Orientation.UPRIGHT,
    90: Orientation.TURN_LEFT,
    180: Orientation.HALF_TURN,
    270: Orientation.TURN_RIGHT,
}
NOBODY = ("brick", "chelsea", "coffee", "coins", "horse", "ihc", "page", "text")


def frame(image: Image.Image, name: str = "PNG") -> Picture:
    return open_picture(encoded(image, name), Limits(200_000_000))


def overlap(box: Box, other: Box) -> float:
    width = min(box.right, other.right) - max(box.left, other.left)
    height = min(box.bottom, other.bottom) - max(box.top, other.top)
    common = max(0, width) * max(0, height)
    return common / (box.area + other.area - common)


def only(faces: list[Face]) -> Face:
    assert len(faces) == 1
    return faces[0]


def scaled(box: Box, factor: float, left: int = 0, top: int = 0) -> Box:
    side = round(box.width * factor)
    return Box(left + round(box.left * factor), top + round(box.top * factor), side, side)


def test_a_portrait_is_found_with_its_landmarks(detector: FaceDetector) -> None:
    face = only(detector.find(frame(photo("astronaut.png")), 0.5))

    assert overlap(face.box, ASTRONAUT) > _SAME
    assert face.score > 0.85
    assert face.turn == 0
    assert np.abs(np.subtract(face.landmarks, EYES_AND_MOUTH)).max() < 5


@pytest.mark.parametrize("turn", TURNS)
def test_a_portrait_stored_sideways_is_found(detector: FaceDetector, turn: int) -> None:
    upright = photo("astronaut.png")
    method = TURNS[turn]
    picture = upright if method is None else upright.transpose(method)
    expected = PLACES[turn].stored_region(ASTRONAUT.region(), Size(*upright.size))

    face = only(detector.find(frame(picture), 0.5))

    assert overlap(face.box, expected.box_in(Size(*picture.size))) > _SAME
    assert face.turn == turn
    # In any orientation the first eye is the person's own right one.
    eye = PLACES[turn].stored_region(Box(*EYES_AND_MOUTH[0], 0, 0).region(), Size(*upright.size))
    assert np.hypot(face.landmarks[0][0] - eye.left, face.landmarks[0][1] - eye.top) < 5


@pytest.mark.parametrize("orientation", Orientation)
def test_exif_orientation_is_obeyed(detector: FaceDetector, orientation: Orientation) -> None:
    upright = photo("astronaut.png")
    stored = upright.transpose(STORED[orientation]) if orientation > 1 else upright
    opened = open_picture(encoded(stored, orientation=orientation, quality=95), Limits(200_000_000))

    face = only(detector.find(opened, 0.5))

    assert overlap(face.box, ASTRONAUT) > _SAME
    assert face.turn == 0


STORED = {
    Orientation.MIRROR: Image.Transpose.FLIP_LEFT_RIGHT,
    Orientation.HALF_TURN: Image.Transpose.ROTATE_180,
    Orientation.FLIP: Image.Transpose.FLIP_TOP_BOTTOM,
    Orientation.TRANSPOSE: Image.Transpose.TRANSPOSE,
    Orientation.TURN_RIGHT: Image.Transpose.ROTATE_90,
    Orientation.TRANSVERSE: Image.Transpose.TRANSVERSE,
    Orientation.TURN_LEFT: Image.Transpose.ROTATE_270,
}


def test_a_mirrored_portrait_is_found(detector: FaceDetector) -> None:
    picture = photo("astronaut.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    mirrored = Box(picture.width - ASTRONAUT.right, ASTRONAUT.top, 93, 93)

    face = only(detector.find(frame(picture), 0.5))

    assert overlap(face.box, mirrored) > 0.85
    assert face.landmarks[0][0] < face.landmarks[1][0]


@pytest.mark.parametrize("factor", [0.25, 0.5, 1, 3])
def test_boxes_scale_with_the_picture(detector: FaceDetector, factor: float) -> None:
    side = round(512 * factor)
    opened = frame(photo("astronaut.png", (side, side)))

    face = only(detector.find(opened, 0.5))

    assert overlap(face.box, scaled(ASTRONAUT, factor)) > 0.85


@pytest.mark.parametrize("side", [160, 300, 600])
def test_a_small_face_in_a_large_picture_is_found(detector: FaceDetector, side: int) -> None:
    canvas = Image.new("RGB", (1400, 900), (90, 120, 150))
    canvas.paste(photo("astronaut.png", (side, side)), (700, 250))

    surest, *_ = detector.find(frame(canvas), 0.5)

    assert overlap(surest.box, scaled(ASTRONAUT, side / 512, 700, 250)) > 0.6


def test_a_face_that_fills_the_picture_is_found(detector: FaceDetector) -> None:
    close = photo("astronaut.png").crop((165, 55, 290, 185)).resize((2000, 2080))

    face = only(detector.find(frame(close), 0.5))

    assert overlap(face.box, Box(240, 400, 1488, 1488)) > 0.7


def test_the_box_of_a_face_is_clipped_to_the_picture(detector: FaceDetector) -> None:
    half = photo("astronaut.png").crop((225, 0, 512, 512))

    face = only(detector.find(frame(half), 0.8))

    assert face.box.left == 0
    assert face.box.width < 0.8 * face.box.height


def test_two_people_are_found(detector: FaceDetector) -> None:
    pair = Image.new("RGB", (1024, 512))
    pair.paste(photo("astronaut.png"), (0, 0))
    pair.paste(photo("astronaut.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT), (512, 0))

    left, right = sorted(detector.find(frame(pair), 0.5), key=lambda face: face.box.left)

    assert overlap(left.box, ASTRONAUT) > 0.85
    assert overlap(right.box, Box(1024 - ASTRONAUT.right, 80, 93, 93)) > 0.85


def test_a_sideways_head_next_to_an_upright_one_is_found(detector: FaceDetector) -> None:
    pair = Image.new("RGB", (1024, 512))
    pair.paste(photo("astronaut.png"), (0, 0))
    pair.paste(photo("astronaut.png").transpose(Image.Transpose.ROTATE_270), (512, 0))

    standing, lying = sorted(detector.find(frame(pair), 0.5), key=lambda face: face.box.left)

    assert (standing.turn, lying.turn) == (0, 90)


@pytest.mark.parametrize("name", NOBODY)
def test_no_faces_are_found_in_pictures_without_people(detector: FaceDetector, name: str) -> None:
    assert detector.find(frame(photo(f"{name}.png")), 0.5) == []


def test_more_sensitivity_finds_more(detector: FaceDetector) -> None:
    crowd = Image.new("RGB", (1200, 800), (128, 128, 128))
    for index, side in enumerate((40, 60, 90, 140, 220, 300)):
        crowd.paste(photo("astronaut.png", (side, side)), (index * 180, index * 60))
    opened = frame(crowd)

    found = [{face.box for face in detector.find(opened, s / 10)} for s in range(11)]

    assert all(fewer <= more for fewer, more in pairwise(found))
    assert len(found[0]) < len(found[-1])


def test_the_lowest_score_at_both_ends_of_sensitivity() -> None:
    assert least_score(0) == pytest.approx(0.80)
    assert least_score(0.5) == pytest.approx(0.35)
    assert least_score(0.9) == least_score(1) == pytest.approx(0.20)


def test_faces_are_found_in_grey_and_transparent_pictures(detector: FaceDetector) -> None:
    grey = photo("astronaut.png").convert("L")
    cut_out = photo("astronaut.png").convert("RGBA")
    cut_out.paste((0, 0, 0, 0), (300, 0, 512, 512))
    hidden = photo("astronaut.png").convert("RGBA")
    hidden.putalpha(0)

    for picture in (grey, cut_out):
        assert overlap(only(detector.find(frame(picture), 0.5)).box, ASTRONAUT) > 0.85
    assert detector.find(frame(hidden), 1) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (33, 7)])
def test_pictures_of_unusual_sizes_have_no_faces(
    detector: FaceDetector, size: tuple[int, int]
) -> None:
    assert detector.find(frame(Image.new("RGB", size, "red")), 1) == []


class RecordingFrame:
    """A frame that records the sizes at which it was decoded."""

    def __init__(self, frame: Picture) -> None:
        self._frame = frame
        self.size = frame.size
        self.decoded: list[Size] = []

    def pixels(self, shrink: float) -> Pixels:
        pixels = self._frame.pixels(shrink)
        self.decoded.append(pixels.size)
        return pixels

    def forget_pixels(self) -> None:
        self._frame.forget_pixels()


@pytest.mark.parametrize(("width", "decoded"), [(8000, 1000), (4000, 1000), (1000, 1000)])
def test_a_large_jpeg_is_not_decoded_in_full(
    detector: FaceDetector, width: int, decoded: int
) -> None:
    canvas = Image.new("RGB", (width, width * 3 // 4), (90, 120, 150))
    side = width // 2
    canvas.paste(photo("astronaut.png", (side, side)), (side // 2, side // 4))
    recording = RecordingFrame(frame(canvas, "JPEG"))

    face = only(detector.find(recording, 0.5))

    assert recording.decoded == [Size(decoded, decoded * 3 // 4)]
    assert overlap(face.box, scaled(ASTRONAUT, side / 512, side // 2, side // 4)) > 0.85


def test_threads_can_share_a_detector(detector: FaceDetector) -> None:
    pictures = [photo("astronaut.png", (side, side)) for side in (200, 300, 400, 500)]
    alone = [detector.find(frame(picture), 0.5) for picture in pictures]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda picture: detector.find(frame(picture), 0.5), pictures))

    assert together == alone
