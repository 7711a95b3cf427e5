"""Several outputs of a photo: ticked, previewed with their sizes, and saved in one step."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from tests.page.browser import Page
from tests.pictures import decoded


def test_ticked_shapes_presets_and_own_sizes_are_outputs(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.choose("shape", "16:9")
    page.fill("#size", "x-post")
    page.press("#another")
    assert page.settings() == {"mode": "auto", "sizes": ["1:1", "16:9", "x-post", "800x600"]}

    page.fill("[name=width]", "300")
    page.choose("shape", "1:1")
    # In one step: a card is replaced when its result arrives.
    remove = "document.querySelector('#strip .remove').click()"
    page.run(remove)

    assert page.settings() == {"mode": "auto", "sizes": ["x-post", "300x600"]}
    page.run(remove)
    assert page.settings() == {"mode": "auto", "width": 300, "height": 600}
    assert not page.one("#strip").is_displayed()
    page.press("#swap")
    assert page.settings() == {"mode": "auto", "width": 600, "height": 300}


def test_a_size_that_is_a_shape_is_ticked(page: Page, coffee: Path) -> None:
    page.open(coffee)

    page.fill("[name=height]", "1920")

    assert page.one("[name=shape]:checked").accessible_name == "9:16"
    page.fill("[name=height]", "1921")
    assert page.all("[name=shape]:checked") == []


def sizes(page: Page) -> list[str]:
    """Return the size in kB on each card."""
    return [line for line in page.text("#strip").splitlines() if line.endswith(" kB")]


def test_each_output_is_previewed_with_its_size_and_all_are_saved_in_one_step(
    page: Page, coffee: Path, saved: Callable[[str], bytes]
) -> None:
    page.open(coffee)
    page.choose("shape", "16:9")
    page.fill("#size", "x-profile")
    page.until(lambda: len(sizes(page)) == 3)
    assert page.text("#crop") == "Download 3 files"
    assert page.result() == (400, 400)
    page.press("#strip button", 2)
    assert page.result() == (1920, 1080)
    assert page.one("[name=width]").get_property("value") == "1920"

    page.crop()

    with ZipFile(BytesIO(saved("smartcrop.zip"))) as archive:
        assert archive.testzip() is None
        found = {name: decoded(archive.read(name)).size for name in archive.namelist()}
        lengths = [-(-each.file_size // 1000) for each in archive.infolist()]
    assert found == {
        "coffee_smartcrop_1-1.jpg": (1080, 1080),
        "coffee_smartcrop_16-9.jpg": (1920, 1080),
        "coffee_smartcrop_x-profile.jpg": (400, 400),
    }
    assert sizes(page) == [f"{length} kB" for length in lengths]
    assert page.text("#status").startswith("Saved smartcrop.zip with 3 files, ")
