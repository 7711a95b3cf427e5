"""The pages of the guide as Markdown, with the tables that are generated from the code."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from handler.api.guide import reference_tables

FOLDER = Path(__file__).parent / "pages"
"""Folder of the pages and their pictures."""

# The pages in their order, by the headings of the contents.
SECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Recipes": (
            "avatar",
            "hero",
            "sizes",
            "products",
            "batch",
            "large-files",
            "object-position",
            "browser",
            "picture",
            "long-jobs",
        ),
        "Choosing the window": ("modes", "settings", "formats"),
        "Using it": ("command-line", "python", "serve"),
        "Reference": ("responses", "errors", "variables", "limits"),
    }
)


@cache
def page_names() -> tuple[str, ...]:
    """Return the names of all pages, the home page first."""
    return ("index", *(name for names in SECTIONS.values() for name in names))


@cache
def markdown_of(name: str) -> str:
    """Return a page as Markdown."""
    text = (FOLDER / f"{name}.md").read_text()
    return re.sub(r"^<!-- (\w+) -->$", lambda match: _generated(match[1]), text, flags=re.M)


@cache
def title_of(name: str) -> str:
    """Return the title of a page: its first line."""
    return _source(name).partition("\n")[0].removeprefix("# ")


@cache
def summary_of(name: str) -> str:
    """Return the first paragraph of a page in one line, without its links."""
    paragraph = " ".join(_source(name).split("\n\n")[1].split())
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", paragraph)


def find_picture(name: str) -> bytes | None:
    """Return a picture of the guide, or None if there is none of this name."""
    return (FOLDER / f"{name}.webp").read_bytes() if _has_picture(name) else None


def llms_text() -> str:
    """Return the summary of the guide for language models, as llmstxt.org describes it."""
    head = f"# {title_of('index')}\n\n> {summary_of('index')}\n"
    optional = "## Optional\n\n- [OpenAPI document](openapi.json): every route, setting and error"
    return f"{head}\n{_contents('docs/', '##')}\n\n{optional}\n"


def _generated(name: str) -> str:
    """Return the Markdown that replaces a line ``<!-- name -->``."""
    tables: Mapping[str, Callable[[], str]] = {
        "settings": lambda: reference_tables.settings(_captions()),
        "errors": reference_tables.errors,
        "variables": reference_tables.variables,
        "formats": reference_tables.formats,
        "sizes": reference_tables.sizes,
        "pages": lambda: _contents("", "##"),
    }
    return tables[name]()


def _contents(folder: str, heading: str) -> str:
    return "\n\n".join(
        f"{heading} {section}\n\n"
        + "\n".join(
            f"- [{title_of(name)}]({folder}{name}.md): {_first_sentence(name)}" for name in names
        )
        for section, names in SECTIONS.items()
    )


def _first_sentence(name: str) -> str:
    return re.split(r"(?<=\.) ", summary_of(name), maxsplit=1)[0].rstrip(".")


def _has_picture(name: str) -> bool:
    return name in _pictures()


@cache
def _captions() -> Mapping[str, str]:
    """Return the descriptions of the pictures of settings, by the names of the settings."""
    captions: dict[str, str] = json.loads((FOLDER / "captions.json").read_text())
    return captions


@cache
def _pictures() -> frozenset[str]:
    return frozenset(path.stem for path in FOLDER.glob("*.webp"))


def _source(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text()
