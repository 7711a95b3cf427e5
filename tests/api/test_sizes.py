"""Several sizes in one request of the API."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tests.api.calls import ANALYZE, CROP, upload
from tests.pictures import decoded

SIZES = ["64x64", {"width": 90, "height": 40, "name": "Wide_One"}, "48x60"]
NAMES = ["64x64", "Wide_One", "48x60"]


def crop(client: TestClient, sizes: object = SIZES, path: str = CROP, **query: str) -> Any:
    response = client.post(path, params=query, **upload({"sizes": sizes}))
    assert response.status_code == 200, response.text
    return response.json()


def test_every_size_has_a_result_and_the_first_is_also_the_answer(client: TestClient) -> None:
    answer = crop(client)

    results = answer["results"]
    assert [each["name"] for each in results] == NAMES
    assert [(each["width"], each["height"]) for each in results] == [(64, 64), (90, 40), (48, 60)]
    for each in results:
        picture = client.get(each["downloadUrl"])
        assert picture.status_code == 200
        assert len(picture.content) == each["processedSize"]
        assert decoded(picture.content).size == (each["width"], each["height"])
        assert (
            picture.headers["content-disposition"] == f'attachment; filename="{each["filename"]}"'
        )
    first = results[0]
    shared = ("downloadUrl", "processedSize", "filename", "width", "height", "plan")
    assert {name: answer[name] for name in shared} == {name: first[name] for name in shared}


def test_each_size_has_its_own_file_name(client: TestClient) -> None:
    assert [each["filename"] for each in crop(client)["results"]] == [
        "portrait_smartcrop_64x64.jpg",
        "portrait_smartcrop_wide-one.jpg",
        "portrait_smartcrop_48x60.jpg",
    ]


def test_without_sizes_there_are_no_results(client: TestClient) -> None:
    for settings in ({"width": 48}, {"width": 48, "sizes": []}):
        assert "results" not in client.post(CROP, **upload(settings)).json()
        assert "results" not in client.post(ANALYZE, **upload(settings)).json()


def test_analyze_answers_the_plans_that_crop_renders(client: TestClient, results: Path) -> None:
    before = set(results.iterdir())

    analyzed = crop(client, path=ANALYZE)

    assert set(results.iterdir()) == before
    cropped = crop(client)
    assert analyzed["plan"] == cropped["plan"]
    assert [(each["name"], each["plan"]) for each in analyzed["results"]] == [
        (each["name"], each["plan"]) for each in cropped["results"]
    ]


def test_each_plan_has_its_own_overlay(client: TestClient) -> None:
    for path in (CROP, ANALYZE):
        answer = crop(client, path=path, overlay="true")

        urls = [each["overlayUrl"] for each in answer["results"]]
        assert answer["overlayUrl"] == urls[0]
        assert len({client.get(url).content for url in urls}) == len(SIZES)


def test_a_size_that_is_not_accepted_is_named(client: TestClient) -> None:
    response = client.post(CROP, **upload({"sizes": ["1:1", "1:0"]}))

    assert response.status_code == 400
    assert response.json()["error"] == "Invalid settings"
    assert response.json()["details"].startswith("sizes.1: expected WIDTHxHEIGHT")


def test_the_settings_that_sizes_replace_are_named(client: TestClient) -> None:
    answer = client.post(CROP, **upload({"sizes": ["48x48"], "width": 7})).json()

    assert (answer["width"], answer["height"]) == (48, 48)
    assert answer["warnings"] == ["width, height: ignored, because sizes is set"]


def test_a_job_is_one_line_in_the_log(client: TestClient, logged: Any) -> None:
    logged()
    answer = crop(client)

    (line,) = [line for line in logged().splitlines() if answer["jobId"] in line]
    written = sum(each["processedSize"] for each in answer["results"])
    assert f"bytes_out={written} " in line
