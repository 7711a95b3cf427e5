"""Files that other programs wrote, cropped over HTTP and by the command line."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence
from starlette.testclient import TestClient

from handler.api.app import create_app
from handler.config import Config
from tests.cli.conftest import SmartCrop
from tests.needs import optional_data

CASES = Path(__file__).parents[3] / "shared" / "cases"
PICTURES = {
    "avif-clap-280x210.avif": (280, 210),
    "avif-nclx-p3.avif": None,
    "bmp-rle4-odd-run.bmp": None,
    "gif-anim-blank-first.gif": (200, 150),
    "gif-small-first-frame.gif": (20, 15),
    "jp2-palette.jp2": (120, 80),
    "jpeg-no-eoi.jpg": (320, 240),
    "jpeg-samsung-sos-al.jpg": (320, 240),
    "jpeg-samsung-sos-se0.jpg": (320, 240),
    "jpeg-stray-bytes-after-app13.jpg": (320, 240),
    "jpeg-stray-bytes-after-exif.jpg": (240, 320),
    "jpeg-stray-ok.jpg": (320, 240),
    "webp-anim-blank-first.webp": (200, 150),
}
DAMAGED = [name for name in PICTURES if name.startswith("jpeg-") and name != "jpeg-stray-ok.jpg"]
TRANSPARENT = (
    "gif-anim-blank-first.gif",
    "gif-small-first-frame.gif",
    "webp-anim-blank-first.webp",
)
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=optional_data("cases"))


@needs_cases
@pytest.mark.parametrize("name", PICTURES)
def test_a_file_has_the_same_result_over_http_and_by_the_command_line(
    name: str, call: SmartCrop, tmp_path: Path
) -> None:
    settings = '{"width": 40, "height": 30, "format": "png"}'
    client = TestClient(create_app(Config(store=tmp_path.joinpath("store").as_uri())))
    with (CASES / name).open("rb") as file:
        answer = client.post(
            "/api/v1/tools/smart-crop", files={"file": (name, file)}, data={"settings": settings}
        ).json()
    assert answer["plan"]["source"] == size_of(name, answer)
    assert any("data have errors" in each for each in answer["warnings"]) == (name in DAMAGED)
    served = client.get(answer["downloadUrl"]).content

    done = call(
        *("crop", CASES / name, "-o", "out", "--width", "40", "--height", "30"),
        *("--format", "png", "--mode", "subject"),
    )
    assert done.returncode == 0, done.stderr
    (written,) = (tmp_path / "out").glob("*.png")
    assert written.read_bytes() == served
    with Image.open(io.BytesIO(served)) as image:
        frames = [np.asarray(each.convert("RGBA")) for each in ImageSequence.Iterator(image)]
    pixels = max(frames, key=lambda each: int(each[..., 3].sum()))
    assert pixels[..., 3].any()
    assert (pixels[0, 0, 3] == 0) == (name in TRANSPARENT)
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 1


def size_of(name: str, answer: dict[str, object]) -> object:
    size = PICTURES[name]
    plan = answer["plan"]
    assert isinstance(plan, dict)
    return plan["source"] if size is None else {"width": size[0], "height": size[1]}
