"""Animations and camera raw files among the uploads."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from tests.events.conftest import Bucket, Handle
from tests.events.notifications import s3_put
from tests.further_files import dng, rgb
from tests.pictures import encoded

SETTINGS = {"mode": "subject", "width": 24, "height": 24}


def animation(format_: str) -> bytes:
    frames = [rgb().rotate(90 * turn) for turn in range(3)]
    return encoded(frames[0], format_, save_all=True, append_images=frames[1:], duration=80, loop=0)


def raw(_: str) -> bytes:
    return dng(rgb(), encoded(rgb()))


@pytest.mark.parametrize(
    ("name", "make", "result", "kind", "frames"),
    [
        ("a.gif", animation, "a_smartcrop.gif", "GIF", 3),
        ("a.webp", animation, "a_smartcrop.webp", "WEBP", 3),
        ("a.DNG", raw, "a.DNG.smartcrop.jpg", "JPEG", 1),
    ],
)
def test_an_upload_of_another_kind_is_cropped(
    handle: Handle,
    bucket: Bucket,
    folder: str,
    name: str,
    make: Callable[[str], bytes],
    result: str,
    kind: str,
    frames: int,
) -> None:
    bucket.put(f"{folder}/{name}", make(kind), settings=SETTINGS)

    (outcome,) = handle(s3_put(f"{folder}/{name}"))["outcomes"]
    assert (outcome["state"], outcome["text"]) == ("done", f"{folder}/{result}")

    data = bucket.result(f"{folder}/{result}")
    assert data is not None
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == (kind, (24, 24))
        assert getattr(image, "n_frames", 1) == frames
