"""HEIC sequences: their frames, times, plays, orientation and colours, and what is rejected."""

import io
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image, ImageOps

from handler.codec import Animation, AnimationLimits, Limits, open_animation, open_picture
from handler.codec.headers.animations.heic_tracks import MATRICES, read_frames
from handler.codec.headers.animations.timeline import TooManyFrames
from handler.codec.headers.animations.track_tables import SequenceFormat, read_tracks
from handler.codec.headers.animations.track_writer import Track, write_tracks
from handler.config import Config
from handler.core.geometry import Size
from handler.errors import InvalidImage, OverBudget, SmartCropError
from handler.jobs.job import FinishedJob, Job, run_job
from handler.sandbox.libheif_track import rgb_matrix
from handler.settings import validate_settings
from tests.codec.animations import SCENES, SIZE, difference, moving_square, plays_of, shown
from tests.codec.heic_sequences import heic_scene, heic_sequence
from tests.hostile.heif import box, coded, heif

LIMITS = Limits(10**7)
WHOLE = AnimationLimits(500, 10**8)
# Mean difference of 255 levels after a lossy codec at quality 95, and after two of them.
_NEAR, _NEAR_TWICE = 4.0, 8.0
_FORMAT = SequenceFormat(b"hvc1", (b"hvcC", b"auxi"), 1)
_ONE = 1 << 16


def opened(data: bytes) -> Animation | None:
    return open_animation(data, open_picture(data, LIMITS), LIMITS, WHOLE)


def film(data: bytes) -> Animation:
    found = opened(data)
    assert found is not None
    return found


def stored(data: bytes) -> list[np.ndarray]:
    return [np.asarray(each.shown.convert("RGBA")) for each in film(data).play()]


def crop(data: bytes, **values: Any) -> FinishedJob:
    valid, warnings = validate_settings({"width": SIZE[0], "height": SIZE[1]} | values)
    return run_job(Job(data, "a", valid, warnings), Config())


def changed(data: bytes, change: Callable[[Track], Track]) -> bytes:
    """Return a file whose tracks were changed."""
    tracks = [change(track) for track in read_tracks(data, 500, _FORMAT)]
    return write_tracks(tracks, b"hevc")


def with_boxes(data: bytes, *added: bytes) -> bytes:
    """Return a file with further boxes in its sample entries."""
    return changed(data, lambda track: replace(track, entry=track.entry + b"".join(added)))


def with_matrix(data: bytes, numbers: tuple[int, int, int, int]) -> bytes:
    """Return a file whose tracks have a matrix."""
    written, at = bytearray(data), data.find(b"tkhd")
    while at >= 0:
        start = at + 4 + (52 if data[at + 4] else 40)
        for place, number in zip((0, 4, 12, 16), numbers, strict=True):
            struct.pack_into(">i", written, start + place, number * _ONE)
        at = data.find(b"tkhd", at + 1)
    return bytes(written)


@pytest.mark.parametrize("scene", SCENES)
def test_frames_are_those_that_were_encoded(scene: str) -> None:
    make, times, plays = SCENES[scene]
    animation = film(heic_scene(scene))
    assert list(animation.milliseconds) == list(times)
    assert animation.plays == plays
    for frame, ours in zip(make(), stored(heic_scene(scene)), strict=True):
        expected = np.asarray(frame.convert("RGBA"))
        assert np.abs(ours[..., 3].astype(int) - expected[..., 3]).mean() < _NEAR
        assert difference(ours, expected) < _NEAR


def test_frames_that_are_decoded_in_another_order_are_shown_in_theirs() -> None:
    frames, times = moving_square(20), [40] * 20
    data = heic_sequence(frames, times, reorders=True)
    assert b"ctts" in data
    assert list(film(data).milliseconds) == times
    for frame, ours in zip(frames, stored(data), strict=True):
        assert difference(ours, np.asarray(frame.convert("RGBA"))) < _NEAR


def with_sets_in_frames(data: bytes) -> bytes:
    """Return a file whose parameter sets are in the first frame, not in the sample entry."""

    def move(track: Track) -> Track:
        at = track.entry.index(b"hvcC") + 4
        start = at + 22
        count, position, units = track.entry[start], start + 1, b""
        for _ in range(count):
            (length,) = struct.unpack_from(">H", track.entry, position + 3)
            unit = track.entry[position + 5 : position + 5 + length]
            units += struct.pack(">I", length) + unit
            position += 5 + length
        short = track.entry[:start] + b"\0" + track.entry[position:]
        size = struct.pack(">I", 8 + 23)
        entry = short[: at - 8] + size + short[at - 4 :]
        first = memoryview(units + bytes(track.samples[0]))
        return replace(track, entry=entry, samples=[first, *track.samples[1:]])

    return changed(data, move)


