"""Pages of documents, and receipts, drawn with the glyphs of this benchmark."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from tests.bench.trim_glyphs import Font

Generator = np.random.Generator

_TEXT = (
    "the of and to in is that it was for on are as with his they at be this from have or by one "
    "had not but some there can out other were all your when use word how said each she which "
    "their time if will way about many then them would write like these her long make thing see "
    "him two has look more day could go come did my sound no most number who over know water than"
)
_WORDS = _TEXT.split()


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet on which content is drawn, larger than its picture.

    Attributes:
        image: the drawing, mode L; 255 is content.
        finer: the factor by which it is larger.
    """

    image: Image.Image
    finer: int

    @classmethod
    def blank(cls, size: tuple[int, int], finer: int) -> "Page":
        return cls(Image.new("L", (size[0] * finer, size[1] * finer)), finer)

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """The pen that draws on the sheet, in units of the drawing."""
        return ImageDraw.Draw(self.image)

    def covered(self) -> npt.NDArray[np.float32]:
        """Return the share of each pixel that content covers, (height, width)."""
        return np.asarray(self.image.reduce(self.finer), np.float32) / np.float32(255)

    def rule(self, left: float, top: float, right: float, bottom: float, width: float) -> None:
        """Draw a straight line, at least one pixel wide."""
        ends = (round(left), round(top), round(right), round(bottom))
        self.pen.line(ends, fill=255, width=max(self.finer, round(width)))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page with its margins and its font: all in units of the drawing."""

    page: Page
    font: Font
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, page: Page, rng: Generator) -> "_Sheet":
        width, height = page.image.size
        small = max(8, 0.0065 * max(width, height) / page.finer)
        font = Font(
            size=rng.uniform(small, small * 2) * page.finer,
            pen=rng.uniform(0.07, 0.16),
            width=rng.uniform(0.75, 1.05),
            slant=float(rng.choice([0, 0, 0.2])),
            mono=rng.random() < 0.15,
        )
        margins = rng.uniform(0.07, 0.16, 4)
        return cls(
            page,
            font,
            width * margins[0],
            height * margins[1] + font.size,
            width * (1 - margins[2]),
            height * (1 - margins[3]),
        )

    def write(self, x: float, y: float, text: str, font: Font | None = None) -> None:
        (font or self.font).draw(self.page.pen, x, y, text)

    def write_to(self, right: float, y: float, text: str) -> None:
        """Write a line that ends at ``right``."""
        self.write(right - self.font.length(text), y, text)

    def lines(self, top: float, bottom: float, rng: Generator, spacing: float = 1.9) -> list[float]:
        """Return base lines, one for each line of text."""
        step = self.font.size * spacing * rng.uniform(0.95, 1.3)
        return np.arange(top, bottom, step).tolist()

    def sentence(self, rng: Generator, width: float) -> str:
        text = ""
        while self.font.length(text) < width * 0.9:
            word = str(rng.choice(_WORDS))
            if self.font.length(text + " " + word) > width:
                break
            text = f"{text} {word}".strip()
        return text

    def paragraph(self, top: float, bottom: float, rng: Generator) -> None:
        lines = self.lines(top, bottom, rng)
        for y in lines[:-1]:
            self.write(self.left, y, self.sentence(rng, self.right - self.left))
        self.write(self.left, lines[-1], self.sentence(rng, (self.right - self.left) / 3) + ".")


def _numbered_page(page: Page, rng: Generator) -> None:
    """Draw text with a page number far below."""
    sheet = _Sheet.of(page, rng)
    sheet.paragraph(sheet.top, sheet.bottom * rng.uniform(0.3, 0.85), rng)
    number = str(rng.integers(1, 400))
    text = f"- {number} -" if rng.random() < 0.2 else number
    place = rng.choice([sheet.left, (sheet.left + sheet.right) / 2, sheet.right])
    sheet.write(place - sheet.font.length(text) / 2, page.image.height * 0.95, text)


def _contents(page: Page, rng: Generator) -> None:
    """Draw chapters with their page numbers at the right, with or without leaders of dots."""
    sheet = _Sheet.of(page, rng)
    dotted, number = rng.random() < 0.5, 1
    for y in sheet.lines(sheet.top, sheet.bottom * rng.uniform(0.4, 0.9), rng, 2.5):
        title = sheet.sentence(rng, (sheet.right - sheet.left) * rng.uniform(0.2, 0.5))
        sheet.write(sheet.left, y, title)
        sheet.write_to(sheet.right, y, str(number))
        if dotted:
            start = sheet.left + sheet.font.length(title) + sheet.font.size
            space = sheet.right - sheet.font.length("9999") - start
            sheet.write(start, y, "." * int(space / sheet.font.length(".")))
        number += int(rng.integers(1, 20))


def _list(page: Page, rng: Generator) -> None:
    """Draw a list with numbers, dashes or bullets."""
    sheet = _Sheet.of(page, rng)
    kind = str(rng.choice(["number", "bullet", "dash"]))
    indent = sheet.font.length("99.") + sheet.font.size * rng.uniform(0.3, 1)
    for index, y in enumerate(sheet.lines(sheet.top, sheet.bottom * rng.uniform(0.3, 0.9), rng), 1):
        sign = {"number": f"{index}.", "bullet": "*", "dash": "-"}[kind]
        sheet.write(sheet.left, y, sign, replace(sheet.font, pen=0.3) if sign == "*" else None)
        text = sheet.sentence(rng, (sheet.right - sheet.left) * rng.uniform(0.1, 0.8))
        sheet.write(sheet.left + indent, y, text)


def _letter(page: Page, rng: Generator) -> None:
    """Draw a letter: a date at the right, text, and a signature of one thin stroke."""
    sheet = _Sheet.of(page, rng)
    sheet.write_to(sheet.right, sheet.top, f"{rng.integers(1, 31)}. {rng.integers(1, 13)}. 2026")
    end = sheet.top + (sheet.bottom - sheet.top) * rng.uniform(0.3, 0.7)
    sheet.paragraph(sheet.top + 5 * sheet.font.size, end, rng)
    steps = np.linspace(0, 1, 60)
    x = sheet.left + steps * page.image.width * 0.2
    y = end + sheet.font.size * (5 + 2 * np.sin(steps * rng.uniform(15, 30)) * (1 - steps))
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    page.pen.line(points, fill=255, width=round(sheet.font.pen * sheet.font.size * 1.2))


def _table(page: Page, rng: Generator) -> None:
    """Draw a table between thin rules, with numbers at the right."""
    sheet = _Sheet.of(page, rng)
    lines = sheet.lines(sheet.top, sheet.bottom * rng.uniform(0.4, 0.9), rng, 2.5)
    thin = page.finer * rng.uniform(1, 2)
    for y in lines:
        sheet.write(sheet.left + sheet.font.size, y, str(rng.choice(_WORDS)))
        for share in (0.5, 0.75, 0.97):
            x = sheet.left + share * (sheet.right - sheet.left)
            sheet.write_to(x, y, f"{rng.integers(1, 999)}.{rng.integers(10, 99)}")
    for y in (lines[0] + sheet.font.size * 0.8, lines[-1] + sheet.font.size * 0.8):
        page.rule(sheet.left, y, sheet.right, y, thin)
    if rng.random() < 0.5:
        page.rule(sheet.left, sheet.top - 2 * sheet.font.size, sheet.left, lines[-1], thin)


def _title(page: Page, rng: Generator) -> None:
    """Draw a title page: a few large words, a year far below."""
    sheet = _Sheet.of(page, rng)
    large = replace(sheet.font, size=sheet.font.size * rng.uniform(2, 3.5))
    middle = page.image.width / 2
    for number in range(int(rng.integers(1, 4))):
        text = " ".join(rng.choice(_WORDS, 2))
        y = page.image.height * 0.3 + number * large.size * 2
        sheet.write(middle - large.length(text) / 2, y, text, large)
    sheet.write(middle - sheet.font.length("2026") / 2, page.image.height * 0.93, "2026")


def _form(page: Page, rng: Generator) -> None:
    """Draw a form: labels with thin lines to write on, and empty boxes to tick."""
    sheet = _Sheet.of(page, rng)
    thin = page.finer * rng.uniform(1, 1.6)
    for y in sheet.lines(sheet.top, sheet.bottom, rng, 4):
        text = " ".join(rng.choice(_WORDS, 2))
        sheet.write(sheet.left + 3 * sheet.font.size, y, text)
        corners = (sheet.left, y - sheet.font.size, sheet.left + sheet.font.size, y)
        page.pen.rectangle(corners, outline=255, width=round(thin))
        start = sheet.left + 5 * sheet.font.size + sheet.font.length(text)
        page.rule(start, y, sheet.right, y, thin)


def receipt(page: Page, rng: Generator) -> None:
    """Draw a receipt: goods at the left, prices at the right, dashes, and a number below."""
    width, height = page.image.size
    columns = int(rng.integers(24, 42))
    font = Font(size=9, pen=rng.uniform(0.1, 0.18), mono=True)
    font = replace(font, size=9 * width * rng.uniform(0.8, 0.92) / font.length("0" * columns))
    left = (width - font.length("0" * columns)) / 2
    step = font.size * rng.uniform(1.7, 2.3)
    y = height * rng.uniform(0.04, 0.12) + font.size
    texts = ["  " + " ".join(rng.choice(_WORDS, 3)), "-" * columns]
    for _ in range(int((height * rng.uniform(0.4, 0.75)) / step)):
        name, price = str(rng.choice(_WORDS)), f"{rng.uniform(0.5, 90):.2f}"
        texts.append(name + price.rjust(columns - len(name)))
    texts += ["-" * columns, "SALE" + f"{rng.uniform(20, 400):.2f}".rjust(columns - 4)]
    for text in texts:
        font.draw(page.pen, left, y, text)
        y += step
    number = str(rng.integers(1, 99))
    font.draw(page.pen, (width - font.length(number)) / 2, min(y + 2 * step, height * 0.97), number)


LAYOUTS: dict[str, Callable[[Page, Generator], None]] = {
    "numbered page": _numbered_page,
    "contents": _contents,
    "list": _list,
    "letter": _letter,
    "table": _table,
    "title": _title,
    "form": _form,
}
