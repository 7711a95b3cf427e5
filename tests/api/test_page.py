import re
from urllib.parse import urljoin

from starlette.testclient import TestClient


def test_the_page_loads_nothing_that_its_policy_forbids(client: TestClient) -> None:
    response = client.get("/")

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


def test_the_page_s_files_are_there(client: TestClient) -> None:
    links = re.findall(r'(?:src|href)="([^"]+)"', client.get("/").text)

    types = {link: client.get(urljoin("/", link)) for link in links}

    assert {link: response.status_code for link, response in types.items()} == {
        "page.css": 200,
        "page.js": 200,
        "docs": 200,
    }
    assert types["page.css"].headers["content-type"].startswith("text/css")
    assert types["page.js"].headers["content-type"].startswith("text/javascript")


def test_health_tells_what_this_deployment_can_do(client: TestClient) -> None:
    response = client.get("/api/v1/health")

    assert response.status_code == 200
    health = response.json()
    assert health["status"] == "ok"
    assert re.fullmatch(r"\d+\.\d+\.\d+", health["version"])
    assert {"jpeg": True, "png": True, "webp": True}.items() <= health["formats"].items()
    assert isinstance(health["features"]["face-detection"], bool)