@pytest.mark.parametrize("place", ["entry", "frames"])
def test_parameter_sets_may_be_in_the_frames(place: str) -> None:
    make, times, _ = SCENES["square"]
    data = heic_scene("square")
    written = with_sets_in_frames(data) if place == "frames" else changed(data, lambda each: each)
    written = written.replace(b"hvc1", b"hev1")
    assert list(film(written).milliseconds) == list(times)
    for frame, ours in zip(make(), stored(written), strict=True):
        assert difference(ours, np.asarray(frame.convert("RGBA"))) < _NEAR


@pytest.mark.parametrize(("plays", "expected"), [(None, 1), (0, 0), (1, 1), (3, 3)])
def test_the_number_of_plays_is_that_of_the_edit_list(plays: int | None, expected: int) -> None:
    data = heic_sequence(moving_square(3), (50, 60, 70), plays)
    assert film(data).plays == expected
    (result,) = crop(data).results
    assert plays_of(result.data) == expected


@pytest.mark.parametrize("scene", SCENES)
def test_the_result_is_a_webp_with_the_same_times(scene: str) -> None:
    make, times, _ = SCENES[scene]
    done = crop(heic_scene(scene))
    (result,) = done.results
    assert (result.format.name, result.filename) == ("webp", "a_smartcrop.webp")
    after = shown(result.data)
    ends = [sum(times[: index + 1]) for index in range(len(times))]
    assert [each.end for each in after] == ends
    for frame, each in zip(make(), after, strict=True):
        assert difference(each.samples, np.asarray(frame.convert("RGBA"))) < _NEAR_TWICE
    assert not any("animated" in warning for warning in done.warnings)


@pytest.mark.parametrize("name", ["avif", "png", "gif"])
def test_another_format_can_be_requested(name: str) -> None:
    (result,) = crop(heic_scene("square"), format=name).results
    assert result.format.name == name
    assert shown(result.data)[-1].end == sum(SCENES["square"][1])


@pytest.mark.parametrize("frames", ["first", 1, 4])
def test_a_single_frame_has_the_format_of_a_still_picture(frames: str | int) -> None:
    (result,) = crop(heic_scene("square"), frames=frames).results
    assert result.format.name == "jpeg"
    index = frames - 1 if isinstance(frames, int) else 0
    expected = np.asarray(moving_square()[index].convert("RGBA"))
    ours = np.asarray(Image.open(io.BytesIO(result.data)).convert("RGBA"))
    assert difference(ours, expected) < _NEAR_TWICE


def test_a_format_that_does_not_move_gets_the_first_frame_with_a_warning() -> None:
    done = crop(heic_scene("square"), format="jpeg")
    assert done.results[0].format.name == "jpeg"
    assert any("animated" in warning for warning in done.warnings)


# Matrix -> the operation that turns the stored picture upright.
_MATRICES: dict[tuple[int, int, int, int], Callable[[Image.Image], Image.Image]] = {
    (0, 1, -1, 0): lambda image: image.rotate(-90, expand=True),
    (0, -1, 1, 0): lambda image: image.rotate(90, expand=True),
    (-1, 0, 0, -1): lambda image: image.rotate(180),
    (-1, 0, 0, 1): ImageOps.mirror,
    (1, 0, 0, -1): ImageOps.flip,
    (0, 1, 1, 0): lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    (0, -1, -1, 0): lambda image: image.transpose(Image.Transpose.TRANSVERSE),
}


@pytest.mark.parametrize("matrix", _MATRICES)
@pytest.mark.parametrize("frames", ["all", "first"])
def test_the_matrix_of_the_track_turns_the_frames(
    matrix: tuple[int, int, int, int], frames: str
) -> None:
    source = moving_square(3)
    data = with_matrix(heic_sequence(source, (50, 60, 70)), matrix)
    expected = _MATRICES[matrix](source[0])
    sides = {"width": expected.width, "height": expected.height}
    (result,) = crop(data, frames=frames, format="png", **sides).results
    ours = np.asarray(Image.open(io.BytesIO(result.data)).convert("RGBA"))
    assert difference(ours, np.asarray(expected.convert("RGBA"))) < _NEAR


