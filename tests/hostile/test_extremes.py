"""Pictures of extreme shapes are cropped, in as much memory as a large picture."""

from collections.abc import Iterator

import pytest

from tests.hostile.sandbox import Sandbox
from tests.pictures import encoded, noise

# An enlarged strip is scored at 24 megapixels of 4 bytes, and exists twice during a step. The
# result, of up to 5 megapixels here, is added.
_PEAK_KIB = 300 * 1024
# CPU seconds; the limit of one second is for damaged files, and scoring these is slower.
_CPU_SECONDS = 20

SIZES = [(1, 1), (20_000, 20), (20, 20_000), (65_535, 1), (1, 65_535)]
TARGETS = [(1, 1), (1080, 1080), (2_500, 2)]


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("extremes") / "stderr", _CPU_SECONDS) as sandbox:
        yield sandbox


@pytest.mark.parametrize("strategy", ["attention", "entropy"])
@pytest.mark.parametrize("size", SIZES)
def test_an_extreme_shape_is_cropped_in_bounded_memory(
    patient: Sandbox, size: tuple[int, int], strategy: str
) -> None:
    data = encoded(noise(*size), "PNG", compress_level=1)

    for width, height in TARGETS:
        answer = patient.try_file(data, width=width, height=height, strategy=strategy)

        assert answer.error == {}
        assert answer.size == (width, height)
        assert answer.leaked == ()
        assert answer.peak < _PEAK_KIB


@pytest.mark.parametrize("size", [(60_000, 1), (1, 60_000), (16_384, 3)])
def test_a_square_around_a_line_that_is_too_long_is_rejected(
    sandbox: Sandbox, size: tuple[int, int]
) -> None:
    data = encoded(noise(*size), "PNG")

    answer = sandbox.try_file(data, mode="trim", padToSquare=True)

    assert answer.status == 400
    assert "padToSquare" in answer.error["details"]
    assert answer.peak < 64 * 1024


def test_the_side_of_the_square_is_limited_like_the_output(sandbox: Sandbox) -> None:
    answer = sandbox.try_file(encoded(noise(9, 9), "PNG"), mode="trim", targetSize=16_384)

    assert answer.status == 400
    assert "targetSize" in answer.error["details"]


def test_a_square_is_made_around_a_shorter_one(sandbox: Sandbox) -> None:
    answer = sandbox.try_file(encoded(noise(2_000, 3), "PNG"), mode="trim", padToSquare=True)

    assert answer.size == (2_000, 2_000)
