"""Animations that are cropped whole: their times, plays, transparency and window."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from handler.config import Config
from handler.errors import InvalidSettings, OverBudget, ProcessingFailed
from handler.jobs.job import FinishedJob, Job, run_job
from handler.settings import validate_settings
from tests.codec.animations import (
    KINDS,
    SCENES,
    SIZE,
    animation,
    at,
    difference,
    growing,
    moving_disc,
    moving_square,
    plays_of,
    saved,
    shown,
)
from tests.pictures import encoded, photo

# Mean differences, of 255 levels, after another encoding: palettes and lossy codecs.
_NEAR = {"GIF": 6.0, "WEBP": 6.0, "PNG": 0.5, "AVIF": 8.0}
_NAMES = {"GIF": "gif", "WEBP": "webp", "PNG": "png", "AVIF": "avif"}


def crop(data: bytes, config: Config | None = None, **settings: Any) -> FinishedJob:
    sides = {} if settings.get("mode") == "trim" else {"width": SIZE[0], "height": SIZE[1]}
    valid, warnings = validate_settings(sides | settings)
    return run_job(Job(data, "a", valid, warnings), config or Config())


def frames_of(data: bytes) -> int:
    return int(getattr(Image.open(io.BytesIO(data)), "n_frames", 1))


def _same(source: bytes, result: bytes, kind: str) -> None:
    """Check that two animations show the same at all times."""
    before, after = shown(source), shown(result)
    assert after[-1].end == before[-1].end
    assert {each.start for each in after} <= {each.start for each in before}
    for each in before:
        middle = (each.start + each.end) / 2
        assert difference(at(after, middle), each.samples) < _NEAR[kind]


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_animation_keeps_its_times_and_pictures(kind: str, scene: str) -> None:
    data = animation(kind, scene)
    (result,) = crop(data).results
    assert result.format.name == _NAMES[kind]
    _same(data, result.data, kind)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_played_as_often_as_before(kind: str, scene: str) -> None:
    data = animation(kind, scene)
    assert plays_of(crop(data).results[0].data) == plays_of(data) == SCENES[scene][2]


@pytest.mark.parametrize("scene", ["disc", "flashes"])
@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_transparent_pixels_stay_transparent(kind: str, scene: str) -> None:
    data = animation(kind, scene)
    after = shown(crop(data).results[0].data)
    for each in shown(data):
        alpha = at(after, each.start)[..., 3]
        assert np.abs(alpha.astype(int) - each.samples[..., 3]).mean() < 1


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_animation_is_converted(kind: str, target: str) -> None:
    data = animation(kind, "square")
    (result,) = crop(data, format=_NAMES[target]).results
    assert result.format.name == _NAMES[target]
    _same(data, result.data, max((kind, target), key=_NEAR.__getitem__))


def test_times_that_a_gif_cannot_have_do_not_add_up() -> None:
    data = saved(moving_square(6), "WEBP", duration=[33, 34, 33, 34, 33, 34], lossless=True)
    (result,) = crop(data, format="gif").results
    assert [each.end for each in shown(result.data)] == [30, 70, 100, 130, 170, 200]


@pytest.mark.parametrize("target", KINDS)
def test_equal_frames_are_joined(target: str) -> None:
    # They differ outside the window.
    frames = []
    for index in range(6):
        frame = photo(size=(96, 192)).copy()
        ImageDraw.Draw(frame).rectangle((0, 0, 20, 3 + index), fill=(10, 200, 30))
        ImageDraw.Draw(frame).rectangle((10, 130, 60, 150), fill=(255, 30 * (index // 3), 0))
        frames.append(frame)
    data = saved(frames, "PNG", duration=[50] * 6)
    (result,) = crop(data, focus={"x": 48, "y": 140}, format=_NAMES[target]).results
    assert [each.end for each in shown(result.data)] == [150, 300]


def test_the_format_that_cannot_move_gets_the_first_frame() -> None:
    done = crop(animation("GIF", "square"), format="jpeg")
    assert "The picture is animated; its first visible frame was cropped" in done.warnings
    done = crop(animation("GIF", "square"), format="jpeg", frames="all")
    assert "frames: ignored, because JPEG does not move" in done.warnings


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [1, 4])
def test_a_number_chooses_one_frame(kind: str, number: int) -> None:
    data = animation(kind, "square")
    (result,) = crop(data, frames=number, format="png").results
    assert frames_of(result.data) == 1
    picture = np.asarray(Image.open(io.BytesIO(result.data)).convert("RGBA"))
    assert difference(picture, shown(data)[number - 1].samples) < _NEAR[kind]
    assert result.plan.frames == ()


def test_a_number_without_a_frame_is_rejected() -> None:
    expected = "frames: expected all, first, or a number from 1 to 6, received 7"
    with pytest.raises(InvalidSettings, match=expected):
        crop(animation("GIF", "square"), frames=7)


def test_the_first_frame_alone_is_cropped_on_request() -> None:
    done = crop(animation("GIF", "square"), frames="first")
    assert frames_of(done.results[0].data) == 1


def test_a_number_for_a_still_picture_is_ignored() -> None:
    done = crop(encoded(photo(size=SIZE), "PNG"), frames=3)
    assert "frames: ignored, because the picture has one frame" in done.warnings


def test_all_frames_of_a_still_picture_are_no_warning() -> None:
    assert crop(encoded(photo(size=SIZE), "PNG"), frames="all").warnings == []


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_too_many_frames_are_rejected_before_decoding(kind: str) -> None:
    data = animation(kind, "square")
    with pytest.raises(OverBudget, match="at most 5 frames, received more; frames: first"):
        crop(data, Config(max_frames=5))
    assert frames_of(crop(data, Config(max_frames=5), frames="first").results[0].data) == 1


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_too_many_pixels_are_rejected(kind: str) -> None:
    with pytest.raises(OverBudget, match="at most 36,863 pixels in all frames together"):
        crop(animation(kind, "square"), Config(max_animation_pixels=36_863))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_frames_that_are_cut_off_are_left_out(kind: str) -> None:
    data = animation(kind, "scenes")
    done = crop(data[: len(data) * 3 // 4])
    assert 1 < frames_of(done.results[0].data) < 6
    assert any("are left out" in line for line in done.warnings)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_a_damaged_first_frame_is_an_error(kind: str) -> None:
    data = bytearray(animation(kind, "scenes"))
    at = data.index({"WEBP": b"VP8L", "PNG": b"IDAT"}[kind]) + 30
    data[at : at + 400] = bytes(400)
    with pytest.raises(ProcessingFailed):
        crop(bytes(data))


def _small_on_plain(places: list[tuple[int, int]], size: tuple[int, int]) -> bytes:
    frames = []
    for x, y in places:
        frame = Image.new("RGB", size, (255, 255, 255))
        frame.paste(photo(size=(20, 20)), (x, y))
        frames.append(frame)
    return saved(frames, "PNG", duration=[100] * len(frames))


def test_trim_keeps_the_content_of_all_frames() -> None:
    data = _small_on_plain([(10, 20), (30, 25), (100, 60), (50, 30)], (160, 100))
    (result,) = crop(data, mode="trim").results
    box = result.plan.crop
    assert (box.left, box.top, box.right, box.bottom) == (10, 20, 120, 80)
    assert result.plan.frames == (1, 2, 3, 4)


@pytest.mark.parametrize("strategy", ["attention", "saliency"])
def test_motion_attracts_the_window(strategy: str) -> None:
    # Equal discs, of which the right one moves.
    frames = []
    for index in range(8):
        frame = Image.new("RGB", (300, 100), (90, 110, 100))
        draw = ImageDraw.Draw(frame)
        draw.ellipse((20, 30, 50, 60), fill=(200, 60, 60))
        top = 15 + 8 * index
        draw.ellipse((240, top, 270, top + 30), fill=(200, 60, 60))
        frames.append(frame)
    data = saved(frames, "PNG", duration=[100] * 8)
    (result,) = crop(data, strategy=strategy, width=100, height=100).results
    assert result.plan.crop.left > 150


def test_a_frame_of_a_webp_is_shown_for_the_longest_time_that_it_can_be() -> None:
    # Each of 18 hours, in a PNG.
    data = saved(moving_square(3), "PNG", duration=[65_535_000] * 3)
    after = shown(crop(data, format="webp").results[0].data)
    assert [each.end - each.start for each in after] == [2**24 - 1] * 3


def test_one_window_serves_all_frames_and_sizes() -> None:
    data = animation("GIF", "square")
    valid, _ = validate_settings({"sizes": ["40x40", "60x30"]})
    done = run_job(Job(data, "a", valid), Config())
    assert [frames_of(each.data) for each in done.results] == [6, 6]
    assert [shown(each.data)[0].samples.shape[:2] for each in done.results] == [(40, 40), (30, 60)]


def test_at_most_twelve_frames_are_looked_at() -> None:
    frames = [photo(size=(24, 16)).rotate(3 * index) for index in range(30)]
    (result,) = crop(saved(frames, "PNG", duration=[40] * 30), width=12, height=12).results
    assert len(result.plan.frames) <= 12
    assert (result.plan.frames[0], result.plan.frames[-1]) == (1, 30)


def test_scene_changes_are_looked_at() -> None:
    dark, light = Image.new("RGB", (24, 16), (9, 9, 9)), Image.new("RGB", (24, 16), (240, 240, 240))
    frames = [(dark if index < 17 else light).copy() for index in range(40)]
    for index, frame in enumerate(frames):
        frame.putpixel((index % 24, 3), (200, 0, 0))
    (result,) = crop(saved(frames, "PNG", duration=[40] * 40), width=12, height=12).results
    assert 18 in result.plan.frames


def test_flat_colours_of_a_gif_are_exact() -> None:
    data = saved(growing(), "PNG", duration=[100] * 5)
    (result,) = crop(data, format="gif").results
    for before, after in zip(shown(data), shown(result.data), strict=True):
        assert (before.samples == after.samples).all()


def test_still_parts_of_a_gif_do_not_flicker() -> None:
    data = saved(moving_square(), "PNG", duration=[100] * 6)
    after = shown(crop(data, format="gif").results[0].data)
    corner = [each.samples[40:, :] for each in after]
    assert all((each == corner[0]).all() for each in corner)


def test_a_translucent_animation_is_a_gif_with_opaque_or_no_pixels() -> None:
    data = saved(moving_disc(), "PNG", duration=[100] * 6)
    after = shown(crop(data, format="gif").results[0].data)
    assert {int(level) for each in after for level in np.unique(each.samples[..., 3])} == {0, 255}
