import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from handler.api.crop_routes import download_path
from tests.api.calls import CROP, MULTIPART, file_part, form, part, small
from tests.pictures import decoded


@pytest.fixture(scope="module")
def url(client: TestClient) -> str:
    link: str = client.post(CROP, **small()).json()["downloadUrl"]
    return link


def test_the_download_is_the_picture(client: TestClient, url: str) -> None:
    response = client.get(url)

    assert response.status_code == 200
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["content-length"] == str(len(response.content))
    assert (
        response.headers["content-disposition"] == 'attachment; filename="portrait_smartcrop.jpg"'
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert decoded(response.content).size == (48, 32)


def test_a_download_may_be_cached_by_browsers_but_not_by_proxies(
    client: TestClient, url: str
) -> None:
    cache = client.get(url).headers["cache-control"]

    assert cache.startswith("private, ")
    assert "immutable" in cache


def test_a_file_that_the_client_has_is_not_sent_again(client: TestClient, url: str) -> None:
    etag = client.get(url).headers["etag"]
    assert re.fullmatch(r'"[^"]+"', etag)

    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = client.get(url, headers={"If-None-Match": known})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
        assert response.headers["x-content-type-options"] == "nosniff"

    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_another_result_has_another_tag(client: TestClient, url: str) -> None:
    other = client.post(CROP, **small(width=49)).json()["downloadUrl"]

    assert client.get(other).headers["etag"] != client.get(url).headers["etag"]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("portrait.jpg", "portrait_smartcrop.jpg"),
        ("C:\\Users\\me\\photo.jpeg", "photo_smartcrop.jpg"),
        ("../../etc/passwd", "passwd_smartcrop.jpg"),
        ("..", "image_smartcrop.jpg"),
        (".jpg", "jpg_smartcrop.jpg"),
        ("archive.tar.gz", "archive.tar_smartcrop.jpg"),
        ("été à la plage.jpg", "été à la plage_smartcrop.jpg"),
        ("日本.jpg", "日本_smartcrop.jpg"),
        # Browsers escape quotes and line ends in names like this.
        ("a%22b%0D%0ASet-Cookie: c=d.jpg", "a_22b_0D_0ASet-Cookie_ c_d_smartcrop.jpg"),
        ("a;b=c,d.jpg", "a_b_c,d_smartcrop.jpg"),
        ("x\tx\u202egpj.exe", "xxgpj_smartcrop.jpg"),
        ("x" * 300 + ".jpg", "x" * 150 + "_smartcrop.jpg"),
    ],
)
def test_the_file_s_name_is_cleaned_and_kept(client: TestClient, sent: str, name: str) -> None:
    body = form(part('form-data; name="settings"', b'{"width":48,"height":32}'), file_part(sent))

    answer = client.post(CROP, content=body, headers={"Content-Type": MULTIPART}).json()
    response = client.get(answer["downloadUrl"])

    assert answer["filename"] == name
    assert response.status_code == 200
    assert saved_as(response.headers["content-disposition"]) == name


def saved_as(disposition: str) -> str:
    """Return the name that a browser saves the file under (RFC 6266)."""
    match = re.fullmatch(
        r'attachment; filename="([ -!#-~]*)"(?:; filename\*=UTF-8\'\'([!-~]+))?', disposition
    )
    assert match, disposition
    plain, encoded_name = match.groups()
    return unquote(encoded_name) if encoded_name else plain


@pytest.mark.parametrize(
    "name",
    [
        "other_smartcrop.jpg",
        "portrait.jpg",
        "portrait_smartcrop.png",
        "%2e%2e",
        "..%2fportrait_smartcrop.jpg",
        "..%5cportrait_smartcrop.jpg",
        "portrait_smartcrop.jpg%00",
        "portrait_smartcrop.jpg%0d%0aX: y",
        "%7f_smartcrop.jpg",
        "%ff_smartcrop.jpg",
        "_smartcrop.jpg",
        "x" * 300 + "_smartcrop.jpg",
        "*",
        "%20",
    ],
)
def test_another_name_finds_nothing(client: TestClient, url: str, name: str) -> None:
    response = client.get(f"{url.rpartition('/')[0]}/{name}")

    assert response.status_code == 404
    assert response.json()["error"] == "Not found"


@given(name=st.text(min_size=1))
def test_no_name_causes_an_unexpected_error(client: TestClient, url: str, name: str) -> None:
    quoted = "".join(f"%{byte:02x}" for byte in name.encode())

    assert client.get(f"{url.rpartition('/')[0]}/{quoted}").status_code == 404


def test_the_job_s_id_may_be_written_in_capitals(client: TestClient, url: str) -> None:
    *start, job_id, name = url.split("/")

    assert client.get("/".join([*start, job_id.upper(), name])).status_code == 200


def test_the_path_of_a_download_is_encoded() -> None:
    path = download_path("job", "été 1_smartcrop.png")

    assert path == "/api/v1/download/job/%C3%A9t%C3%A9%201_smartcrop.png"
