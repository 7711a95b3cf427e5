import re
import uuid
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.api.calls import (
    ANALYZE,
    CROP,
    MULTIPART,
    PORTRAIT,
    file_part,
    form,
    part,
    small,
    upload,
)
from tests.pictures import decoded, encoded, photo, scene


def test_a_crop_answers_the_four_fields_of_the_reference_and_ours(client: TestClient) -> None:
    settings = {"mode": "subject", "width": 320, "height": 200}

    response = client.post(CROP, **upload(settings))

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert list(answer) == [
        *("jobId", "downloadUrl", "originalSize", "processedSize"),
        *("filename", "contentType", "width", "height", "expiresAt"),
        *("overlayUrl", "plan", "warnings"),
    ]
    uuid.UUID(answer["jobId"])
    assert answer["downloadUrl"] == f"/api/v1/download/{answer['jobId']}/portrait_smartcrop.jpg"
    assert answer["originalSize"] == len(PORTRAIT)
    assert answer["processedSize"] == len(client.get(answer["downloadUrl"]).content)
    assert answer["filename"] == "portrait_smartcrop.jpg"
    assert answer["contentType"] == "image/jpeg"
    assert (answer["width"], answer["height"]) == (320, 200)
    assert answer["expiresAt"] is None  # a local result stays
    assert answer["warnings"] == []


def test_the_plan_names_strategy_window_and_focal_point(client: TestClient) -> None:
    picture = encoded(scene(600, 300, (450, 150)))

    plan = client.post(CROP, **upload({"width": 100, "height": 100}, picture)).json()["plan"]

    assert plan["mode"] == "subject"
    assert plan["fallback"] is None
    assert plan["strategy"] == "attention"
    assert plan["source"] == {"width": 600, "height": 300}
    assert plan["crop"] == {"left": 300, "top": 0, "width": 300, "height": 300}
    assert abs(plan["focus"]["x"] - 450) < 25
    assert abs(plan["focus"]["y"] - 150) < 25
    assert plan["faces"] == []
    assert plan["facesCut"] == 0


def test_the_plan_is_in_pixels_of_the_upright_picture(client: TestClient) -> None:
    lying = encoded(scene(600, 300, (450, 150)), orientation=6)  # EXIF: rotate clockwise

    plan = client.post(CROP, **upload({"width": 100, "height": 100}, lying)).json()["plan"]

    assert plan["source"] == {"width": 300, "height": 600}
    assert plan["crop"] == {"left": 0, "top": 300, "width": 300, "height": 300}


def test_the_result_has_exactly_the_requested_size(client: TestClient) -> None:
    answer = client.post(CROP, **upload({"width": 123, "height": 77})).json()

    assert decoded(client.get(answer["downloadUrl"]).content).size == (123, 77)


def test_without_settings_the_result_is_1080_square(client: TestClient) -> None:
    answer = client.post(CROP, **upload()).json()

    assert (answer["width"], answer["height"]) == (1080, 1080)
    assert answer["plan"]["mode"] == "subject"
    assert answer["plan"]["strategy"] == "attention"


def test_blank_settings_are_the_defaults(client: TestClient) -> None:
    answer = client.post(CROP, **upload(" \n")).json()

    assert (answer["width"], answer["height"]) == (1080, 1080)
    assert [line.partition(" by ")[0] for line in answer["warnings"]] == ["The result is enlarged"]


@pytest.mark.parametrize(
    ("name", "settings", "content_type", "extension"),
    [
        ("JPEG", {}, "image/jpeg", "jpg"),
        ("PNG", {}, "image/png", "png"),
        ("WEBP", {}, "image/webp", "webp"),
        ("GIF", {}, "image/gif", "gif"),
        ("TIFF", {}, "image/tiff", "tiff"),
        ("BMP", {}, "image/png", "png"),
        ("PNG", {"format": "jpeg"}, "image/jpeg", "jpg"),
        ("JPEG", {"format": "webp"}, "image/webp", "webp"),
    ],
)
def test_the_format_is_the_input_s_unless_another_is_requested(
    client: TestClient, name: str, settings: dict[str, str], content_type: str, extension: str
) -> None:
    picture = encoded(photo(size=(90, 60)), name)

    # The content decides, not the file name.
    request = upload({"width": 48, "height": 32, **settings}, picture, "picture.any")
    answer = client.post(CROP, **request).json()

    assert answer["contentType"] == content_type
    assert answer["filename"] == f"picture_smartcrop.{extension}"
    assert client.get(answer["downloadUrl"]).headers["content-type"] == content_type


