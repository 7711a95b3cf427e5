"""Maker of the README's pictures, from photos in scikit-image.

The photos are free to use: the astronaut is by NASA, the coffee is in the public domain (CC0).

    .venv/bin/python -m tests.readme.pictures
"""

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from handler.config import Config
from handler.jobs.job import Job, run_job
from handler.settings import validate_settings
from tests.core import product_shots
from tests.pictures import encoded, photo

FOLDER = Path(__file__).parent / "pictures"

# Not every machine has npm, which the setup needs for the object detection bundle.
_NO_BUNDLE = FOLDER / "no-bundle"
# Height in pixels; the width follows from the aspect ratio.
_HEIGHT = 300
_QUALITY = 88
# The cup on its saucer, cut out of the coffee photo, on uneven and noisy paper.
_SHOT = product_shots.Scene(
    lambda pen, unit: pen.ellipse((0, 0, unit, 0.94 * unit), fill=255),
    place=(0.165, 0.02, 0.61),
    background=(246, 243, 236),
    light=product_shots.slope(-20, -30),
    tone=(0, 255),
    shadow=20,
    noise=4,
    size=(900, 600),
)

# The photo and the settings of each picture, by its name.
EXAMPLES = {
    "subject": ("coffee.png", {"mode": "subject", "width": 400, "height": 500}),
    "face": ("astronaut.png", {"mode": "face", "width": 400, "height": 400}),
    "auto": ("the astronaut's right", {"mode": "auto", "width": 320, "height": 400}),
    "trim": ("a product shot", {"mode": "trim", "background": "auto", "trimMargin": 4}),
}


# Makers of the photos that are not used unchanged.
_MADE = {
    "auto": lambda: photo("astronaut.png").crop((60, 0, 512, 260)),
    "trim": lambda: product_shots.make(_SHOT).image,
}


def draw() -> Iterator[tuple[str, Image.Image]]:
    """Yield name and image of each picture: the plan drawn on the photo, and the result."""
    for name, (source, settings) in EXAMPLES.items():
        image = _MADE[name]() if name in _MADE else photo(source)
        job = Job(encoded(image, "PNG"), None, validate_settings(settings)[0], overlay=True)
        (result,) = run_job(job, Config(object_bundle=_NO_BUNDLE)).results
        assert result.overlay is not None
        for kind, data in (("before", result.overlay), ("after", result.data)):
            yield f"{name}-{kind}.jpg", _shrunk(Image.open(io.BytesIO(data)).convert("RGB"))


def _shrunk(image: Image.Image) -> Image.Image:
    return image.resize((round(image.width * _HEIGHT / image.height), _HEIGHT))


def main() -> None:
    """Write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, image in draw():
        image.save(FOLDER / name, quality=_QUALITY)


if __name__ == "__main__":
    main()
