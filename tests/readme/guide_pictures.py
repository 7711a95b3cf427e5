"""Maker of the guide's pictures: what each setting does to one of the README's photos.

.venv/bin/python -m tests.readme.guide_pictures
"""

import io
import json
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

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
_TALL = {"width": 100, "height": 200}
_TREE = {"left": 0, "top": 0.5, "width": 0.3, "height": 0.3}
_BIRD = {"left": 0.38, "top": 0.36, "width": 0.2, "height": 0.35}

# The caption, and the panels from left to right: a photo, and its settings.
EXAMPLES: dict[str, tuple[str, list[tuple[str, Settings]]]] = {
    "mode": (
        "subject, face and auto for one photo, and trim for a product",
        [("portrait", {"mode": mode, **_TALL}) for mode in ("subject", "face", "auto")]
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
    "sensitivity": (
        "0.1 and 0.8, for two faces of which one is dark and blurred",
        [("dark", {**_FACE, "width": 300, "sensitivity": it}) for it in (0.1, 0.8)],
    ),
    "onNoFaces": (
        "subject, for a photo without faces; error returns no picture",
        [("landscape", {**_FACE, "width": 300, "onNoFaces": "subject"})],
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
    "targetSize": (
        "100, 160 and 220",
        [("product", {**_TRIM, "targetSize": side}) for side in (100, 160, 220)],
    ),
    "lineArt": (
        "false and true, for a drawing with lines of one pixel",
        [("drawing", {"mode": "trim", "lineArt": keeps}) for keeps in (False, True)],
    ),
    "format": (
        "png, jpeg and gif, for a picture with soft transparent edges: jpeg fills them with "
        "padColor, and gif has 256 colours and no soft edges",
        [("vignette", {**_SQUARE, "format": name}) for name in ("png", "jpeg", "gif")],
    ),
    "frames": (
        "first, 4 and 7 of an animation; all returns an animation",
        [("moving", {**_SQUARE, "frames": frame}) for frame in ("first", 4, 7)],
    ),
    "quality": (
        "95, 30 and 5, at twice the size",
        [
            ("portrait", {"mode": "face", "width": 100, "height": 100, "quality": it})
            for it in (95, 30, 5)
        ],
    ),
    "effort": (
        "standard and high, which look the same: the file of high is smaller",
        [
            ("portrait", {**_FACE, "format": "jpeg", "effort": effort})
            for effort in ("standard", "high")
        ],
    ),
}
# Pictures at their own size: their size is the effect.
_OWN_SIZE = {"enlarge", "height", "targetSize", "lineArt"}


def picture(name: str) -> Image.Image:
    """Return the picture of a setting: the results next to each other."""
    results = [_crop(_file(source), settings) for source, settings in EXAMPLES[name][1]]
    return _joined(results if name in _OWN_SIZE else list(map(_scaled, results)))


def captions() -> str:
    """Return the captions of all pictures as JSON."""
    return json.dumps({name: text for name, (text, _) in EXAMPLES.items()}, indent=2) + "\n"


def _file(name: str) -> bytes:
    """Return the file of a photo."""
    if name == "moving":
        frames = [original("landscape").rotate(-angle) for angle in range(0, 80, 10)]
        return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    return encoded(_source(name), "PNG")


def _source(name: str) -> Image.Image:
    if name == "small":
        return original("portrait").resize((200, 200)).crop((40, 0, 155, 115))
    if name == "two":
        return _two(original("portrait"))
    if name == "dark":
        blurred = original("portrait").filter(ImageFilter.GaussianBlur(10))
        return _two(ImageEnhance.Brightness(blurred).enhance(0.55))
    if name == "vignette":
        image, alpha = original("portrait").resize((200, 200)), Image.new("L", (200, 200))
        ImageDraw.Draw(alpha).ellipse((30, 20, 170, 180), fill=255)
        image.putalpha(alpha.filter(ImageFilter.GaussianBlur(12)))
        return image
    if name == "drawing":
        return _drawing()
    return original(name)


def _two(second: Image.Image) -> Image.Image:
    """Return a portrait, with another, smaller one on its right."""
    image = Image.new("RGB", (812, 512), (214, 205, 200))
    image.paste(original("portrait"), (0, 0))
    image.paste(second.resize((300, 300)), (512, 212))
    return image


def _drawing() -> Image.Image:
    """Return the plan of a wheel, with dimension lines of one pixel."""
    image = Image.new("RGB", (360, 260), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((110, 60, 250, 200), outline="black", width=6)
    draw.ellipse((165, 115, 195, 145), fill="black")
    for ends in ((180, 20, 180, 240), (60, 130, 300, 130)):
        draw.line(ends, fill="black")
    return image


def _crop(data: bytes, settings: Settings) -> Image.Image:
    kept = {"format": "jpeg" if "quality" in settings else "png", **settings}
    job = Job(data, None, validate_settings(kept)[0])
    (result,) = run_job(job, Config(object_bundle=NO_BUNDLE)).results
    return Image.open(io.BytesIO(result.data)).convert("RGBA")


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
