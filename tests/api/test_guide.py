"""The guide at ``/docs``: its pages in HTML and Markdown, and ``/llms.txt``."""

import re
import subprocess
import sys
from importlib import import_module
from posixpath import join, normpath
from urllib.parse import urlsplit

import click
import pytest
from starlette.testclient import TestClient

from handler.api.guide.guide_pages import FOLDER, page_names
from handler.cli.commands import serve
from handler.codec import FORMATS
from handler.config import Config
from handler.errors import SmartCropError
from handler.settings import PRESETS, CropSettings
from handler.settings.validation import accepted_values
from tests.structure.rules import sources

PATHS = ["/docs", *(f"/docs/{name}" for name in page_names() if name != "index")]


@pytest.fixture(scope="module")
def anchors(client: TestClient) -> dict[str, set[str]]:
    """The anchors of each page of the guide, by its path."""
    return {path: set(re.findall(r'id="([^"]+)"', client.get(path).text)) for path in PATHS}


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_complete_html_that_its_policy_allows(client: TestClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert not re.search(r"<style|<script|<!-- ", response.text)
    assert len(re.findall("<h1", response.text)) == 1
    assert (
        f'aria-current="page">{re.findall("<h1[^>]*>([^<]*)", response.text)[0]}' in response.text
    )


@pytest.mark.parametrize("path", PATHS)
def test_every_link_and_picture_of_a_page_is_there(
    client: TestClient, anchors: dict[str, set[str]], path: str
) -> None:
    for link in set(re.findall(r'(?:src|href)="([^"]+)"', client.get(path).text)):
        parts = urlsplit(link)
        target = normpath(join(path.rpartition("/")[0] or "/", parts.path)) if parts.path else path
        assert client.get(target).status_code == 200, link
        if parts.fragment:
            assert parts.fragment in anchors[target], link


@pytest.mark.parametrize("name", page_names())
def test_a_page_is_markdown_with_links_to_markdown(client: TestClient, name: str) -> None:
    response = client.get(f"/docs/{name}.md")

    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert response.text.startswith("# ")
    assert "<!--" not in response.text
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", response.text):
        assert client.get(f"/docs/{link}").status_code == 200, link


def test_llms_txt_lists_every_page(client: TestClient) -> None:
    response = client.get("/llms.txt")

    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    lines = response.text.splitlines()
    assert lines[0].startswith("# ")
    assert lines[2].startswith("> ")
    links = re.findall(r"^- \[[^]]+\]\(([^)]+)\): .+$", response.text, re.M)
    others = {f"docs/{name}.md" for name in page_names() if name != "index"}
    assert set(links) == others | {"openapi.json"}
    assert {client.get(f"/{link}").status_code for link in links} == {200}


def test_every_file_of_the_guide_is_a_page_or_shown_by_one(client: TestClient) -> None:
    shown = "".join(client.get(path).text for path in PATHS)

    assert {path.stem for path in FOLDER.glob("*.md")} == set(page_names())
    for path in FOLDER.glob("*.webp"):
        assert path.name in shown, path.name


def test_every_setting_has_its_values_default_and_description(client: TestClient) -> None:
    text = client.get("/docs/settings.md").text
    sections = dict(re.findall(r"^## (\w+)\n\n(.*?)(?=^## |\Z)", text, re.M | re.S))

    assert list(sections) == [field.alias for field in CropSettings.model_fields.values()]
    for name, accepted in accepted_values(CropSettings).items():
        assert f"**Accepted**: {accepted}" in sections[name]
    assert "**Default**: `0.5`" in sections["sensitivity"]
    assert "**Modes**: auto, face." in sections["sensitivity"]


def test_every_published_error_is_listed(client: TestClient) -> None:
    text = client.get("/docs/errors.md").text
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d{3}) \|", text, re.M))
    for name, source in sources().items():
        if '"""Raised if' in source:
            import_module(name)

    published = [
        each
        for each in subclasses(SmartCropError)
        if (each.__doc__ or "").startswith("Raised if") and each.__module__.startswith("handler")
    ]
    assert rows == {each.code: str(each.status) for each in published}


def subclasses(kind: type[SmartCropError]) -> list[type[SmartCropError]]:
    direct = kind.__subclasses__()
    return [*direct, *(inner for each in direct for inner in subclasses(each))]


def test_every_variable_is_listed(client: TestClient) -> None:
    text = client.get("/docs/variables.md").text

    listed = re.findall(r"^\| `SMART_CROP_(\w+)` \|", text, re.M)
    assert listed == [name.upper() for name in Config.model_fields]
    assert "| `SMART_CROP_LINK_SECONDS` | a whole number from 1 to 604,800 | `3600` |" in text
    of_serve = {each.envvar for each in serve.params if isinstance(each, click.Option)} - {None}
    assert {name for name in of_serve if f"`{name}`" not in text} == set()


def test_every_format_and_size_is_listed(client: TestClient) -> None:
    formats, sizes = (client.get(f"/docs/{name}.md").text for name in ("formats", "sizes"))

    for each in FORMATS.values():
        assert f"| {each.label} | `.{each.extension}`" in formats
    for name, (width, height) in PRESETS.items():
        assert f"| `{name}` | {width} × {height} |" in sizes


@pytest.mark.parametrize(
    "path", ["/docs/nothing", "/docs/nothing.md", "/docs/avatar.html", "/docs/..%2fpages%2favatar"]
)
def test_other_paths_are_not_found(client: TestClient, path: str) -> None:
    response = client.get(path)

    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


def test_the_guide_is_rendered_at_the_first_request() -> None:
    program = (
        "import sys; from handler.api import create_app; from handler.config import Config;"
        "create_app(Config()); print(*(set(sys.modules) & {'markdown_it'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
