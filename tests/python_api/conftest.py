"""A folder with the photo that the examples of the documentation name."""

from pathlib import Path

import pytest

from tests.pictures import encoded, photo


@pytest.fixture
def portrait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory has a photo with a face, and an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crops").mkdir()
    path = tmp_path / "portrait.jpg"
    path.write_bytes(encoded(photo("astronaut.png")))
    return path
