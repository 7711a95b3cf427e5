"""Settings: valid ones by the schema of the service, and mutations of JSON."""

import json
from functools import cache
from random import Random
from typing import Any

from handler.errors import SmartCropError
from handler.settings import CropSettings, parse_settings
from tests.fuzz.mutate_bytes import INTERESTING, mutate_bytes, noise

# Pixels of all results of an input. The time that large results need is not the fuzzer's subject.
_MOST_PIXELS = 300_000
_MOST_AVIF_PIXELS = 20_000
_MOST_SIDE = 200
LONGEST_SIDE = 2_000
"""Longest accepted side. A narrow result enlarges the whole picture to its longer side first."""

_MOST_SIZES = 3
_COLOURS = ("#fff", "#12ab34", "#12AB3480", "transparent", "corner", "auto", "#ggg", "red")
_TEXTS = (
    *("", " ", "\0", "\ud800", "\udfff\ud800", "é", "😀", "x" * 300, "__proto__", "null", "NaN"),
    *("1:1", "30x20", "x-profile", "0x0", "99999x1", "-1x5", "../../etc", "%00", "{}", "[]"),
)
_RAW = ("NaN", "Infinity", "-Infinity", "1e999", "-0.0", "1E-400", "9" * 400, "-" + "9" * 5000)


@cache
def _schema() -> dict[str, Any]:
    return CropSettings.model_json_schema(by_alias=True)


def valid(rng: Random) -> dict[str, Any]:
    """Return settings with some fields, each within its schema, whose results are small."""
    properties = _schema()["properties"]
    names = rng.sample(sorted(properties), rng.randrange(0, 7))
    values = {name: _value(rng, properties[name]) for name in names}
    return _small(rng, values)


def _small(rng: Random, values: dict[str, Any]) -> dict[str, Any]:
    """Return settings with small results. Face detection, which is slow, becomes rare."""
    small: dict[str, Any] = {
        "width": rng.randrange(1, _MOST_SIDE),
        "height": rng.randrange(1, _MOST_SIDE),
    }
    if values.get("targetSize"):
        small["targetSize"] = rng.randrange(1, _MOST_SIDE)
    if values.get("sizes"):
        small["sizes"] = [f"{rng.randrange(1, 99)}x{rng.randrange(1, 99)}" for _ in range(2)]
    if values.get("mode") in ("face", "auto") and rng.random() < 0.8:
        small["mode"] = rng.choice(("subject", "trim"))
    if small.get("mode", values.get("mode")) == "trim":
        values.pop("sizes", None)
        small.pop("sizes", None)
    return {**values, **small}


def _value(rng: Random, schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(rng, _schema()["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return _value(rng, rng.choice(schema["anyOf"]))
    if "enum" in schema:
        return rng.choice(schema["enum"])
    return _of_type(rng, schema)


def _of_type(rng: Random, schema: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {name: _value(rng, each) for name, each in schema.get("properties", {}).items()}
    if kind == "array":
        return [_value(rng, schema["items"]) for _ in range(rng.randrange(4))]
    if kind in ("integer", "number"):
        low, high = schema.get("minimum", 0), schema.get("maximum", 300)
        value = rng.choice((low, high, rng.uniform(low, high), rng.uniform(low, high)))
        return int(value) if kind == "integer" else value
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "string":
        return rng.choice((*_COLOURS, *schema.get("examples", ())))
    return None


def junk(rng: Random, depth: int = 0) -> Any:
    """Return any JSON value."""
    choice = rng.randrange(9 if depth < 3 else 6)
    if choice < 2:
        return rng.choice(INTERESTING) * rng.choice((1, 1, -1))
    if choice == 2:
        return rng.choice((True, False, None, 0.5, -1.5, 1e308, 5e-324, 2.0))
    if choice < 6:
        return rng.choice(_TEXTS) if rng.random() < 0.8 else noise(rng).decode("latin-1")
    if choice == 6:
        return [junk(rng, depth + 1) for _ in range(rng.choice((0, 1, 2, 5, 40)))]
    if choice == 7:
        return {rng.choice(_TEXTS): junk(rng, depth + 1) for _ in range(rng.randrange(4))}
    nested: Any = rng.choice(_TEXTS)
    for _ in range(rng.choice((5, 100, 2000))):
        nested = [nested] if rng.random() < 0.5 else {"a": nested}
    return nested


def mutate_tree(rng: Random, tree: Any) -> Any:
    """Return a JSON value with one value in it replaced, removed, added or repeated."""
    if isinstance(tree, dict) and tree and rng.random() < 0.85:
        name = rng.choice(sorted(tree))
        if rng.random() < 0.65:
            return {**tree, name: mutate_tree(rng, tree[name])}
        if rng.random() < 0.5:
            return {key: value for key, value in tree.items() if key != name}
        return {**tree, rng.choice((*_TEXTS, *_schema()["properties"])): junk(rng)}
    if isinstance(tree, list) and tree and rng.random() < 0.8:
        at = rng.randrange(len(tree))
        if rng.random() < 0.7:
            return [*tree[:at], mutate_tree(rng, tree[at]), *tree[at + 1 :]]
        return tree[:at] + [tree[at]] * rng.choice((0, 2, 30)) + tree[at + 1 :]
    return junk(rng)


def dump(rng: Random, tree: Any) -> str:
    """Return JSON text, sometimes with a number that JSON or Python does not have."""
    text = _dumped(rng, tree)
    if rng.random() < 0.1:
        text = text.replace("1", rng.choice(_RAW), 1)
    if rng.random() < 0.15:
        text = mutate_bytes(rng, text.encode(errors="replace")).decode("latin-1")
    return text


def _dumped(rng: Random, tree: Any) -> str:
    try:
        return json.dumps(tree, ensure_ascii=rng.random() < 0.8)
    except RecursionError:
        return "[" * 5_000


def fuzzed_settings(rng: Random) -> str:
    """Return the text of a settings field; most results that it requests are small."""
    tree: Any = valid(rng)
    if rng.random() < 0.1:
        return dump(rng, tree)
    for _ in range(rng.choice((1, 1, 2, 4))):
        tree = mutate_tree(rng, tree)
    text = dump(rng, tree)
    return text if is_affordable(text) else json.dumps(_small(rng, valid(rng)))


def is_affordable(text: str) -> bool:
    """Return whether settings are rejected, or their results are small."""
    try:
        settings, _ = parse_settings(text)
    except SmartCropError:
        return True
    except Exception:  # the app has to answer it
        return True
    targets = [request.target for request in settings.requests()]
    pixels = sum(each.area for each in targets) + (settings.target_size or 0) ** 2
    most = _MOST_AVIF_PIXELS if settings.format == "avif" else _MOST_PIXELS
    longest = max(max(each.width, each.height) for each in targets)
    return pixels <= most and longest <= LONGEST_SIDE and len(targets) <= _MOST_SIZES


def image_settings(rng: Random) -> str:
    """Return settings for a mutated image: plain ones for most, all others for some."""
    if rng.random() < 0.25:
        text = json.dumps({**valid(rng), "format": "png"})
        return text if is_affordable(text) else "{}"
    side = rng.choice((1, 7, 40, 64))
    values: dict[str, Any] = {"width": side, "height": rng.choice((1, 9, 40, 64))}
    values["mode"] = rng.choice(("subject", "subject", "subject", "trim"))
    values["strategy"] = rng.choice(("attention", "attention", "entropy", "saliency"))
    values["format"] = rng.choice(("png", "png", "png", "auto", "jpeg", "webp", "gif", "tiff"))
    return json.dumps(values)
