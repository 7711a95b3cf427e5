"""Forms as clients send them: names, types, files without names, and text around the parts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from tests.api.calls import CROP, MULTIPART, PORTRAIT, file_part, form, part
from tests.needs import optional_data
from tests.pictures import encoded, gradient

CASES = Path(__file__).parents[3] / "shared" / "cases"
SETTINGS = part('form-data; name="settings"', b'{"width":48,"height":32}')
SLOT = part(
    'form-data; name="logo"; filename=""', b"", headers="Content-Type: application/octet-stream\r\n"
)
BOUNDARY = MULTIPART.partition("=")[2].encode()


def post(client: TestClient, content: bytes | Iterator[bytes], path: str = CROP) -> httpx2.Response:
    return client.post(path, content=content, headers={"Content-Type": MULTIPART})


def named(disposition: str, headers: str = "") -> bytes:
    return form(part(disposition, PORTRAIT, headers), SETTINGS)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ("filename*=utf-8''%D0%BE%D1%82%D0%BF%D1%83%D1%81%D0%BA.jpg", "отпуск_smartcrop.jpg"),
        ("filename*=UTF-8'ru'%D0%B6.jpg", "ж_smartcrop.jpg"),
        ("filename*=\"utf-8''%C3%A9.jpg\"", "é_smartcrop.jpg"),
        ("filename*=iso-8859-1'en'%A3.jpg", "£_smartcrop.jpg"),
        ("filename*=shift_jis''%C3%A9.jpg", "é_smartcrop.jpg"),  # not a charset of the list
        ("FileName*=utf-8''%C3%A9.jpg", "é_smartcrop.jpg"),
        ("filename*=%C3%A9.jpg", "é_smartcrop.jpg"),
        ("filename*=utf-8''%FF.jpg", "ÿ_smartcrop.jpg"),
        # The extended form has precedence, in any order.
        ("filename=\"e.jpg\"; filename*=utf-8''%C3%A9.jpg", "é_smartcrop.jpg"),
        ("filename*=utf-8''%C3%A9.jpg; filename=\"e.jpg\"", "é_smartcrop.jpg"),
        ("filename=\"e.jpg\"; filename*=utf-8''", "e_smartcrop.jpg"),
        # A name in quotes is no parameter.
        ("filename=\"a; filename*=utf-8''b.jpg\"", "a_ filename__utf-8''b_smartcrop.jpg"),
        ("filename*0*=utf-8''%C3%A9; filename*1=%20;filename*2*=%C3%A8.jpg", "é%20è_smartcrop.jpg"),
        ('filename*0="ab"; filename*1="cd.jpg"', "abcd_smartcrop.jpg"),
    ],
)
def test_a_file_name_in_the_extended_form(client: TestClient, parameters: str, name: str) -> None:
    response = post(client, named(f'form-data; name="file"; {parameters}'))

    assert response.status_code == 200, response.text
    assert response.json()["filename"] == name.replace("%", "_")


def test_a_field_name_in_the_extended_form(client: TestClient) -> None:
    body = form(file_part(), part("form-data; name*=utf-8''settings", b'{"width":48,"height":32}'))

    assert post(client, body).json()["width"] == 48


@pytest.mark.parametrize(
    ("field", "content_type"),
    [
        ("file", "application/octet-stream"),
        ("file", "image/jpeg"),
        ("file", "text/plain"),
        ("files", "multipart/form-data"),
        ("photo", "Image/JPEG"),
        ("photo", "binary/octet-stream"),
    ],
)
def test_a_part_with_a_content_type_and_no_file_name_is_a_file(
    client: TestClient, field: str, content_type: str
) -> None:
    body = named(f'form-data; name="{field}"', f"Content-Type: {content_type}\r\n")

    assert post(client, body).json()["filename"] == "image_smartcrop.jpg"


@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-8", "application/json"])
def test_a_field_with_the_content_type_of_text_is_text(
    client: TestClient, content_type: str
) -> None:
    width = part('form-data; name="width"', b"48", f"Content-Type: {content_type}\r\n")

    assert post(client, form(file_part(), width)).json()["width"] == 48


@pytest.mark.parametrize(
    "headers",
    [
        'form-data; name="settings"; filename="blob"',
        'form-data; name="settings"; filename="settings.json"',
        'form-data; name="settings"; filename=""',
        'form-data; name="settings"',
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_settings_can_be_a_file(client: TestClient, headers: str, mark: bytes) -> None:
    blob = part(headers, mark + b'{"width":48,"height":32}', "Content-Type: application/json\r\n")

    for body in (form(file_part(), blob), form(blob, file_part())):
        answer = post(client, body).json()
        assert (answer["width"], answer["height"]) == (48, 32)
        assert answer["warnings"] == []


def test_the_size_of_settings_in_a_file_is_limited(client: TestClient) -> None:
    blob = part('form-data; name="settings"; filename="blob"', b" " * 70_000)

    response = post(client, form(file_part(), blob))

    assert response.json()["code"] == "BAD_FORM"


@pytest.mark.parametrize(
    "parts", [(file_part(), SLOT), (SLOT, file_part()), (SLOT, file_part(), SLOT)]
)
def test_a_file_field_without_a_file_is_ignored(
    client: TestClient, parts: tuple[bytes, ...]
) -> None:
    answer = post(client, form(*parts, SETTINGS)).json()

    assert answer["filename"] == "portrait_smartcrop.jpg"


def test_an_empty_file_with_a_name_is_a_second_file(client: TestClient) -> None:
    body = form(file_part(), file_part("b.jpg", b""))

    assert post(client, body).json()["code"] == "TOO_MANY_IMAGES"


@pytest.mark.parametrize("chunk", [1, 50, 1 << 20])
@pytest.mark.parametrize(
    ("preamble", "epilogue"),
    [
        (b"This is a message in MIME format.\r\n", b""),
        (b"\r\n", b"\r\n"),
        (b"--another\r\n\r\n--", b""),
        (b"--" + BOUNDARY + b"-no\r\n", b"epilogue"),
        (b"", b"\r\nThis is the epilogue.\r\n--" + BOUNDARY + b"\r\n\r\n"),
    ],
)
def test_text_around_the_parts_is_ignored(
    client: TestClient, preamble: bytes, epilogue: bytes, chunk: int
) -> None:
    separator = b"\r\n" if preamble.endswith(b"--") else b""
    small = encoded(gradient(60, 40))
    body = preamble + separator + form(file_part(data=small), SETTINGS) + epilogue

    pieces = (body[start : start + chunk] for start in range(0, len(body), chunk))
    response = post(client, pieces)

    assert response.status_code == 200, response.text
    assert response.json()["originalSize"] == len(small)


def test_a_long_preamble_is_ignored(client: TestClient) -> None:
    body = b"-" * 70_000 + b"\r\n" + form(file_part(), SETTINGS)

    pieces = (body[start : start + 1000] for start in range(0, len(body), 1000))

    assert post(client, pieces).status_code == 200


def test_white_space_after_a_boundary_is_ignored(client: TestClient) -> None:
    body = form(file_part(), SETTINGS).replace(BOUNDARY + b"\r\n", BOUNDARY + b" \t\r\n")

    assert post(client, body).status_code == 200


def test_another_boundary_than_in_the_content_type_is_named(client: TestClient) -> None:
    body = form(file_part(), SETTINGS).replace(BOUNDARY, b"other")

    answer = post(client, body).json()

    assert answer["error"] == "Failed to parse multipart request"
    assert answer["details"].startswith("The boundary of the content type is not in the body")


def test_the_name_of_a_file_in_place_of_the_file_is_explained(client: TestClient) -> None:
    """``curl -F file=photo.jpg`` lacks the @."""
    response = post(client, form(part('form-data; name="file"', b"photo.jpg")))

    assert response.status_code == 400
    assert response.json() == {
        "error": "No image file provided",
        "code": "NO_IMAGE",
        "details": 'file: expected a file, received the text "photo.jpg"',
    }


def test_every_file_of_a_batch_has_a_result_or_an_error_at_its_place(client: TestClient) -> None:
    octets = "Content-Type: application/octet-stream\r\n"
    body = form(
        SLOT,
        part("form-data; name=\"files\"; filename*=utf-8''%C3%A9.jpg", PORTRAIT),
        SETTINGS,
        part('form-data; name="files"', PORTRAIT, octets),
        part('form-data; name="files"', b"", octets),
        part('form-data; name="files"; filename="a.txt"', b"text"),
        file_part("b.jpg"),
        part('form-data; name="file"', b"undefined"),
    )

    response = post(client, body, f"{CROP}/batch")

    assert json.loads(response.headers["x-file-results"]) == {
        "1": "%C3%A9_smartcrop.jpg",
        "2": "image_smartcrop.jpg",
        "5": "b_smartcrop.jpg",
    }
    errors = json.loads(response.headers["x-file-errors"])
    assert {index: text[:22] for index, text in errors.items()} == {
        "0": "No image file provided",
        "3": "No image file provided",
        "4": "Invalid image: unrecog",
    }


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("empty-second-slot", "a_smartcrop.jpg"),
        ("filename-star", "отпуск_smartcrop.jpg"),
        ("octet-stream-no-filename", "image_smartcrop.jpg"),
        ("settings-blob", "a_smartcrop.jpg"),
    ],
)
def test_the_forms_of_clients_are_accepted(client: TestClient, case: str, expected: str) -> None:
    path = CASES / f"form-{case}.body"
    if not path.exists():
        pytest.skip(optional_data("cases"))
    body = path.read_bytes()
    boundary = body.partition(b"\r\n")[0][2:].decode()

    answer: dict[str, Any] = client.post(
        CROP, content=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}
    ).json()

    assert answer["filename"] == expected
    assert (answer["width"], answer["height"]) == (60, 60)
