"""The input of each number: the same for equal seeds and equal corpora."""

from random import Random

from handler.codec.formats import FORMATS
from tests.fuzz.corpus import corpus
from tests.fuzz.event_inputs import event_input
from tests.fuzz.forms import CROP, form_input, json_input
from tests.fuzz.inputs import Input, Target
from tests.fuzz.mutate import mutate_file
from tests.fuzz.settings_json import fuzzed_settings, image_settings
from tests.hostile.specimens import specimen

# Shares of the inputs, in percent. Images are the largest part of what strangers send.
TARGETS: dict[Target, int] = {"image": 70, "settings": 10, "form": 8, "json": 5, "event": 7}
# A decoder in a worker process takes several times as long as one in the process of the service.
_ISOLATED_WEIGHT, _DIRECT_WEIGHT = 2, 3
_PICTURES = ("png/rgb", "jpeg/grey", "gif/transparent", "webp/alpha", "png/alpha-exif-and-profile")


def generate(seed: int, number: int, targets: tuple[Target, ...] = tuple(TARGETS)) -> Input:
    """Return an input.

    Args:
        seed: seed of the run.
        number: of the input, from 0.
        targets: the targets to choose from.
    """
    rng = Random(f"{seed}/{number}")
    target = rng.choices(targets, [TARGETS[each] for each in targets])[0]
    if target == "image":
        return _image(rng)
    if target == "settings":
        return Input(
            "settings",
            "json",
            fuzzed_settings(rng).encode(errors="surrogatepass"),
            {"picture": rng.choice(_PICTURES), "path": _path(rng)},
        )
    return {"form": form_input, "json": json_input, "event": event_input}[target](rng)


def _path(rng: Random) -> str:
    paths = (CROP, CROP, CROP, CROP, f"{CROP}?overlay=true", f"{CROP}/analyze", f"{CROP}/batch")
    return rng.choice(paths)


def _image(rng: Random) -> Input:
    files = corpus()
    names = sorted(files)
    weights = [_ISOLATED_WEIGHT if FORMATS[each].isolated else _DIRECT_WEIGHT for each in names]
    name = rng.choices(names, weights)[0]
    data = mutate_file(rng, files[name].pick(rng), name, lambda: files[name].pick(rng))
    return Input("image", name, data, {"settings": image_settings(rng), "path": _path(rng)})


def picture_of(input_: Input) -> bytes:
    """Return the whole picture that goes with mutated settings."""
    return specimen(input_.options.get("picture", _PICTURES[0]))
