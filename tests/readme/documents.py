"""The examples in the README and the guide, read from their Markdown."""

import re
from pathlib import Path

from handler.api.guide.guide_pages import FOLDER, page_names
from tests.structure.rules import ROOT

README = ROOT / "README.md"
GUIDE = {name: FOLDER / f"{name}.md" for name in page_names()}
"""The pages of the guide by their names."""

PHOTOS = ("portrait.jpg", "team.jpg", "product.jpg", "products/a.jpg", "photos/a.jpg")
"""The photos that the examples name."""


def blocks(path: Path, language: str) -> list[str]:
    """Return the code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), re.M | re.S)


def languages(path: Path) -> set[str]:
    """Return the languages of all code blocks of a file."""
    return set(re.findall(r"^```(\S*)\n.*?^```", path.read_text(), re.M | re.S))


def commands(path: Path) -> list[str]:
    """Return all bash commands; joins continued lines, and a function with its body."""
    text = re.sub(r"\\\n\s*", "", "".join(blocks(path, "bash")))
    text = re.sub(r"\{\n(.*?)\n\}", lambda match: "{ " + match[1].strip() + " }", text, flags=re.S)
    return [line.split("   #")[0].strip() for line in text.splitlines() if line.strip()]
