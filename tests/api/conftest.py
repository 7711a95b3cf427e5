from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config

MAX_BODY_BYTES = 400_000


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the local directory of the results."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def client(results: Path) -> Iterator[TestClient]:
    """Yield a client of the app, which raises errors that the app does not answer."""
    config = Config(store=results.as_uri(), max_body_bytes=MAX_BODY_BYTES, max_pixels=4_000_000)
    with TestClient(create_app(config)) as client:
        yield client