def test_quality_decides_the_size_of_a_jpeg(client: TestClient) -> None:
    sizes = [
        client.post(CROP, **upload({"width": 200, "height": 200, "quality": quality})).json()[
            "processedSize"
        ]
        for quality in (20, 60, 95)
    ]
    default = client.post(CROP, **upload({"width": 200, "height": 200})).json()["processedSize"]

    assert sizes == sorted(set(sizes))
    assert default == sizes[-1]


def test_analyze_answers_exactly_the_plan_that_crop_renders(client: TestClient) -> None:
    request = upload({"width": 200, "height": 90, "strategy": "entropy", "padding": 10, "tint": 1})

    analyzed = client.post(ANALYZE, **request).json()
    cropped = client.post(CROP, **request).json()

    assert analyzed == {
        "plan": cropped["plan"],
        "overlayUrl": None,
        "warnings": cropped["warnings"],
    }
    assert analyzed["plan"]["strategy"] == "entropy"


def test_analyze_writes_nothing(client: TestClient, results: Path) -> None:
    before = set(results.rglob("*"))

    assert client.post(ANALYZE, **small()).status_code == 200
    assert set(results.rglob("*")) == before

    answer = client.post(CROP, **small()).json()
    folder = results / answer["jobId"]
    assert set(results.rglob("*")) - before == {folder, folder / answer["filename"]}


def test_every_job_has_its_own_id(client: TestClient) -> None:
    ids = {client.post(CROP, **small()).json()["jobId"] for _ in range(3)}

    assert len(ids) == 3


def test_the_field_of_the_file_may_have_any_name(client: TestClient) -> None:
    response = client.post(CROP, files={"picture": ("a.jpg", PORTRAIT)})

    assert response.status_code == 200
    assert response.json()["filename"] == "a_smartcrop.jpg"


def test_parts_may_come_in_any_order_and_other_fields_are_ignored(client: TestClient) -> None:
    body = form(
        part('form-data; name="settings"', b'{"width":48,"height":32}'),
        part('form-data; name="csrf"', b"x"),
        file_part(),
    )

    # Some clients write the type in capitals and the boundary in quotes.
    content_type = re.sub("boundary=(.*)", r'boundary="\1"', MULTIPART).replace("m", "M", 1)
    response = client.post(CROP, content=body, headers={"Content-Type": content_type})

    assert (response.json()["width"], response.json()["height"]) == (48, 32)


def test_an_unknown_setting_is_ignored_and_named(client: TestClient) -> None:
    answer = client.post(CROP, **small(Width=10, tint="red")).json()

    assert answer["width"] == 48
    assert answer["warnings"] == [
        "Width: unknown setting, ignored",
        "tint: unknown setting, ignored",
    ]


def test_an_unknown_setting_with_a_lone_surrogate_in_its_name_is_ignored(
    client: TestClient,
) -> None:
    response = client.post(CROP, **upload('{"\\ud800": 1, "width": 48, "height": 32}'))

    assert response.status_code == 200
    assert response.json()["warnings"] == ["?: unknown setting, ignored"]


@pytest.mark.parametrize("path", [CROP, ANALYZE])
def test_the_plan_is_drawn_on_request(client: TestClient, path: str) -> None:
    plain = client.post(path, **small()).json()
    drawn = client.post(f"{path}?overlay=true", **small()).json()

    assert plain["overlayUrl"] is None
    source = drawn["plan"]["source"]
    overlay = client.get(drawn["overlayUrl"])
    assert overlay.headers["content-type"] == "image/jpeg"
    assert decoded(overlay.content).size == (source["width"], source["height"])


def test_the_overlay_parameter_is_true_or_false(client: TestClient) -> None:
    response = client.post(f"{CROP}?overlay=perhaps", **small())

    assert response.status_code == 400
    assert response.json()["details"] == 'overlay: expected true or false, received "perhaps"'
