"""Hostile files and hostile forms, sent to the app."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from tests.hostile.corpus import CORPUS
from tests.hostile.specimens import specimen

_CROP = "/api/v1/tools/smart-crop"
_SETTINGS = '{"width": 40, "height": 40}'
_BOUNDARY = "xyz"
_SAMPLE = list(CORPUS)[::12]

untimed = settings(deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of the app; an unhandled error is raised in the test."""
    store = tmp_path_factory.mktemp("results").as_uri()
    with TestClient(create_app(Config(store=store))) as client:
        yield client


def _form(*parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode()
        + payload
        + b"\r\n"
        for head, payload in parts
    )
    return body + f"--{_BOUNDARY}--\r\n".encode()


_WHOLE_FORM = _form(
    ('name="settings"', _SETTINGS.encode()),
    ('name="file"; filename="a.jpg"', specimen("jpeg/baseline")),
)


def _post(client: TestClient, body: bytes, content_type: str) -> int:
    response = client.post(_CROP, content=body, headers={"Content-Type": content_type})
    if response.status_code != 200:
        assert {"error", "code"} <= set(response.json())
    return response.status_code


@pytest.mark.parametrize("name", _SAMPLE)
def test_a_file_is_answered_in_json(client: TestClient, name: str) -> None:
    file = ("hostile.jpg", CORPUS[name].build())

    response = client.post(_CROP, files={"file": file}, data={"settings": _SETTINGS})

    outcome = "accepted" if response.status_code == 200 else "rejected"
    assert CORPUS[name].outcome in (outcome, "either")
    assert response.status_code == 200 or 400 <= response.status_code < 500
    assert response.headers["content-type"] == "application/json"
    assert "Traceback" not in response.text


@untimed
@given(body=st.binary(max_size=400))
def test_any_body_is_answered(client: TestClient, body: bytes) -> None:
    content = f"--{_BOUNDARY}\r\n".encode() + body

    assert 400 <= _post(client, content, f"multipart/form-data; boundary={_BOUNDARY}") < 500


@untimed
@given(place=st.floats(0, 0.999), removed=st.integers(0, 30), added=st.binary(max_size=30))
def test_a_form_with_other_bytes_in_it(
    client: TestClient, place: float, removed: int, added: bytes
) -> None:
    at = int(place * len(_WHOLE_FORM))
    body = _WHOLE_FORM[:at] + added + _WHOLE_FORM[at + removed :]

    status = _post(client, body, f"multipart/form-data; boundary={_BOUNDARY}")

    assert status == 200 or 400 <= status < 500


@untimed
@given(parameters=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60))
def test_any_content_type_is_answered(client: TestClient, parameters: str) -> None:
    assert 400 <= _post(client, _WHOLE_FORM, f"multipart/form-data; {parameters}") < 500


@pytest.mark.parametrize(
    "charset",
    [
        "utf-8",
        "utf-7",
        "utf-16",
        "punycode",
        "idna",
        "hex",
        "rot13",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "mbcs",
        "none-such",
        "",
    ],
)
@pytest.mark.parametrize("name", ["a.jpg", "+2AA-.jpg", "\\ud800.jpg", "xn--.jpg", "\xff\xfe.jpg"])
def test_a_name_in_any_charset_is_answered(client: TestClient, charset: str, name: str) -> None:
    body = _form(
        ('name="settings"', _SETTINGS.encode()),
        (f'name="file"; filename="{name}"', specimen("jpeg/baseline")),
    )

    status = _post(client, body, f"multipart/form-data; boundary={_BOUNDARY}; charset={charset}")

    assert status == 200 or 400 <= status < 500


@pytest.mark.parametrize(
    "settings",
    [
        '{"\\ud800": 1}',
        '{"width": "\\ud800"}',
        '{"padColor": "\\ud800"}',
        '{"mode": "\\udfff"}',
        '{"width": 1e999}',
        '{"width": NaN}',
        '{"width": ' + "9" * 5_000 + "}",
        '{"width": -' + "9" * 400 + ".0}",
        "[" * 60_000,
        '{"a":' * 10_000,
        '"' + "x" * 60_000 + '"',
        "\x00",
        "null",
        "true",
        "{" + ",".join(f'"{i}": {i}' for i in range(5_000)) + "}",
        '{"width": 40, "width": [], "height": 40}',
        '{"__proto__": {"width": 1}, "width": 40, "height": 40}',
    ],
)
def test_any_settings_are_answered(client: TestClient, settings: str) -> None:
    body = _form(
        ('name="settings"', settings.encode()),
        ('name="file"; filename="a.jpg"', specimen("jpeg/baseline")),
    )

    status = _post(client, body, f"multipart/form-data; boundary={_BOUNDARY}")

    assert status == 200 or 400 <= status < 500
