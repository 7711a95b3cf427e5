"""The frames of animations, read from bytes, against the decoders that see the whole file."""

import io
import struct
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handler.codec import (
    FORMATS,
    Animation,
    AnimationLimits,
    AnimationOptions,
    AnimationWriter,
    Limits,
    open_animation,
    open_picture,
)
from handler.codec.headers.animations import FRAME_READERS
from handler.codec.headers.animations.timeline import TooManyFrames
from handler.core.geometry import Size
from handler.errors import SmartCropError
from tests.codec.animations import KINDS, SCENES, SIZE, animation, moving_disc, saved, shown
from tests.pictures import photo

LIMITS = Limits(10**7)
WHOLE = AnimationLimits(500, 10**8)
NAMES = {"GIF": "gif", "WEBP": "webp", "PNG": "png", "AVIF": "avif"}


def opened(data: bytes) -> Animation:
    found = open_animation(data, open_picture(data, LIMITS), LIMITS, WHOLE)
    assert found is not None
    return found


def played(data: bytes) -> list[np.ndarray]:
    return [np.asarray(each.shown.convert("RGBA")) for each in opened(data).play()]


def _check(data: bytes) -> None:
    """Compare each frame with Pillow's, where either shows something."""
    expected = shown(data)
    assert list(opened(data).milliseconds) == [each.end - each.start for each in expected]
    for ours, theirs in zip(played(data), expected, strict=True):
        seen = (ours[..., 3] > 0) | (theirs.samples[..., 3] > 0)
        assert np.abs(ours.astype(int) - theirs.samples)[seen].max(initial=0) <= 1


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_those_of_another_decoder(kind: str, scene: str) -> None:
    _check(animation(kind, scene))


# APNG has three disposals, and GIF four.
@pytest.mark.parametrize(
    ("kind", "disposal"),
    [*(("GIF", number) for number in range(4)), *(("PNG", n) for n in range(3))],
)
def test_disposals_are_those_of_another_decoder(kind: str, disposal: int) -> None:
    _check(saved(moving_disc(), kind, duration=70, disposal=disposal))


@pytest.mark.parametrize("options", [{"kind": "PNG", "blend": 0}, {"kind": "WEBP"}])
def test_translucent_frames_are_drawn_as_by_another_decoder(options: dict[str, Any]) -> None:
    # Pillow pastes translucent frames of a PNG that blends, against the standard.
    frames = moving_disc()
    for frame in frames:
        frame.putalpha(frame.getchannel("A").point(lambda level: level // 2))
    _check(saved(frames, **options, duration=70, lossless=True))


@pytest.mark.parametrize("mode", ["L", "P", "LA", "1"])
def test_png_of_other_kinds_is_read(mode: str) -> None:
    frames = [photo(size=SIZE).rotate(20 * turn).convert(mode) for turn in range(3)]
    data = saved(frames, "PNG", duration=70)
    for ours, theirs in zip(played(data), shown(data), strict=True):
        assert (ours == theirs.samples).all()


@pytest.mark.parametrize("kind", KINDS)
def test_an_animation_is_played_twice(kind: str) -> None:
    film = opened(animation(kind, "disc"))
    times = [[each.shown.tobytes() for each in film.play()] for _ in range(2)]
    assert times[0] == times[1]


@pytest.mark.parametrize("kind", KINDS)
def test_large_animations_are_decoded_again(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = animation(kind, "disc")
    kept = [each.tobytes() for each in played(data)]
    monkeypatch.setattr("handler.codec.animation.opened_animation.KEPT_BYTES", 0)
    film = opened(data)
    for _ in range(2):
        assert [each.shown.convert("RGBA").tobytes() for each in film.play()] == kept


@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_counted_up_to_the_limit(kind: str) -> None:
    data = animation(kind, "square")
    assert len(FRAME_READERS[NAMES[kind]](data, Size(*SIZE), 6).parts) == 6
    with pytest.raises(TooManyFrames):
        FRAME_READERS[NAMES[kind]](data, Size(*SIZE), 5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_still_picture_is_no_animation(kind: str) -> None:
    data = saved([photo(size=SIZE)], kind)
    assert open_animation(data, open_picture(data, LIMITS), LIMITS, WHOLE) is None


@pytest.mark.parametrize("kind", KINDS)
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_damage_is_no_crash(kind: str, place: float, value: int) -> None:
    data = bytearray(animation(kind, "bars"))
    data[int(len(data) * place)] = value
    with suppress(TooManyFrames):  # other errors are raised
        FRAME_READERS[NAMES[kind]](bytes(data), Size(*SIZE), 500)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_a_file_that_was_cut_off_is_played_as_far_as_it_goes(kind: str, share: float) -> None:
    data = animation(kind, "scenes")
    data = data[: int(len(data) * share)]
    with suppress(SmartCropError):  # the first frame is damaged
        film = open_animation(data, open_picture(data, LIMITS), LIMITS, WHOLE)
        if film is not None:
            assert 1 <= len(list(film.play())) == film.count <= 6


@pytest.mark.parametrize("plays", [0, 1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_plays_is_written_and_read(kind: str, plays: int) -> None:
    frames = [frame.convert("RGB") for frame in moving_disc(3)]
    size = Size(*SIZE)
    options = AnimationOptions(size, plays, 90, False, frames, len(frames))
    writer = AnimationWriter(FORMATS[NAMES[kind]], options)
    for frame in frames:
        writer.add(frame, 40)
    assert opened(writer.finish()).plays == plays


def test_a_gif_without_its_own_colours_and_with_a_comment_between_frames_is_read() -> None:
    data = animation("GIF", "bars")
    at = data.index(b"\x21\xf9", data.index(b"\x2c") + 10)
    commented = data[:at] + b"\x21\xfe\x05hello\x00" + data[at:]
    assert [each.tobytes() for each in played(commented)] == [
        each.tobytes() for each in played(data)
    ]


def test_png_times_without_a_denominator_are_hundredths() -> None:
    data = bytearray(animation("PNG", "bars"))
    at = data.index(b"fcTL") + 4 + 20
    struct.pack_into(">HH", data, at, 7, 0)
    parts = FRAME_READERS["png"](bytes(data), Size(*SIZE), 500).parts
    assert parts[0].milliseconds == 70


def test_colours_of_a_profile_are_converted() -> None:
    wide = photo().info["icc_profile"]
    frames = [photo(size=SIZE).rotate(turn) for turn in (0, 90)]
    data = saved(frames, "WEBP", duration=50, lossless=True, icc_profile=wide)
    film = opened(data)
    first = next(iter(film.play())).pixels
    assert film.warnings == []
    assert first.size == Size(*SIZE)
    assert Image.open(io.BytesIO(data)).info["icc_profile"] == wide
