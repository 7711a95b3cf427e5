import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from handler.api import create_app, crop_routes, page
from handler.codec import available_formats, formats
from handler.config import Config
from tests.api.conftest import MAX_BODY_BYTES

STATIC = Path(page.__file__).parent / "static"


@pytest.mark.parametrize("path", ["/", "/docs/api"])
def test_the_page_loads_nothing_that_its_policy_forbids(client: TestClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(
        rule.strip().split(" ", 1)
        for rule in response.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    # Scripts, styles and event handlers written into the page itself would not run.
    assert not re.search(r"<style|<script(?![^>]*src=)|\s(on\w+|style)=", response.text)
    assert "://" not in response.text


def test_the_page_s_files_are_there(client: TestClient) -> None:
    pages = client.get("/").text + client.get("/docs/api").text
    found = re.findall(r'(?:src|href)="([^"#]+)"', pages)
    links = {link.removeprefix("../") for link in found} - {""}

    scripts = [link for link in links if link.endswith(".js")]
    for script in scripts:  # grows as it goes
        imports = re.findall(r'from "\./([^"]+)"', client.get(urljoin("/", script)).text)
        scripts.extend(name for name in imports if name not in scripts)

    links |= {"portrait.jpg"}  # which a script names
    types = {link: client.get(urljoin("/", link)) for link in [*links, *scripts]}

    served = {path.name for path in STATIC.iterdir()} - {"index.html", "docs.html"}
    assert set(types) == served | {"docs", "docs/api", "openapi.json"}
    assert {response.status_code for response in types.values()} == {200}
    assert types["icon.svg"].headers["content-type"] == "image/svg+xml"
    assert types["page.css"].headers["content-type"].startswith("text/css")
    assert types["page.js"].headers["content-type"].startswith("text/javascript")


def test_the_page_s_policy_names_the_buckets_of_the_deployment_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    config = Config(store="s3://results/crops", uploads="s3://uploads/photos")

    headers = TestClient(create_app(config)).get("/").headers

    policy = headers["content-security-policy"]
    bucket = "https://s3.eu-central-1.amazonaws.com"
    assert f"connect-src 'self' {bucket}/uploads {bucket}/results/;" in policy
    assert f"img-src 'self' blob: {bucket}/results/;" in policy


def test_health_names_a_format_without_a_decoder(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda name: None if name == "pi_heif" else name)
    monkeypatch.setattr(crop_routes, "available_formats", available_formats.__wrapped__)

    health = client.get("/api/v1/health").json()

    assert [name for name, available in health["formats"].items() if not available] == ["heic"]


def test_health_describes_the_deployment(client: TestClient) -> None:
    response = client.get("/api/v1/health")

    assert response.status_code == 200
    health = response.json()
    assert health["status"] == "ok"
    assert re.fullmatch(r"\d+\.\d+\.\d+", health["version"])
    assert {"jpeg": True, "png": True, "webp": True}.items() <= health["formats"].items()
    assert isinstance(health["features"]["face-detection"], bool)
    assert health["limits"] == {
        "maxBodyBytes": MAX_BODY_BYTES,
        "maxUploadBytes": None,
        "maxPixels": 4_000_000,
    }


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/api", "/docs/avatar", "/page.js"])
def test_a_browser_asks_whether_its_copy_is_the_current_one(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["cache-control"] == "no-cache"

    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    for name in ("content-security-policy", "cache-control", "etag"):
        assert again.headers[name] == first.headers[name]


@pytest.mark.parametrize(
    "path", ["/../app.py", "/%2e%2e/app.py", "/..%2fapp.py", "/static/page.js"]
)
def test_only_the_page_s_files_are_served(client: TestClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert response.json()["code"] == "NOT_FOUND"
