"""Pictures that a client has changed to text."""

import base64

import pytest

from handler.codec import Limits, open_picture
from handler.codec.text_damage import text_damage
from handler.errors import InvalidImage
from tests.pictures import encoded, noise

LIMITS = Limits(1_000_000)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF")


def replaced(data: bytes) -> bytes:
    return data.decode(errors="replace").encode()


@pytest.mark.parametrize("format_", FORMATS)
def test_replaced_bytes_are_recognised(format_: str) -> None:
    details = text_damage(replaced(encoded(noise(60, 40), format_)))

    assert details is not None
    assert "decoded as UTF-8 text" in details
    assert "EF BF BD" in details
    assert "send the file as it is" in details


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_the_error_of_a_file_of_replaced_bytes_has_the_details(format_: str) -> None:
    data = replaced(encoded(noise(60, 40), format_))

    with pytest.raises(InvalidImage) as raised:
        open_picture(data, LIMITS)

    assert raised.value.error.startswith("Invalid image: unrecognised format; accepted are JPEG")
    assert raised.value.details == text_damage(data)
    assert raised.value.status == 400


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_a_file_that_was_encoded_again_is_recognised(format_: str) -> None:
    data = encoded(noise(60, 40), format_).decode("latin-1").encode()

    assert "decoded as Latin-1 text" in (text_damage(data) or "")


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("prefix", [b"", b"data:image/png;base64,"])
def test_base64_is_recognised(format_: str, prefix: bytes) -> None:
    data = prefix + base64.b64encode(encoded(noise(60, 40), format_))

    assert "received base64 text" in (text_damage(data) or "")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Dear Sir or Madam",
        "\ufffe".encode(),
        b"\xff\xef\xbf\xbd" * 9,
        "<svg>é</svg>".encode(),
        bytes(2000),
    ],
)
def test_other_files_are_not(data: bytes) -> None:
    assert text_damage(data) is None


@pytest.mark.parametrize("format_", [*FORMATS, "BMP", "TGA", "JPEG2000", "ICO"])
def test_no_picture_is(format_: str) -> None:
    assert text_damage(encoded(noise(60, 40), format_)) is None
