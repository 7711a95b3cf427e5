import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.filenames import (
    batch_name,
    clean_stem,
    content_disposition,
    is_result_name,
    overlay_name,
    result_name,
)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("portrait.jpg", "portrait"),
        ("portrait", "portrait"),
        ("archive.tar.gz", "archive.tar"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot"),
        ("folder/", "image"),
        (" . portrait . .jpg", "portrait"),
        ("été à la plage.jpg", "été à la plage"),
        ("日本語.png", "日本語"),
        ("صورة.png", "صورة"),
        ("📷.png", "📷"),
        ('a"b<c>d:e|f?g*h.png', "a_b_c_d_e_f_g_h"),
        ("100%;x=1#2&3.png", "100__x_1_2_3"),
        ("a\r\nb\tc\0d\x7fe.png", "abcde"),
        ("in\u202egpj.exe", "ingpj"),  # a direction override disguises an extension
        ("e\u0301.png", "é"),
        ("e\u200d\u0301.png", "é"),
        ("\ud800.png", "png"),
        ("x" * 400, "x" * 150),
        ("é" * 400, "é" * 75),
        ("日" * 51 + ".png", "日" * 50),
        *(("", "image"), (None, "image"), (".", "image"), ("..", "image"), ("\u3000", "image")),
    ],
)
def test_a_name_is_cleaned(name: str | None, stem: str) -> None:
    assert clean_stem(name) == stem


def test_a_result_is_named_for_its_input() -> None:
    assert result_name("me.png", "jpg") == "me_smartcrop.jpg"


def test_the_suffix_of_a_size_follows_the_name_of_a_result() -> None:
    assert result_name("me.png", "jpg", "16-9") == "me_smartcrop_16-9.jpg"
    assert overlay_name("me.png", "jpg", "16-9") == "overlay_me_smartcrop_16-9.jpg"
    assert batch_name("d92f62e8-0000") == "batch-smart-crop-d92f62e8.zip"
    for name in ("me_smartcrop_16-9.jpg", "overlay_me_smartcrop_16-9.jpg"):
        assert is_result_name(name)
    assert is_result_name("batch-smart-crop-d92f62e8.zip")


@given(name=st.none() | st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_every_cleaned_name_is_valid_in_stores_headers_and_file_systems(
    name: str | None,
) -> None:
    given = result_name(name, "jpg")

    assert len(given.encode()) <= 200
    assert not re.search(r'[/\\"%*:?<>|;\x00-\x1f\x7f]', given)
    assert not given.startswith((".", " "))
    assert unicodedata.is_normalized("NFC", given)
    assert is_result_name(given)
    assert is_result_name(result_name(name, "jpg", "x" * 32))
    assert len(result_name(name, "jpg", "x" * 32).encode()) <= 255


@given(stem=st.text(min_size=1).map(clean_stem))
def test_cleaning_twice_changes_nothing(stem: str) -> None:
    assert clean_stem(f"{stem}.jpg") == stem


@given(name=st.text().map(lambda text: result_name(text, "jpg")))
def test_the_header_is_ascii_and_contains_the_name(name: str) -> None:
    match = re.fullmatch(
        r'attachment; filename="([ -!#-~]+)"(?:; filename\*=UTF-8\'\'([!-~]+))?',
        content_disposition(name),
    )

    assert match
    plain, encoded = match.groups()
    assert (unquote(encoded) if encoded else plain) == name


def test_quotes_in_names_are_escaped_in_the_header() -> None:
    """The names of results of uploaded objects are not cleaned."""
    assert content_disposition('a"b\\c_smartcrop.jpg') == (
        "attachment; filename=\"a_b_c_smartcrop.jpg\"; filename*=UTF-8''a%22b%5Cc_smartcrop.jpg"
    )


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "a.jpg", "_smartcrop.jpg", "a_smartcrop", "a_smartcrop.", "*"),
        *("a_smartcrop.j/g", "../a_smartcrop.jpg", "b/a_smartcrop.jpg", "b\\a_smartcrop.jpg"),
        *(".a_smartcrop.jpg", " a_smartcrop.jpg", "a\n_smartcrop.jpg", "a\x7f_smartcrop.jpg"),
        *("a_smartcrop_.jpg", "a_smartcrop_B.jpg", "a_smartcrop_b_c.jpg", "a_smartcrop_./.jpg"),
        *(
            "batch-smart-crop-d92f62e8a.zip",
            "batch-smart-crop-.zip",
            "batch-smart-crop-../../..zip",
            "a/batch-smart-crop-d92f62e8.zip",
        ),
        *("a%2f_smartcrop.jpg", "e\u0301_smartcrop.jpg", "x" * 151 + "_smartcrop.jpg"),
    ],
)
def test_other_names_are_not_names_of_results(name: str) -> None:
    assert not is_result_name(name)
