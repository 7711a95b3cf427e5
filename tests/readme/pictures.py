"""The pictures of the README: photos, and what Smart Crop makes of them.

The photos are free to use. They stand next to their results, as they are before a crop:

- group: "friends" by Aitzol Berasategi, 2018, CC BY 4.0, made smaller
- portrait: Eileen Collins, by NASA, in the public domain
- product: a bowl with a fig, from "Picture 0B" by Trevor "Freespace", 2018, CC BY 4.0, cut out and
  set on a background of uneven paper
- landscape: "Kleiber" by Lukas Baubkus, 2021, CC BY-SA 3.0, made smaller; so is its result

    .venv/bin/python -m tests.readme.pictures    # write the results
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from handler.config import Config
from handler.jobs.job import Job, run_job
from handler.settings import validate_settings

FOLDER = Path(__file__).parent / "pictures"
NO_BUNDLE = FOLDER / "no-bundle"
"""In place of the object detection bundle: not every machine has npm, which its setup needs."""

# Height in pixels; the width follows from the aspect ratio.
_HEIGHT = 300
_QUALITY = 88

# The settings of each result, by the name of its photo.
EXAMPLES: dict[str, dict[str, Any]] = {
    "group": {"mode": "auto", "width": 300, "height": 300},
    "portrait": {"mode": "face", "width": 300, "height": 300},
    "product": {"mode": "trim", "background": "auto", "trimMargin": 6},
    "landscape": {"mode": "auto", "width": 300, "height": 300},
}


def original(name: str) -> Image.Image:
    """Return a photo."""
    with Image.open(FOLDER / f"{name}-before.jpg") as image:
        return image.convert("RGB")


def draw() -> Iterator[tuple[str, Image.Image]]:
    """Yield name and image of each result."""
    for name, settings in EXAMPLES.items():
        data = (FOLDER / f"{name}-before.jpg").read_bytes()
        job = Job(data, None, validate_settings(settings)[0])
        (result,) = run_job(job, Config(object_bundle=NO_BUNDLE)).results
        yield f"{name}-after.jpg", _scaled(Image.open(io.BytesIO(result.data)).convert("RGB"))


def _scaled(image: Image.Image) -> Image.Image:
    return image.resize((round(image.width * _HEIGHT / image.height), _HEIGHT))


def main() -> None:
    """Write the results."""
    for name, image in draw():
        image.save(FOLDER / name, quality=_QUALITY)


if __name__ == "__main__":
    main()
