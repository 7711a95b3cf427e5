"""Whole pictures of extreme shapes: they are cropped, and take no more memory than a large one."""

from collections.abc import Iterator

import pytest

from tests.hostile.sandbox import Sandbox
from tests.pictures import encoded, noise

# A strip that is enlarged is weighed at 24 megapixels, of 4 bytes, and is there twice while one
# is made of the other. The result itself, of up to 5 megapixels here, comes on top.
_PEAK_KIB = 300 * 1024
# Not damaged, and so not under the promise; weighing takes its time.
_CPU_SECONDS = 20

SIZES = [(1, 1), (20_000, 20), (20, 20_000), (65_535, 1), (1, 65_535), (3_000, 2_000)]
TARGETS = [(1, 1), (1080, 1080), (2_500, 2), (2, 2_500)]


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
