"""The bundle that `make setup` built."""

from pathlib import Path

import pytest

from handler.faces import FaceDetector, bundle

BUILT = Path(__file__).parents[2] / "layers" / "face-detection" / "build"


@pytest.fixture(scope="session")
def built() -> Path:
    """Its folder. Nothing here makes sense without it, so its absence is no reason to skip."""
    if not bundle.is_available(BUILT):
        pytest.fail(f"There is no face detection bundle in {BUILT}: run `make setup`")
    return BUILT


@pytest.fixture(scope="session")
def detector(built: Path) -> FaceDetector:
    return FaceDetector(bundle.load(built))
