"""Previews of results in formats that browsers do not show."""

from collections.abc import Iterator

import numpy as np
import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from tests.api.calls import CROP, upload
from tests.pictures import decoded, encoded, photo
from tests.progress.watching import ASYNC, JOBS, states_in


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    store = tmp_path_factory.mktemp("results").as_uri()
    with TestClient(create_app(Config(store=store))) as client:
        yield client


TIFF = encoded(photo(size=(90, 60)), "TIFF")


def test_a_tiff_result_has_the_extension_of_the_reference_and_a_preview(
    client: TestClient,
) -> None:
    answer = client.post(CROP, **upload({"width": 48, "height": 32}, TIFF, "scan.tif")).json()

    assert (answer["filename"], answer["contentType"]) == ("scan_smartcrop.tiff", "image/tiff")
    assert answer["previewUrl"] == f"/api/v1/download/{answer['jobId']}/preview.webp"
    preview = client.get(answer["previewUrl"])
    result = client.get(answer["downloadUrl"])
    assert preview.headers["content-type"] == "image/webp"
    assert decoded(preview.content).size == (48, 32)
    shown, exact = (
        np.asarray(decoded(each.content).convert("RGB"), int) for each in (preview, result)
    )
    assert abs(shown - exact).mean() < 6


@pytest.mark.parametrize("format_", ["jpeg", "png", "webp", "gif", "avif"])
def test_formats_that_browsers_show_have_none(client: TestClient, format_: str) -> None:
    answer = client.post(CROP, **upload({"width": 48, "height": 32, "format": format_})).json()

    assert "previewUrl" not in answer


def test_each_of_several_sizes_has_its_own(client: TestClient) -> None:
    settings = {"sizes": ["50x40", {"width": 30, "height": 60, "name": "thumb"}], "format": "tiff"}
    answer = client.post(CROP, **upload(settings)).json()

    links = [each["previewUrl"] for each in answer["results"]]
    assert [decoded(client.get(link).content).size for link in links] == [(50, 40), (30, 60)]
    assert answer["previewUrl"] == links[0]


def test_a_preview_is_small_and_keeps_transparency(client: TestClient) -> None:
    picture = photo(size=(90, 60)).convert("RGBA")
    picture.putalpha(photo(size=(90, 60)).convert("L"))
    settings = {"width": 2560, "height": 1000, "format": "tiff"}

    answer = client.post(CROP, **upload(settings, encoded(picture, "PNG"))).json()

    preview = decoded(client.get(answer["previewUrl"]).content)
    assert (preview.size, preview.mode) == ((1280, 500), "RGBA")
    assert np.asarray(preview)[..., 3].min() < 255


def test_the_state_and_the_progress_of_a_job_have_it_too(client: TestClient) -> None:
    sent = upload({"width": 48, "height": 32}, TIFF, "scan.tif")
    accepted = client.post(CROP, headers=ASYNC, **sent).json()
    last = states_in(client.get(f"{JOBS}/{accepted['jobId']}/progress").text)[-1]

    job = client.get(accepted["statusUrl"]).json()

    assert job["previewUrl"] == last["result"]["previewUrl"]
    assert client.get(job["previewUrl"]).headers["content-type"] == "image/webp"
