"""The estimated cost of animations."""

import pytest

from handler.codec.costs import DECODING
from handler.codec.encoders.moving.webp_effort import webp_effort
from handler.codec.moving_costs import (
    memory_of_decoding,
    seconds_of_decoding,
    seconds_of_frames,
)
from handler.config import Config

SIDE = 1080


def seconds(name: str, count: int, file_bytes: int) -> float:
    canvas = SIDE * SIDE
    decoding = seconds_of_decoding(name, DECODING[name], canvas * count, file_bytes)
    return seconds_of_frames(canvas, count, decoding, [canvas], name)


@pytest.mark.parametrize(("name", "file_bytes"), [("gif", 80_000_000), ("webp", 40_000_000)])
def test_an_animation_of_the_most_pixels_fits_in_the_default_time(
    name: str, file_bytes: int
) -> None:
    config = Config()
    count = config.max_animation_pixels // (SIDE * SIDE)
    assert seconds(name, count, file_bytes) < config.cpu_seconds


@pytest.mark.parametrize("name", ["gif", "webp"])
def test_more_frames_need_more_time(name: str) -> None:
    costs = [seconds(name, count, 100_000 * count) for count in (10, 40, 80, 171)]
    assert costs == sorted(costs)


def test_the_effort_of_webp_decreases_with_the_pixels_of_all_frames() -> None:
    efforts = [webp_effort(pixels * 1_000_000) for pixels in (1, 10, 50, 99, 140, 200)]
    assert [each.method for each in efforts] == [5, 5, 4, 2, 1, 0]
    assert [each.per_pixel for each in efforts] == sorted(
        (each.per_pixel for each in efforts), reverse=True
    )


def test_frames_of_heic_need_memory_for_those_that_they_refer_to() -> None:
    still, canvas = DECODING["heic"], SIDE * SIDE
    assert memory_of_decoding("heic", still, canvas, 1_000) > 50 * canvas
    assert memory_of_decoding("avif", DECODING["avif"], canvas, 1_000) == 0
