"""One photo: its live plan, its crop, every setting, and error messages."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys

from tests.page.browser import Page
from tests.pictures import decoded, encoded

# Number of requests that the page has sent.
REQUESTS = "return performance.getEntriesByType('resource').length"


def test_the_crop_is_shown_and_saved_without_cropping_twice(
    page: Page, coffee: Path, saved: Callable[[str], bytes]
) -> None:
    page.open(coffee)
    page.fill("[name=width]", "120")
    page.fill("[name=height]", "150")
    assert page.result() == (120, 150)
    requests = page.run(REQUESTS)

    page.crop()

    data = saved("coffee_smartcrop.jpg")
    assert decoded(data).size == (120, 150)
    size = f"{math.ceil(len(data) / 1000)} kB"
    assert page.text("#status") == f"Saved coffee_smartcrop.jpg, {size}."
    assert page.text("#facts") == f"120 × 150, {size}"
    assert page.text("#made") == "coffee_smartcrop.jpg"
    assert page.run(REQUESTS) == requests


def test_an_enlarged_result_can_have_the_size_of_its_window(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    path.write_bytes(encoded(Image.new("RGB", (120, 80), "white"), "PNG"))
    page.open(path)
    page.until(lambda: page.one("#enlarged").is_displayed())
    assert "has 80 × 80 pixels. The result is enlarged 13.5×" in page.text("#enlarged-text")
    assert page.text("#shrink") == "Use 80 × 80"

    page.press("#shrink")

    assert page.settings() == {"mode": "auto", "width": 80, "height": 80}
    assert page.result() == (80, 80)
    assert not page.one("#enlarged").is_displayed()


def test_a_result_that_is_hardly_enlarged_is_not_called_soft(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(Image.new("RGB", (1000, 1000), "white"), "PNG"))

    page.open(path)

    page.until(lambda: page.one("#enlarged").is_displayed())
    assert page.text("#enlarged-text").endswith("The result is enlarged 1.08×.")


def test_a_widened_window_is_explained_once(
    page: Page, portrait: Path, saved: Callable[[str], bytes]
) -> None:
    page.open(portrait)
    page.mode("face")
    page.until(lambda: "It was widened" in page.text("#reason"))

    assert page.text("#reason").endswith("Choose a smaller size for a tighter crop.")
    assert "enlarge to true" not in page.text("#reason")
    page.crop()
    assert page.text("#made") == "astronaut_smartcrop.jpg"
    assert saved("astronaut_smartcrop.jpg")


def test_a_small_photo_is_not_enlarged_on_request(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    path.write_bytes(encoded(Image.new("RGB", (120, 80), "white"), "PNG"))
    page.open(path)

    page.one("[name=enlarge]").send_keys(Keys.SPACE)

    assert page.settings()["enlarge"] is False
    assert page.result() == (80, 80)
    assert not page.one("#enlarged").is_displayed()


def test_a_face_is_drawn_with_its_landmarks_and_eye_line(page: Page, portrait: Path) -> None:
    page.open(portrait)
    page.mode("face")
    page.until(page.line)

    window, line = page.window(), page.line()
    assert window is not None
    assert line is not None
    left, top, width, height = window
    assert line[:2] == (left, left + width)
    assert top < line[2] < top + height / 2
    assert len(page.all("#plan .face.chosen")) == 1
    assert len(page.all("#plan .landmark")) == 5
    assert page.result() == (1080, 1080)


def test_trim_removes_the_border(page: Page, tmp_path: Path) -> None:
    framed = Image.new("RGB", (200, 160), "white")
    framed.paste((20, 60, 120), (30, 40, 110, 90))
    path = tmp_path / "framed.png"
    path.write_bytes(encoded(framed, "PNG"))
    page.open(path)

    page.mode("trim")

    page.until(lambda: page.window() == (30, 40, 80, 50))
    assert page.result() == (80, 50)


def test_the_window_follows_the_settings(page: Page, coffee: Path) -> None:
    page.open(coffee)
    square = page.window()
    assert square is not None

    page.fill("#size", "instagram-story")
    page.choose("shape", "1:1")

    page.until(lambda: page.window() != square)
    window = page.window()
    assert window is not None
    assert window[2] / window[3] == pytest.approx(9 / 16, abs=0.01)
    assert f"Window {window[2]:.0f} × {window[3]:.0f} of 300 × 200." in page.text("#reason")


def test_auto_keeps_the_face(page: Page, portrait: Path) -> None:
    page.open(portrait)
    page.choose("shape", "9:16")
    page.choose("shape", "1:1")

    page.until(lambda: page.result() == (1080, 1920))
    window = page.window()
    assert window is not None
    assert page.settings() == {"mode": "auto", "width": 1080, "height": 1920}
    face = page.numbers("#plan .face.chosen", "x", "y", "width", "height")
    assert face is not None
    assert window[0] <= face[0]
    assert face[0] + face[2] <= window[0] + window[2]


def test_a_change_of_the_settings_can_be_undone_without_a_new_crop(
    page: Page, coffee: Path
) -> None:
    page.open(coffee)
    assert page.result() == (1080, 1080)
    large = page.text("#facts")
    title, is_drawn = page.fill_and_run(
        "[name=quality]",
        "50",
        "return [document.querySelector('#result-title').textContent,"
        "    document.querySelector('#preview').checkVisibility()]",
    )
    assert title == "Preview"
    assert is_drawn
    page.until(lambda: page.text("#result-title") == "Result")
    assert page.text("#facts") != large

    page.fill("[name=quality]", "95")

    assert page.text("#result-title") == "Result"
    assert page.text("#facts") == large


SIZE = {"width": 1080, "height": 1080}


@pytest.mark.parametrize(
    ("mode", "changes", "settings"),
    [
        ("subject", {}, SIZE),
        (
            "subject",
            {"strategy": "entropy", "padding": "12"},
            {"strategy": "entropy", "padding": 12},
        ),
        ("subject", {"strategy": "saliency"}, {"strategy": "saliency"}),
        ("auto", {"faces": "largest", "padding": "8"}, {"faces": "largest", "padding": 8}),
        ("subject", {"width": "300", "height": "200"}, {"width": 300, "height": 200}),
        ("subject", {"format": "webp", "quality": "60"}, {"format": "webp", "quality": 60}),
        (
            "face",
            {"facePreset": "closeup", "faces": "largest", "sensitivity": "0.7"},
            {"facePreset": "closeup", "faces": "largest", "sensitivity": 0.7},
        ),
        ("face", {"onNoFaces": "error", "padding": "5"}, {"onNoFaces": "error", "padding": 5}),
        ("trim", {"threshold": "9", "trimMargin": "4"}, {"threshold": 9, "trimMargin": 4}),
        ("trim", {"background": "auto"}, {"background": "auto"}),
        ("trim", {"background": "colour"}, {"background": "#ffffff"}),
        (
            "trim",
            {"padToSquare": True, "targetSize": "500", "padColor": "transparent"},
            {"padToSquare": True, "targetSize": 500, "padColor": "transparent"},
        ),
    ],
)
def test_each_setting_is_sent(
    page: Page,
    portrait: Path,
    mode: str,
    changes: dict[str, str | bool],
    settings: dict[str, object],
) -> None:
    page.open(portrait)
    page.mode(mode)
    for name, value in changes.items():
        if isinstance(value, bool):
            page.press(f"[name={name}]")
        else:
            page.choose(name, value)

    expected = {"mode": mode, **({} if mode == "trim" else SIZE), **settings}
    assert page.settings() == expected
    page.until(lambda: page.text("#result-title") == "Result")
    assert page.text("#error") == ""


def test_trim_uses_the_picked_colours(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.mode("trim")
    page.fill("[name=background]", "colour")
    page.fill("[data-colour-of=background]", "#102030")
    page.press("[name=padToSquare]")
    page.fill("[data-colour-of=padColor]", "#405060")

    settings = {"background": "#102030", "padToSquare": True, "padColor": "#405060"}
    assert page.settings() == {"mode": "trim", **settings}


def test_a_file_that_is_not_an_image_shows_the_error_in_its_place(
    page: Page, tmp_path: Path
) -> None:
    page.expects_rejection = True
    notes = tmp_path / "notes.txt"
    notes.write_text("Buy milk.")

    page.pick(notes)

    words = "This file is not a picture in a format that the service reads."
    page.until(lambda: page.text("#failure-text") == words)
    assert page.one("#failure").aria_role == "alert"
    # Hidden by the browser's error, which may come later than the answer of the service.
    page.until(lambda: not page.one("#fitted").is_displayed())
    assert not page.one("#result").is_displayed()
    # Another attempt cannot succeed.
    assert not page.one("#retry").is_displayed()
    assert not page.one("#crop").is_enabled()


def test_a_setting_out_of_range_is_reported_before_it_is_sent(page: Page, portrait: Path) -> None:
    page.open(portrait)
    page.fill("[name=width]", "0")

    page.one("#crop").click()

    assert page.text("#error") == "Width: enter a whole number from 1 to 16,383"
    assert page.driver.switch_to.active_element == page.one("[name=width]")
    page.fill("[name=width]", "90")
    page.until(lambda: page.text("#error") == "")


def test_the_service_renders_formats_that_the_browser_cannot_show(
    page: Page, photos: Callable[[str], Path]
) -> None:
    page.pick(photos("coffee.tif"))

    page.until(lambda: page.run("return document.querySelector('#before').naturalWidth") == 300)
    page.until(page.window)
    assert page.result() == (1080, 1080)
    assert page.text("#facts").startswith("1080 × 1080, ")
    assert page.text("#made") == "coffee_smartcrop.tiff"