def _with_still(data: bytes, *properties: tuple[bytes, bytes]) -> bytes:
    """Return a sequence that also has a still picture of 64 × 48 pixels."""
    part = coded()
    for name, body in properties:
        part = part.with_property(name, body)
    tops = data[struct.unpack_from(">I", data)[0] :]
    whole = heif({1: part}, (), b"hevc", tops)
    by = whole.index(tops) - (len(data) - len(tops))
    written, at = bytearray(whole), whole.find(b"stco")
    while at >= 0:
        (offset,) = struct.unpack_from(">I", whole, at + 12)
        struct.pack_into(">I", written, at + 12, offset + by)
        at = whole.find(b"stco", at + 1)
    return bytes(written)


def _squares() -> bytes:
    frames = [frame.resize((64, 64)) for frame in moving_square(3)]
    return heic_sequence(frames, (50, 60, 70), 0)


def test_the_rotation_of_the_still_picture_turns_the_frames() -> None:
    data = _with_still(_squares(), (b"irot", b"\1"))
    frame = moving_square(1)[0].resize((64, 64)).rotate(90)
    (result,) = crop(data, width=64, height=64, format="png").results
    ours = shown(result.data)
    assert len(ours) == 3
    assert difference(ours[0].samples, np.asarray(frame.convert("RGBA"))) < _NEAR


def test_frames_of_another_size_than_the_still_picture_are_not_played() -> None:
    data = _with_still(heic_scene("square"))
    assert opened(data) is None
    done = crop(data, width=64, height=64)
    assert "The picture is animated; its first visible frame was cropped" in done.warnings


def _aperture(width: int, height: int, right: int, down: int) -> bytes:
    return box(b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, right, 1, down, 1))


def test_the_clean_aperture_is_cut_out_of_each_frame() -> None:
    data = with_boxes(heic_scene("square"), _aperture(48, 32, -8, 4))
    assert film(data).size == Size(48, 32)
    left, top = (96 - 48) // 2 - 8, (64 - 32) // 2 + 4
    (result,) = crop(data, width=48, height=32, format="png").results
    for frame, ours in zip(moving_square(), shown(result.data), strict=True):
        expected = frame.crop((left, top, left + 48, top + 32)).convert("RGBA")
        assert difference(ours.samples, np.asarray(expected)) < _NEAR


@pytest.mark.parametrize("frames", ["all", "first"])
def test_blocks_that_the_encoder_filled_are_cut_off(frames: str) -> None:
    # libheif writes 64 × 64 pixels at least, and does not state it in a track.
    source = [frame.resize((56, 40)) for frame in moving_square(3)]
    data = heic_sequence(source, (50, 60, 70))
    (result,) = crop(data, width=56, height=40, format="png", frames=frames).results
    ours = shown(result.data)
    assert len(ours) == (3 if frames == "all" else 1)
    for frame, each in zip(source, ours, strict=False):
        assert difference(each.samples, np.asarray(frame.convert("RGBA"))) < _NEAR


def _numbers(primaries: int, transfer: int, matrix: int, *, full_range: bool) -> bytes:
    body = struct.pack(">4sHHHB", b"nclx", primaries, transfer, matrix, full_range << 7)
    return box(b"colr", body)


def test_frames_are_converted_by_the_matrix_and_the_range_of_the_track() -> None:
    data = heic_sequence([Image.new("RGB", SIZE, (90, 90, 90))] * 2, (50, 50))
    (grey, *_), (narrow, *_) = (
        stored(each) for each in (data, with_boxes(data, _numbers(1, 13, 1, full_range=False)))
    )
    assert np.abs(grey[..., 0].astype(int) - 90).max() <= 1
    assert np.abs(narrow[..., 0] - (90 - 16) * 255 / 219).max() <= 1.5


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("is_full", [True, False])
def test_the_matrix_inverts_that_of_the_standard(matrix: int, is_full: bool) -> None:
    red, blue = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}.get(matrix, (0.299, 0.114))
    rows = np.array(rgb_matrix(matrix, is_full=is_full)).reshape(3, 4)
    for colour in ((255, 0, 0), (0, 255, 0), (10, 200, 90), (255, 255, 255)):
        luma = red * colour[0] + (1 - red - blue) * colour[1] + blue * colour[2]
        samples = np.array(
            [
                luma,
                (colour[2] - luma) / (2 * (1 - blue)) + 128,
                (colour[0] - luma) / (2 * (1 - red)) + 128,
            ]
        )
        if not is_full:
            samples[0] = 16 + samples[0] * 219 / 255
            samples[1:] = 128 + (samples[1:] - 128) * 224 / 255
        assert np.allclose(rows[:, :3] @ samples + rows[:, 3], colour, atol=0.01)


