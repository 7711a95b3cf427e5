from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from tests.api.calls import ANALYZE, CROP, upload
from tests.pictures import decoded, encoded, gradient, photo

PORTRAIT = encoded(photo("astronaut.png"), "JPEG")
NOBODY = encoded(gradient(300, 200), "JPEG")


@pytest.fixture
def without_bundle(tmp_path: Path) -> Iterator[TestClient]:
    config = Config(store=(tmp_path / "results").as_uri(), face_bundle=tmp_path / "nowhere")
    with TestClient(create_app(config)) as client:
        yield client


def test_a_portrait_is_framed_around_its_face(client: TestClient) -> None:
    settings = {"mode": "face", "width": 200, "height": 250}

    answer = client.post(CROP, **upload(settings, PORTRAIT)).json()

    plan = answer["plan"]
    assert (plan["mode"], plan["fallback"], plan["facesCut"]) == ("face", None, 0)
    (face,) = plan["faces"]
    crop, box = plan["crop"], face["box"]
    assert face["chosen"]
    assert face["score"] > 0.8
    assert len(face["landmarks"]) == 5
    assert crop["left"] <= box["left"]
    assert crop["top"] <= box["top"]
    assert crop["left"] + crop["width"] >= box["left"] + box["width"]
    assert crop["top"] + crop["height"] >= box["top"] + box["height"]
    assert box["top"] < plan["eyeLine"] < box["top"] + box["height"]
    assert plan["reason"]
    assert decoded(client.get(answer["downloadUrl"]).content).size == (200, 250)


def test_analyze_answers_the_plan_that_crop_follows(client: TestClient) -> None:
    request = upload({"mode": "face", "facePreset": "closeup"}, PORTRAIT)

    assert (
        client.post(ANALYZE, **request).json()["plan"]
        == (client.post(CROP, **request).json()["plan"])
    )


def test_a_tighter_preset_cuts_a_smaller_window(client: TestClient) -> None:
    presets = ("closeup", "head-shoulders", "upper-body")
    heights = [
        client.post(
            ANALYZE, **upload({"mode": "face", "facePreset": preset, "enlarge": True}, PORTRAIT)
        ).json()["plan"]["crop"]["height"]
        for preset in presets
    ]

    assert heights == sorted(set(heights))


def test_no_face_falls_back_to_attention(client: TestClient) -> None:
    plan = client.post(ANALYZE, **upload({"mode": "face"}, NOBODY)).json()["plan"]

    assert (plan["mode"], plan["fallback"], plan["strategy"]) == (
        "subject",
        "no-faces",
        "attention",
    )
    assert plan["faces"] == []


def test_no_face_is_an_error_on_request(client: TestClient) -> None:
    response = client.post(CROP, **upload({"mode": "face", "onNoFaces": "error"}, NOBODY))

    assert response.status_code == 422
    assert response.json()["code"] == "NO_FACES"


@pytest.mark.parametrize("sensitivity", [0, 1])
def test_a_clear_face_is_found_at_both_ends_of_sensitivity(
    client: TestClient, sensitivity: int
) -> None:
    request = upload({"mode": "face", "sensitivity": sensitivity}, PORTRAIT)

    assert client.post(ANALYZE, **request).json()["plan"]["mode"] == "face"


def test_without_the_bundle_only_face_mode_fails(
    without_bundle: TestClient,
) -> None:
    refused = without_bundle.post(CROP, **upload({"mode": "face"}, PORTRAIT))
    health = without_bundle.get("/api/v1/health").json()
    subject = without_bundle.post(CROP, **upload({"mode": "subject"}, PORTRAIT))

    assert refused.status_code == 501
    assert refused.json()["error"] == "Feature not installed"
    assert refused.json()["code"] == "FEATURE_NOT_INSTALLED"
    assert refused.json()["feature"] == "face-detection"
    assert health["features"] == {"face-detection": False, "object-detection": False}
    assert health["evidence"] == ["text"]
    assert subject.status_code == 200


def test_auto_mode_works_without_the_bundle_with_a_warning(without_bundle: TestClient) -> None:
    settings = {"mode": "auto", "width": 200, "height": 250}

    response = without_bundle.post(CROP, **upload(settings, PORTRAIT))

    assert response.status_code == 200
    answer = response.json()
    plan = answer["plan"]
    assert (plan["mode"], plan["strategy"]) == ("subject", "saliency")
    assert plan["fallback"] == "no-face-detection"
    assert any("face detection" in line for line in answer["warnings"])


def test_auto_mode_answers_the_weight_of_each_map(client: TestClient) -> None:
    settings = {"mode": "auto", "width": 100, "height": 300}

    plan = client.post(ANALYZE, **upload(settings, PORTRAIT)).json()["plan"]

    assert (plan["mode"], plan["fallback"], plan["facesCut"]) == ("auto", None, 0)
    assert sum(plan["weights"].values()) == pytest.approx(1, abs=0.01)
    assert -1 <= plan["gainOverCentre"] <= 1
    assert len(plan["faces"]) == 1


def test_boxes_of_a_plan_can_be_kept(client: TestClient) -> None:
    face = client.post(ANALYZE, **upload({"mode": "face"}, PORTRAIT)).json()["plan"]["faces"][0]
    settings = {"strategy": "saliency", "width": 100, "height": 300, "keep": [face["box"]]}

    plan = client.post(ANALYZE, **upload(settings, PORTRAIT)).json()["plan"]

    assert plan["keep"] == [face["box"]]
    assert plan["crop"]["left"] <= face["box"]["left"]
