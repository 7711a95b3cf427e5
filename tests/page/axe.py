"""axe, which checks accessibility in the browser."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.page.browser import Page

_PACKAGE = "axe_playwright_python"
_RUN = """
const [selector, done] = arguments;
axe.run(selector).then(({ violations }) =>
    done(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target.join(' '))])));
"""
# While the page waits for the service, the photo fades in and out.
_IS_CHANGING = """
return document.querySelector('[aria-busy="true"]') !== null || document.getAnimations().length > 0;
"""


def read_script() -> str | None:
    """Return the program of axe, or None if its package is not installed."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).with_name("axe.min.js").read_text()


def findings(page: Page, selector: str = ":root") -> Any:
    """Return the rules that an element breaks, with the elements; the script has to be loaded."""
    # In the middle of a change of colours, text has too little contrast.
    page.until(lambda: not page.run(_IS_CHANGING))
    return page.driver.execute_async_script(_RUN, selector)
