"""The renderer of SVG, with the font for its text."""

from collections.abc import Callable

from handler.sandbox.fonts import fonts_for_all_families

# Pixels of a font without a size, in browsers; and the matrix of a drawing that is not scaled.
_FONT_SIZE, _UNCHANGED = 16.0, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def renderer() -> Callable[[str], bytes]:
    """Return the function that renders a document as PNG, which opens no file."""
    from resvg import render, usvg

    options = usvg.Options.default()
    options.font_size = _FONT_SIZE
    for font in fonts_for_all_families():
        options.load_font_data(font)

    def draw(document: str) -> bytes:
        return render(usvg.Tree.from_str(document, options), _UNCHANGED)

    return draw
