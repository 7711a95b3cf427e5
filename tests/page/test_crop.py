"""One photo: its live plan, its crop, every setting, and error messages."""

from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys

from tests.page.browser import Page
from tests.pictures import decoded, encoded


def test_the_crop_is_shown_and_can_be_downloaded(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.fill("[name=width]", "120")
    page.fill("[name=height]", "150")

    page.crop()

    assert page.result() == (120, 150)
    assert page.text("#status") == "Done."
    assert page.text("#facts") == "120 × 150"
    assert page.text("#made").startswith("coffee_smartcrop.jpg, ")
    link = page.one("#download")
    assert link.get_attribute("download") == "coffee_smartcrop.jpg"
    with urlopen(link.get_attribute("href") or "") as response:
        assert decoded(response.read()).size == (120, 150)


def test_a_small_photo_is_not_enlarged_on_request(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    path.write_bytes(encoded(Image.new("RGB", (120, 80), "white"), "PNG"))
    page.open(path)
    page.until(page.window)
    assert "enlarged by a factor of 13.5" in page.text("#reason")

    page.one("[name=enlarge]").send_keys(Keys.SPACE)

    page.until(lambda: page.run("return document.querySelector('#preview').width") == 80)
    assert page.settings()["enlarge"] is False
    assert "enlarged" not in page.text("#reason")
    page.crop()
    assert page.result() == (80, 80)


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
    page.crop()
    assert page.result() == (1080, 1080)


def test_trim_removes_the_border(page: Page, tmp_path: Path) -> None:
    framed = Image.new("RGB", (200, 160), "white")
    framed.paste((20, 60, 120), (30, 40, 110, 90))
    path = tmp_path / "framed.png"
    path.write_bytes(encoded(framed, "PNG"))
    page.open(path)

    page.mode("trim")

    page.until(lambda: page.window() == (30, 40, 80, 50))
    page.crop()
    assert page.result() == (80, 50)


def test_the_window_follows_the_settings(page: Page, coffee: Path) -> None:
    page.open(coffee)
    square = page.window()
    assert square is not None

    page.fill("#size", "1080x1920")

    page.until(lambda: page.window() != square)
    window = page.window()
    assert window is not None
    assert window[2] / window[3] == pytest.approx(9 / 16, abs=0.01)
    assert f"Window {window[2]:.0f} × {window[3]:.0f} of 300 × 200." in page.text("#reason")


def test_the_button_shows_and_hides_the_heat_map(page: Page, coffee: Path) -> None:
    page.open(coffee)
    shown = page.one("#before").get_attribute("src")

    page.one("#heat").click()

    page.until(lambda: "overlay_coffee" in (page.one("#before").get_attribute("src") or ""))
    assert page.one("#heat").get_attribute("aria-pressed") == "true"
    page.one("#heat").click()
    page.until(lambda: page.one("#before").get_attribute("src") == shown)
    page.until(page.window)


def test_auto_keeps_the_face(page: Page, portrait: Path) -> None:
    page.open(portrait)
    page.choose("shape", "1080x1920")
    page.mode("auto")

    page.until(lambda: page.all("#plan .face.chosen"))
    window = page.window()
    assert window is not None
    assert page.settings() == {"mode": "auto", "width": 1080, "height": 1920}
    face = page.numbers("#plan .face.chosen", "x", "y", "width", "height")
    assert face is not None
    assert window[0] <= face[0]
    assert face[0] + face[2] <= window[0] + window[2]
    page.crop()
    assert page.result() == (1080, 1920)


def test_a_change_of_the_settings_replaces_the_result_with_a_preview(
    page: Page, coffee: Path
) -> None:
    page.open(coffee)
    page.crop()
    assert page.text("#result-title") == "Result"

    page.fill("[name=quality]", "80")

    assert page.text("#result-title") == "Preview"
    assert page.one("#preview").is_displayed()
    assert not page.one("#download").is_displayed()
    page.fill("[name=quality]", "95")
    assert page.text("#result-title") == "Result"
    assert page.one("#download").is_displayed()


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
        control = page.one(f"[name={name}]")
        if isinstance(value, bool):
            control.click()
        else:
            page.choose(name, value)

    expected = {"mode": mode, **({} if mode == "trim" else SIZE), **settings}
    assert page.settings() == expected
    page.crop()
    assert page.text("#error") == ""


def test_trim_uses_the_picked_colours(page: Page) -> None:
    page.mode("trim")
    page.fill("[name=background]", "colour")
    page.fill("[data-colour-of=background]", "#102030")
    page.one("[name=padToSquare]").click()
    page.fill("[data-colour-of=padColor]", "#405060")

    settings = {"background": "#102030", "padToSquare": True, "padColor": "#405060"}
    assert page.settings() == {"mode": "trim", **settings}


def test_presets_set_the_size_and_other_sizes_select_none(page: Page) -> None:
    page.fill("#size", "1500x500")
    assert page.settings() == {"mode": "subject", "width": 1500, "height": 500}

    page.one("#swap").click()

    assert page.settings() == {"mode": "subject", "width": 500, "height": 1500}
    assert page.one("#size").get_attribute("value") == ""
    page.choose("shape", "1080x1920")
    assert page.settings() == {"mode": "subject", "width": 1080, "height": 1920}
    page.fill("[name=width]", "90")
    page.fill("[name=height]", "160")
    assert page.one("[name=shape]:checked").accessible_name == "9:16"
    page.fill("[name=height]", "161")
    assert page.all("[name=shape]:checked") == []


def test_a_file_that_is_not_an_image_shows_an_error(page: Page, tmp_path: Path) -> None:
    page.expects_rejection = True
    notes = tmp_path / "notes.txt"
    notes.write_text("Buy milk.")

    page.pick(notes)

    page.until(lambda: page.text("#error").startswith("Invalid image: unrecognised format"))
    assert page.one("#error").aria_role == "alert"
    page.until(lambda: not page.one("#original").is_displayed())
    page.crop()
    assert page.text("#error").startswith("Invalid image: unrecognised format")
    assert not page.one("#result").is_displayed()


def test_a_setting_out_of_range_is_reported_before_it_is_sent(page: Page, portrait: Path) -> None:
    page.open(portrait)
    page.fill("[name=width]", "0")

    page.one("#crop").click()

    assert page.text("#error").startswith("width: ")
    assert page.driver.switch_to.active_element == page.one("[name=width]")
    page.fill("[name=width]", "90")
    page.until(lambda: page.text("#error") == "")


def test_the_service_renders_formats_that_the_browser_cannot_show(
    page: Page, photos: Callable[[str], Path]
) -> None:
    page.pick(photos("coffee.tif"))

    page.until(lambda: "overlay_coffee" in (page.one("#before").get_attribute("src") or ""))
    page.until(lambda: page.run("return document.querySelector('#before').naturalWidth") == 300)
    page.crop()
    page.until(lambda: page.run("return document.querySelector('#after').naturalWidth") == 1080)
    assert "/preview.webp" in (page.one("#after").get_attribute("src") or "")
    assert page.text("#facts") == "1080 × 1080"
    assert page.text("#made").startswith("coffee_smartcrop.tiff, ")
