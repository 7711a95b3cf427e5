"""The paths of the reference's second version, which has the tool in a section."""

import httpx2
import pytest
from starlette.testclient import TestClient

from tests.api.calls import ANALYZE, CROP, small

IMAGE_CROP = "/api/v1/tools/image/smart-crop"


def test_the_path_in_a_section_crops(client: TestClient) -> None:
    new, old = client.post(IMAGE_CROP, **small()), client.post(CROP, **small())

    assert (new.status_code, old.status_code) == (200, 200)
    assert new.json()["plan"] == old.json()["plan"]
    assert client.get(new.json()["downloadUrl"]).status_code == 200


def test_its_sub_paths_answer_like_the_old_ones(client: TestClient) -> None:
    analyzed = client.post(f"{IMAGE_CROP}/analyze", **small())
    batch = client.post(f"{IMAGE_CROP}/batch", **small())

    assert analyzed.json() == client.post(ANALYZE, **small()).json()
    assert (batch.status_code, batch.headers["content-type"]) == (200, "application/zip")


@pytest.mark.parametrize("rest", ["", "/batch", "/analyze"])
def test_errors_are_the_same(client: TestClient, rest: str) -> None:
    def answers(path: str) -> list[tuple[int, object]]:
        responses: list[httpx2.Response] = [
            client.get(path + rest),
            client.post(path + rest),
            client.post(path + rest, **small(width=0)),
        ]
        return [(each.status_code, each.json()) for each in responses]

    assert answers(IMAGE_CROP) == answers(CROP)


@pytest.mark.parametrize("path", [f"{IMAGE_CROP}s", f"{IMAGE_CROP}/other"])
def test_other_paths_are_not_found(client: TestClient, path: str) -> None:
    assert client.post(path, **small()).status_code == 404
