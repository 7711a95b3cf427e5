"""The picture itself as the response of a crop."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.api.picture_response import plan_header, warnings_header
from handler.config import Config
from handler.jobs.plan_response import Box, CropPlan
from tests.api.calls import ANALYZE, CROP, PORTRAIT, small, upload
from tests.hostile.specimens import specimen
from tests.pictures import decoded, encoded, photo

PNG = encoded(photo(size=(300, 200)), "PNG")
PLAN = "x-smart-crop-plan"
WARNINGS = "x-smart-crop-warnings"


def crop(client: TestClient, accept: str, query: str = "", **settings: Any) -> httpx2.Response:
    return client.post(CROP + query, headers={"Accept": accept}, **small(**settings))


def plan_of(response: httpx2.Response) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(response.headers[PLAN])
    return plan


def test_the_response_is_the_picture(client: TestClient) -> None:
    response = crop(client, "image/*")

    assert response.status_code == 200
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["content-length"] == str(len(response.content))
    assert (
        response.headers["content-disposition"] == 'attachment; filename="portrait_smartcrop.jpg"'
    )
    assert WARNINGS not in response.headers
    assert decoded(response.content).size == (48, 32)


def test_the_picture_and_the_plan_are_those_of_the_json(client: TestClient) -> None:
    response = crop(client, "image/*", mode="face")
    answer = client.post(CROP, **small(mode="face")).json()

    assert plan_of(response) == answer["plan"]
    assert response.content == client.get(answer["downloadUrl"]).content


def test_the_picture_is_not_stored(client: TestClient, results: Path) -> None:
    before = set(results.iterdir())

    crop(client, "image/*")

    assert set(results.iterdir()) == before


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "",
        "application/json",
        "image/*, */*;q=0.1",
        "text/html,image/avif,image/webp,*/*;q=0.8",  # of browsers
        "image/*, application/json",
        "image/*;q=0.5, application/json;q=0.6",
        "image/*;q=0",
        "image/svg+xml",
        "text/plain",
        "garbage",
    ],
)
def test_other_requests_get_json(client: TestClient, accept: str) -> None:
    response = crop(client, accept)

    assert response.json()["contentType"] == "image/jpeg"
    assert PLAN not in response.headers


@pytest.mark.parametrize(
    "accept",
    [
        "image/jpeg",
        "IMAGE/*",
        "image/jpg",
        "image/png;q=0.9, image/*;q=0.1",
        "image/*;q=0.5, application/json;q=0.4",
        "image/*;q=x",
        "text/html, image/*",
    ],
)
def test_requests_for_pictures_get_the_picture(client: TestClient, accept: str) -> None:
    assert crop(client, accept).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("accept", "settings", "content_type"),
    [
        ("image/webp", {}, "image/webp"),
        ("image/webp;q=0.5, image/png", {}, "image/png"),
        ("image/png, image/jpeg;q=0.1", {}, "image/jpeg"),  # the format of the file is accepted
        ("image/svg+xml, image/png", {}, "image/png"),
        ("image/webp", {"format": "png"}, "image/png"),  # the setting has precedence
        ("image/webp, image/*;q=0.1", {}, "image/jpeg"),
    ],
)
def test_accept_chooses_the_format_if_the_settings_do_not(
    client: TestClient, accept: str, settings: dict[str, str], content_type: str
) -> None:
    response = crop(client, accept, **settings)

    assert response.headers["content-type"] == content_type
    assert f"image/{decoded(response.content).format}".lower() == content_type


@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/*"])
def test_the_parameter_has_precedence(client: TestClient, accept: str) -> None:
    assert crop(client, accept, "?response=image").headers["content-type"] == "image/jpeg"
    assert crop(client, accept, "?response=json").headers["content-type"] == "application/json"


def test_another_parameter_is_rejected(client: TestClient) -> None:
    response = crop(client, "*/*", "?response=zip")

    assert response.status_code == 400
    assert response.json()["details"] == 'response: expected one of json, image, received "zip"'


def test_warnings_are_in_a_header(client: TestClient) -> None:
    response = crop(client, "image/*", größe=1)

    assert response.headers[WARNINGS].isascii()
    assert json.loads(response.headers[WARNINGS]) == ["größe: unknown setting, ignored"]


def test_one_size_is_a_picture_and_several_need_json(client: TestClient) -> None:
    one = crop(client, "image/*", sizes=["30x20"])
    two = crop(client, "image/*", sizes=["30x20", "20x20"])

    assert decoded(one.content).size == (30, 20)
    assert one.headers["content-disposition"].endswith('"portrait_smartcrop_30x20.jpg"')
    assert two.status_code == 406
    assert two.json() == {
        "error": "Not acceptable",
        "code": "NOT_ACCEPTABLE",
        "details": "Accept: expected application/json for a request with several sizes, "
        'received "image/*"',
    }


def test_an_overlay_needs_json(client: TestClient) -> None:
    response = crop(client, "image/*", "?overlay=true&response=image")

    assert response.status_code == 406
    assert response.json()["details"] == (
        'response: expected json for a request with an overlay, received "image"'
    )


def test_errors_are_json(client: TestClient) -> None:
    accept = {"Accept": "image/*"}

    for request, status in ((upload({"width": 0}), 400), (upload({}, b"text"), 400)):
        response = client.post(CROP, headers=accept, **request)
        assert (response.status_code, "error" in response.json()) == (status, True)


def test_analyze_answers_json(client: TestClient) -> None:
    response = client.post(ANALYZE, headers={"Accept": "image/*"}, **small())

    assert response.json()["plan"]["mode"] == "subject"


def test_a_picture_past_the_limit_is_behind_a_link(tmp_path: Path) -> None:
    config = Config(store=tmp_path.as_uri(), max_answer_bytes=10_000)
    client = TestClient(create_app(config), follow_redirects=False)

    within = crop(client, "image/*")
    past = crop(client, "image/*", width=600, height=400, unknown=1)

    assert (within.status_code, len(list(tmp_path.iterdir()))) == (200, 1)
    assert past.status_code == 303
    answer = past.json()
    assert past.headers["location"] == answer["downloadUrl"]
    assert plan_of(past) == answer["plan"]
    assert json.loads(past.headers[WARNINGS]) == answer["warnings"]
    assert len(client.get(past.headers["location"]).content) == answer["processedSize"] > 10_000


def test_a_long_plan_is_shortened_step_by_step(client: TestClient) -> None:
    answer = client.post(CROP, files={"file": ("a.jpg", PORTRAIT)}, data={"mode": "face"}).json()
    plan = CropPlan.model_validate(answer["plan"])
    (face,) = plan.faces
    other = face.model_copy(update={"chosen": False})
    box = Box(left=12_345, top=12_345, width=12_345, height=12_345)

    def header(**changes: Any) -> dict[str, Any]:
        text = plan_header(plan.model_copy(update=changes))
        assert text.isascii()
        assert len(text) <= 4096
        shown: dict[str, Any] = json.loads(text)
        return shown

    assert header() == answer["plan"]
    without_landmarks = header(faces=[face] * 25)
    assert without_landmarks["shortened"] is True
    assert [each["landmarks"] for each in without_landmarks["faces"]] == [[]] * 25
    assert len(header(faces=[face] + [other] * 60)["faces"]) == 1
    least = header(faces=[face] * 99, keep=[box] * 20, avoid=[box] * 20, reason="×" * 5000)
    assert (least["faces"], least["keep"], least["avoid"]) == ([], [], [])
    assert least["crop"] == answer["plan"]["crop"]


def test_many_warnings_are_counted() -> None:
    lines = [f"{'x' * 60}{index}: unknown setting, ignored" for index in range(100)]

    text = warnings_header(lines)

    *shown, last = json.loads(text)
    assert len(text) <= 2048
    assert shown == lines[: len(shown)] != []
    assert last == f"{100 - len(shown)} more warnings"


@pytest.mark.parametrize(
    ("accept", "frames", "content_type"),
    [
        ("image/*", "all", "image/webp"),
        ("image/webp, image/jpeg", "all", "image/webp"),
        ("image/jpeg", "all", "image/jpeg"),
        ("image/jpeg, image/webp;q=0.5", "first", "image/jpeg"),
        ("image/png", "first", "image/png"),
    ],
)
def test_a_moving_heic_is_of_an_accepted_format(
    client: TestClient, accept: str, frames: str, content_type: str
) -> None:
    # Depths in place of alpha: a still result may be a JPEG.
    data = specimen("heic/sequence").replace(b"auxid:1", b"auxid:2")
    form = upload({"width": 40, "height": 30, "frames": frames}, data, "a.heic")
    response = client.post(CROP, headers={"Accept": accept}, **form)
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
