import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

import httpx2
import pytest
from PIL import Image
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from tests.pictures import decoded

BATCH = "/api/v1/tools/smart-crop/batch"
SMALL = {"width": 48, "height": 32}

Files = list[tuple[str, bytes]]
MakeClient = Callable[..., TestClient]


@pytest.fixture
def make_client(tmp_path: Path) -> MakeClient:
    """Create the client of a deployment with its own results."""

    def make(**config: Any) -> TestClient:
        store = (tmp_path / "results").as_uri()
        return TestClient(create_app(Config(**{"store": store, "max_pixels": 4_000_000, **config})))

    return make


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client()


def form(files: Files, settings: object = SMALL) -> dict[str, Any]:
    """Return the arguments of a client's ``post``."""
    return {
        "files": [("files", file) for file in files],
        "data": {"settings": settings if isinstance(settings, str) else json.dumps(settings)},
    }


def header(response: httpx2.Response, name: str) -> dict[str, Any]:
    """Return a header as the reference's clients read it: decodeURIComponent, then JSON."""
    values: dict[str, Any] = json.loads(unquote(response.headers.get(name, "{}")))
    return values


def results(response: httpx2.Response) -> dict[str, Any]:
    """Return the names of the results in the ZIP, by the index of their file."""
    return header(response, "x-file-results")


def pictures(data: bytes) -> Mapping[str, Image.Image]:
    """Return the pictures in a ZIP by their names, in its order."""
    with ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: decoded(archive.read(name)) for name in archive.namelist()}
