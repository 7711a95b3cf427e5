"""Events of S3, SQS, EventBridge and S3 Batch Operations, and the settings of their objects."""

import json
from random import Random
from typing import Any

from tests.events import notifications
from tests.fuzz.inputs import Input
from tests.fuzz.mutate_bytes import mutate_bytes
from tests.fuzz.settings_json import dump, fuzzed_settings, mutate_tree

KEY = "folder/photo.png"
"""Key of the object that events name unless they are mutated."""

_KEYS = (
    *(KEY, KEY, KEY, "", "/", "folder/", ".smart-crop.json", "folder/../photo.png", "a//b.png"),
    *(
        "\0",
        "\ud800",
        "é😀.png",
        "a" * 950 + ".png",
        "%",
        "%zz",
        "+",
        "none.png",
        "folder/photo.PNG",
    ),
)


def _s3(rng: Random) -> dict[str, Any]:
    names = (
        "ObjectCreated:Put",
        "ObjectCreated:Put",
        "s3:ObjectCreated:Copy",
        "ObjectRemoved:Delete",
    )
    return notifications.s3_put(_key(rng), name=rng.choice(names))


def _bridge(rng: Random) -> dict[str, Any]:
    return notifications.event_bridge(_key(rng), rng.choice(("Object Created", "Object Deleted")))


def _queue(rng: Random) -> dict[str, Any]:
    bodies: list[object] = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        tree: Any = rng.choice((_s3, _bridge))(rng)
        for _ in range(rng.choice((0, 1, 2))):
            tree = mutate_tree(rng, tree)
        bodies.append(dump(rng, tree))
    event = notifications.messages(bodies, rng.choice((1, 2, 5, 99)))
    for record in event["Records"]:
        record["receiptHandle"] = "handle"  # a random one would differ in every process
    return event


def _batch(rng: Random) -> dict[str, Any]:
    return notifications.batch_task(_key(rng), rng.choice(("1.0", "2.0")))


_FORMS = {"s3": _s3, "eventbridge": _bridge, "sqs": _queue, "batch": _batch}


def _key(rng: Random) -> str:
    return rng.choice(_KEYS).encode(errors="replace").decode() if rng.random() < 0.4 else KEY


def event_input(rng: Random) -> Input:
    """Return an event with the settings in its object's metadata and in its folder."""
    label = rng.choice(sorted(_FORMS))
    event: Any = _FORMS[label](rng)
    for _ in range(rng.choice((0, 0, 1, 1, 2, 4))):
        event = mutate_tree(rng, event)
    # Lambda passes objects only, and Python's parser has read them.
    text = _text(event if isinstance(event, dict) else _FORMS[label](rng))
    options: dict[str, Any] = {}
    if rng.random() < 0.6:
        # Metadata are headers, which have no lone surrogates.
        options["metadata"] = fuzzed_settings(rng).encode(errors="replace").decode()
    if rng.random() < 0.6:
        raw = fuzzed_settings(rng).encode(errors="surrogatepass")
        options["folder"] = (mutate_bytes(rng, raw) if rng.random() < 0.1 else raw).hex()
    return Input("event", label, text.encode(), options)


def _text(event: dict[str, Any]) -> str:
    try:
        return json.dumps(event)
    except RecursionError:
        return "{}"
