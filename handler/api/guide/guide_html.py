"""The pages of the guide as HTML."""

import re
from functools import cache
from html import escape
from string import Template

from markdown_it import MarkdownIt
from markdown_it.token import Token

from handler.api.guide.guide_pages import FOLDER, SECTIONS, markdown_of, summary_of, title_of

# Links between pages, which are files for those who read the Markdown.
_PAGE_LINK = re.compile(r"([a-z-]+)\.md(#.*)?|api")


@cache
def html_of(name: str, above: str) -> str:
    """Return a page as HTML. Its links are relative, so that it works behind any path.

    Args:
        name: name of the page.
        above: path from the page to the folder of the static files: empty for ``/docs``.
    """
    folder = f"{above}docs/"
    layout = Template((FOLDER / "layout.html").read_text())
    title = title_of(name)
    return layout.substitute(
        title=escape(title if name == "index" else f"{title} – Smart Crop"),
        summary=escape(_plain(summary_of(name))),
        above=above,
        root=above or "./",
        folder=folder,
        markdown=f"{folder}{name}.md",
        contents=_contents(name, above),
        article=_article(name, folder),
    )


def _article(name: str, folder: str) -> str:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown_of(name))
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(tokens[index + 1].content))
        for child in token.children or ():
            _relink(child, folder)
    html: str = parser.renderer.render(tokens, parser.options, {})
    # Wide blocks scroll by themselves, also with the keyboard.
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>')
    return html.replace("</table>", "</table></div>").replace("<pre>", '<pre tabindex="0">')


def _relink(token: Token, folder: str) -> None:
    """Change a link to a Markdown file of the guide to one to its page."""
    match = _PAGE_LINK.fullmatch(str(token.attrGet("href") or ""))
    if match:
        token.attrSet("href", f"{folder}{match[1] or 'api'}{match[2] or ''}")
    if token.type == "image":
        token.attrSet("src", f"{folder}{token.attrGet('src')}")
        token.attrSet("loading", "lazy")


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w-]+", "-", heading).strip("-")


def _plain(text: str) -> str:
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("`", "")


def _contents(current: str, above: str) -> str:
    """Return the links to all pages."""

    def link(name: str) -> str:
        here = ' aria-current="page"' if name == current else ""
        path = "docs" if name == "index" else f"docs/{name}"
        return f'<li><a href="{above}{path}"{here}>{escape(title_of(name))}</a></li>'

    groups = {"Guide": ("index",), **SECTIONS}
    return "\n".join(
        f"<h2>{escape(section)}</h2>\n<ul>{''.join(map(link, names))}</ul>"
        for section, names in groups.items()
    )
