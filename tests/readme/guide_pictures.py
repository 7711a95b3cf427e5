"""Maker of the guide's pictures: what each setting does to one of the README's photos.

.venv/bin/python -m tests.readme.guide_pictures
"""

import io
import json
from collections.abc import Mapping
from typing import Any

from PIL import Image

from handler.api.guide.guide_pages import FOLDER
from handler.config import Config
from handler.jobs.job import Job, run_job
from handler.settings import validate_settings
from tests.pictures import encoded
from tests.readme.pictures import NO_BUNDLE, original

# Height of each panel in pixels, and the space between two.
_HEIGHT = 200
_GAP = 8
_QUALITY = 78
CAPTIONS = "captions.json"

Settings = Mapping[str, Any]
_SQUARE = {"width": 200, "height": 200}
_FACE = {"mode": "face", **_SQUARE}
_TRIM = {"mode": "trim", "background": "auto"}
_WIDE = {"mode": "auto", "width": 150, "height": 200}
_TREE = {"left": 0, "top": 0.5, "width": 0.3, "height": 0.3}
_BIRD = {"left": 0.38, "top": 0.36, "width": 0.2, "height": 0.35}

# The caption, and the panels from left to right: a photo, and its settings.
EXAMPLES: dict[str, tuple[str, list[tuple[str, Settings]]]] = {
    "mode": (
        "subject, face and auto for one photo, and trim for a product",
        [("portrait", {"mode": mode, **_SQUARE}) for mode in ("subject", "face", "auto")]
        + [("product", _TRIM)],
    ),
    "strategy": (
        "attention, entropy and saliency",
        [
            ("landscape", {"mode": "subject", "strategy": name, "width": 150, "height": 200})
            for name in ("attention", "entropy", "saliency")
        ],
    ),
    "width": (
        "width 100, 200 and 360, with height 200",
        [("group", {"mode": "auto", "width": side, "height": 200}) for side in (100, 200, 360)],
    ),
    "height": (
        "height 200, 120 and 60, with width 200",
        [("group", {"mode": "auto", "width": 200, "height": side}) for side in (200, 120, 60)],
    ),
    "enlarge": (
        "true and false, for a window of 115 pixels and a result of 200",
        [("small", {**_SQUARE, "enlarge": enlarge}) for enlarge in (True, False)],
    ),
    "sizes": (
        "1:1, 16:9 and 9:16 of one photo, made smaller",
        [("group", {"mode": "auto", "width": width, "height": 200}) for width in (200, 356, 112)],
    ),
    "focus": (
        "no focus, the left edge, and the right edge",
        [
            ("landscape", {**_WIDE, "focus": focus})
            for focus in (None, {"x": 0.05, "y": 0.5}, {"x": 0.95, "y": 0.5})
        ],
    ),
    "keep": (
        "no box, and a box around the lower left part of the tree",
        [("landscape", {**_WIDE, "keep": boxes}) for boxes in ([], [_TREE])],
    ),
    "avoid": (
        "no box, and a box around the bird",
        [("landscape", {**_WIDE, "avoid": boxes}) for boxes in ([], [_BIRD])],
    ),
    "padding": (
        "0, 20 and 40",
        [("portrait", {**_FACE, "facePreset": "closeup", "padding": it}) for it in (0, 20, 40)],
    ),
    "facePreset": (
        "closeup, head-shoulders, upper-body and half-body",
        [
            ("portrait", {**_FACE, "width": 160, "facePreset": name})
            for name in ("closeup", "head-shoulders", "upper-body", "half-body")
        ],
    ),
    "faces": (
        "all and largest",
        [("two", {**_FACE, "width": 300, "faces": name}) for name in ("all", "largest")],
    ),
    "background": (
        "corner and auto, on paper with uneven light",
        [("product", {"mode": "trim", "background": name}) for name in ("corner", "auto")],
    ),
    "threshold": (
        "10 and 100, with background corner on paper with uneven light",
        [("product", {"mode": "trim", "threshold": level}) for level in (10, 100)],
    ),
    "trimMargin": (
        "0, 10 and 25",
        [("product", {**_TRIM, "trimMargin": margin}) for margin in (0, 10, 25)],
    ),
    "padToSquare": (
        "false and true",
        [("product", {**_TRIM, "padToSquare": square}) for square in (False, True)],
    ),
    "padColor": (
        "#ffffff, #0b6e5f and black, with padToSquare",
        [
            ("product", {**_TRIM, "padToSquare": True, "padColor": colour})
            for colour in ("#ffffff", "#0b6e5f", "black")
        ],
    ),
    "quality": (
        "95, 30 and 5, at twice the size",
        [
            ("portrait", {"mode": "face", "width": 100, "height": 100, "quality": it})
            for it in (95, 30, 5)
        ],
    ),
}
# Pictures at their own size: their size is the effect.
_OWN_SIZE = {"enlarge", "height"}


def picture(name: str) -> Image.Image:
    """Return the picture of a setting: the results next to each other."""
    results = [_crop(_source(source), settings) for source, settings in EXAMPLES[name][1]]
    return _joined(results if name in _OWN_SIZE else list(map(_scaled, results)))


def captions() -> str:
    """Return the captions of all pictures as JSON."""
    return json.dumps({name: text for name, (text, _) in EXAMPLES.items()}, indent=2) + "\n"


def _source(name: str) -> Image.Image:
    if name == "small":
        return original("portrait").resize((200, 200)).crop((40, 0, 155, 115))
    if name == "two":
        image = Image.new("RGB", (812, 512), (214, 205, 200))
        image.paste(original("portrait"), (0, 0))
        image.paste(original("portrait").resize((300, 300)), (512, 212))
        return image
    return original(name)


def _crop(image: Image.Image, settings: Settings) -> Image.Image:
    kept = {"format": "jpeg" if "quality" in settings else "png", **settings}
    job = Job(encoded(image, "PNG"), None, validate_settings(kept)[0])
    (result,) = run_job(job, Config(object_bundle=NO_BUNDLE)).results
    return Image.open(io.BytesIO(result.data)).convert("RGB")


def _scaled(image: Image.Image) -> Image.Image:
    return image.resize((round(image.width * _HEIGHT / image.height), _HEIGHT))


def _joined(images: list[Image.Image]) -> Image.Image:
    """Return images next to each other, with transparent space between them."""
    width = sum(image.width + _GAP for image in images) - _GAP
    joined = Image.new("RGBA", (width, max(image.height for image in images)))
    left = 0
    for image in images:
        joined.paste(image, (left, 0))
        left += image.width + _GAP
    return joined


def main() -> None:
    """Write the pictures and their captions."""
    for name in EXAMPLES:
        picture(name).save(FOLDER / f"setting-{name}.webp", quality=_QUALITY, method=6)
    (FOLDER / CAPTIONS).write_text(captions())


if __name__ == "__main__":
    main()