def test_frames_of_an_unknown_matrix_are_not_played() -> None:
    data = with_boxes(heic_scene("square"), _numbers(1, 13, 8, full_range=True))
    assert opened(data) is None


def test_a_track_of_depths_is_no_alpha() -> None:
    data = heic_scene("disc").replace(b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:hevc:2015:auxid:2")
    animation = film(data)
    assert not animation.alpha
    assert all((each[..., 3] == 255).all() for each in stored(data))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (AnimationLimits(5, 10**8), "expected at most 5 frames, received more"),
        (AnimationLimits(500, 6 * 96 * 64 - 1), "received 36,864 in 6 frames"),
    ],
)
def test_frames_and_their_pixels_are_limited(limits: AnimationLimits, words: str) -> None:
    data = heic_scene("square")
    with pytest.raises(OverBudget, match=words) as raised:
        open_animation(data, open_picture(data, LIMITS), LIMITS, limits)
    assert raised.value.status == 413


def test_the_time_of_all_frames_is_limited() -> None:
    data = heic_sequence(moving_square(3), (2**31 - 3, 1, 1))
    assert film(data).milliseconds == (2**31 - 3, 1, 1)
    data = heic_sequence(moving_square(3), (2**31 - 2, 1, 1))
    with pytest.raises(OverBudget, match="at most 2,147,483 s in all frames together"):
        opened(data)


def test_pixels_outside_the_aperture_count() -> None:
    data = with_boxes(heic_scene("square"), _aperture(8, 8, 0, 0))
    with pytest.raises(OverBudget, match="received 36,864 in 6 frames"):
        open_animation(data, open_picture(data, LIMITS), LIMITS, AnimationLimits(500, 36_863))


def test_a_frame_that_is_coded_larger_than_its_box_is_rejected() -> None:
    large = heic_sequence([frame.resize((256, 256)) for frame in moving_square(3)], (50,) * 3)
    small = Size(64, 64)

    def shrink(track: Track) -> Track:
        entry = bytearray(track.entry)
        struct.pack_into(">HH", entry, 24, small.width, small.height)
        return replace(track, entry=bytes(entry), size=small)

    bomb = changed(large, shrink)
    with pytest.raises(InvalidImage, match="expected a coded picture of 64 × 64"):
        open_picture(bomb, LIMITS)
    assert read_frames(bomb, small, 500).parts == ()


def test_a_parameter_set_among_the_frames_is_checked() -> None:
    large = heic_sequence([frame.resize((256, 256)) for frame in moving_square(2)], (50,) * 2)
    (track,) = read_tracks(large, 500, _FORMAT)
    configuration = track.entry[track.entry.index(b"hvcC") + 4 :]
    at = configuration.index(b"\x42\x01") - 2
    length = int.from_bytes(configuration[at : at + 2], "big")
    unit = struct.pack(">I", length) + configuration[at + 2 : at + 2 + length]
    bomb = changed(
        heic_scene("square"),
        lambda each: replace(
            each, samples=[*each.samples[:3], memoryview(unit), *each.samples[4:]]
        ),
    )
    assert opened(bomb) is None


def test_frames_are_counted_up_to_the_limit() -> None:
    data = heic_scene("square")
    assert len(read_frames(data, Size(*SIZE), 6).parts) == 6
    with pytest.raises(TooManyFrames):
        read_frames(data, Size(*SIZE), 5)


def test_a_sequence_of_one_frame_is_a_still_picture() -> None:
    data = heic_sequence(moving_square(1), (50,))
    assert opened(data) is None


@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_damage_is_no_crash(place: float, value: int) -> None:
    data = bytearray(heic_scene("bars"))
    data[int(len(data) * place)] = value
    with suppress(TooManyFrames):  # other errors are raised
        read_frames(bytes(data), Size(*SIZE), 500)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_a_file_that_was_cut_off_is_played_as_far_as_it_goes(share: float) -> None:
    data = heic_scene("scenes")
    data = data[: int(len(data) * share)]
    with suppress(SmartCropError):  # the first frame is damaged
        animation = opened(data)
        if animation is not None:
            assert 1 <= len(list(animation.play())) == animation.count <= 6


def test_damaged_frames_are_left_out_with_a_warning() -> None:
    data = changed(
        heic_scene("scenes"),
        lambda track: replace(
            track, samples=[*track.samples[:4], memoryview(b"\0\0\0\xff"), *track.samples[5:]]
        ),
    )
    animation = film(data)
    assert 1 <= len(list(animation.play())) == animation.count < 6
    assert "frames after number" in animation.warnings[-1]
