"""Shapes of products, drawn in a square of ``unit`` pixels."""

import numpy as np
from PIL import ImageDraw

Pen = ImageDraw.ImageDraw


def ellipse(pen: Pen, unit: float) -> None:
    pen.ellipse((0, 0.1 * unit, unit, 0.9 * unit), fill=255)


def slab(pen: Pen, unit: float) -> None:
    pen.rounded_rectangle((0, 0.1 * unit, unit, 0.9 * unit), unit / 20, fill=255)


def star(pen: Pen, unit: float) -> None:
    radii, angles = np.tile([0.5, 0.2], 5), np.arange(10) * np.pi / 5
    _polygon(pen, unit, (0.5 + radii * np.sin(angles)), (0.5 - radii * np.cos(angles)))


def bottle(pen: Pen, unit: float) -> None:
    pen.rounded_rectangle((0.3 * unit, 0.35 * unit, 0.7 * unit, unit), unit / 16, fill=255)
    _polygon(pen, unit, (0.3, 0.45, 0.55, 0.7), (0.4, 0.2, 0.2, 0.4))
    pen.rectangle((0.45 * unit, 0, 0.55 * unit, 0.25 * unit), fill=255)


def chair(pen: Pen, unit: float) -> None:
    """Draw a chair on thin legs."""
    pen.rectangle((0.2 * unit, 0.5 * unit, 0.8 * unit, 0.58 * unit), fill=255)
    pen.rectangle((0.2 * unit, 0.05 * unit, 0.8 * unit, 0.15 * unit), fill=255)
    for x in (0.2, 0.788):
        pen.rectangle((x * unit, 0, (x + 0.012) * unit, unit), fill=255)


def lamp(pen: Pen, unit: float) -> None:
    """Draw a lamp on a thin cord."""
    _polygon(pen, unit, (0.35, 0.65, 0.8, 0.2), (0.6, 0.6, 0.95, 0.95))
    pen.rectangle((0.495 * unit, 0, 0.505 * unit, 0.61 * unit), fill=255)


def ring(pen: Pen, unit: float) -> None:
    """Draw a ring hardly wider than a wire."""
    pen.ellipse((0, 0, unit, unit), outline=255, width=round(unit / 40))


def pair(pen: Pen, unit: float) -> None:
    pen.ellipse((0, 0.3 * unit, 0.35 * unit, 0.9 * unit), fill=255)
    pen.ellipse((0.65 * unit, 0.1 * unit, unit, 0.7 * unit), fill=255)


def kit(pen: Pen, unit: float) -> None:
    """Draw a box with two screws next to it."""
    pen.rounded_rectangle((0, 0, 0.6 * unit, 0.9 * unit), unit / 20, fill=255)
    for x, y in ((0.75, 0.4), (0.93, 0.93)):
        pen.ellipse((x * unit, y * unit, (x + 0.07) * unit, (y + 0.07) * unit), fill=255)


def form(pen: Pen, unit: float) -> None:
    """Draw a frame of thin lines with a stamp in it."""
    pen.rectangle((0, 0, unit, 0.9 * unit), outline=255, width=round(unit / 150))
    pen.rectangle((0.6 * unit, 0.2 * unit, 0.85 * unit, 0.3 * unit), fill=255)


def hand(pen: Pen, unit: float) -> None:
    """Draw letters in broad strokes, far from each other."""
    for x, (left, right) in ((0, (0, 1)), (0.25, (0.15, 0.85)), (0.5, (1, 0)), (0.8, (0.4, 0.6))):
        ends = (((x + 0.2 * left) * unit, 0.3 * unit), ((x + 0.2 * right) * unit, 0.7 * unit))
        pen.line(ends, fill=255, width=round(unit / 50))


def text(pen: Pen, unit: float) -> None:
    """Draw a page of words; the last line has only one."""
    _lines(pen, unit, 24, 0.042)


def wide_text(pen: Pen, unit: float) -> None:
    """Draw a page of words with wide line spacing."""
    _lines(pen, unit, 14, 0.075)


def _lines(pen: Pen, unit: float, count: int, pitch: float) -> None:
    rng = np.random.default_rng(7)
    for line in range(count):
        x, y, end = 0.0, line * pitch, 1.0 if line < count - 1 else 0.1
        while x < end:
            for letter in np.arange(x, min(x + rng.uniform(0.03, 0.12), end), 0.013):
                _letter(pen, unit, letter, y, tall=rng.random() < 0.4)
            x = letter + 0.024


def _letter(pen: Pen, unit: float, x: float, y: float, tall: bool) -> None:
    top = y if tall else y + 0.007
    pen.rectangle((x * unit, top * unit, (x + 0.003) * unit, (y + 0.02) * unit), fill=255)
    pen.rectangle((x * unit, (y + 0.017) * unit, (x + 0.009) * unit, (y + 0.02) * unit), fill=255)


def _polygon(pen: Pen, unit: float, x: object, y: object) -> None:
    corners = zip(np.asarray(x) * unit, np.asarray(y) * unit, strict=True)
    pen.polygon([(float(across), float(down)) for across, down in corners], fill=255)
