"""Settings in fields of their own, as HTML forms and ``curl -F`` send them."""

import io
from typing import Any
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from tests.api.calls import ANALYZE, CROP, PORTRAIT
from tests.pictures import decoded

FILE = {"file": ("portrait.jpg", PORTRAIT)}
SMALL = {"width": "48", "height": "32"}


def crop(client: TestClient, path: str = CROP, **fields: str | list[str]) -> Any:
    return client.post(path, files=FILE, data=fields)


def test_fields_are_settings(client: TestClient) -> None:
    answer = crop(client, mode="face", facePreset="closeup", **SMALL).json()

    assert answer["plan"]["mode"] == "face"
    assert (answer["width"], answer["height"]) == (48, 32)
    assert answer["warnings"] == []


def test_fields_give_the_result_of_the_same_json(client: TestClient) -> None:
    fields = {**SMALL, "focus": '{"x": 0.1, "y": 0.9}', "padding": "10", "format": "png"}
    whole = '{"width":48,"height":32,"focus":{"x":0.1,"y":0.9},"padding":10,"format":"png"}'

    by_fields = crop(client, **fields).json()
    by_json = crop(client, settings=whole).json()

    assert by_fields["plan"] == by_json["plan"]
    assert by_fields["contentType"] == by_json["contentType"] == "image/png"


def test_analyze_and_batch_read_fields(client: TestClient) -> None:
    plan = crop(client, ANALYZE, strategy="entropy", **SMALL).json()["plan"]
    zipped = client.post(
        f"{CROP}/batch", files=[("files", FILE["file"])] * 2, data={"format": "png", **SMALL}
    )

    assert plan["strategy"] == "entropy"
    with ZipFile(io.BytesIO(zipped.content)) as archive:
        names = ["portrait_smartcrop.png", "portrait_smartcrop_1.png"]
        assert archive.namelist() == names
        assert decoded(archive.read(names[0])).size == (48, 32)


def test_several_sizes_are_a_list_of_names_or_several_fields(client: TestClient) -> None:
    for sizes in ("48x32, 20x30", ["48x32", "20x30"], '["48x32","20x30"]'):
        results = crop(client, sizes=sizes).json()["results"]
        assert [each["name"] for each in results] == ["48x32", "20x30"]


def test_a_field_that_is_not_accepted_is_named(client: TestClient) -> None:
    response = crop(client, width="0", height="tall", padToSquare="perhaps", focus="0.5")

    assert response.status_code == 400
    body = response.json()
    assert (body["error"], body["code"]) == ("Invalid settings", "INVALID_SETTINGS")
    messages = [each["message"] for each in body["errors"]]
    assert messages[:2] == [
        "width: expected a whole number from 1 to 16,383, received 0",
        'height: expected a whole number from 1 to 16,383, received "tall"',
    ]
    assert {each["field"] for each in body["errors"]} == {"width", "height", "padToSquare", "focus"}


def test_a_field_that_is_no_setting_is_named_in_a_warning(client: TestClient) -> None:
    answer = crop(client, widht="20", **SMALL).json()

    assert answer["warnings"] == ["widht: unknown setting, ignored"]


def test_fields_are_ignored_if_the_form_has_all_settings(client: TestClient) -> None:
    whole = '{"width": 48, "height": 32}'

    answer = crop(client, settings=whole, mode="face", width="20", other="x").json()

    assert (answer["width"], answer["plan"]["mode"]) == (48, "subject")
    assert answer["warnings"] == [
        "mode, width, other: ignored, because the form has the field settings"
    ]


def test_fields_are_read_if_the_settings_are_blank(client: TestClient) -> None:
    answer = crop(client, settings=" ", **SMALL).json()

    assert (answer["width"], answer["warnings"]) == (48, [])


@pytest.mark.parametrize("field", ["clientJobId", "fileId", "_charset_"])
def test_fields_that_clients_send_for_other_reasons_need_no_warning(
    client: TestClient, field: str
) -> None:
    whole = '{"width": 48, "height": 32}'

    assert crop(client, **{field: "abc"}, **SMALL).json()["warnings"] == []
    assert crop(client, **{field: "abc"}, settings=whole).json()["warnings"] == []


def test_text_in_the_field_of_a_file_is_named_in_a_warning(client: TestClient) -> None:
    answer = client.post(CROP, files={"photo": FILE["file"]}, data={"file": "null", **SMALL}).json()

    assert answer["warnings"] == ['file: expected a file, received the text "null"; ignored']
