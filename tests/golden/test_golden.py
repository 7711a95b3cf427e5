"""Results compared with those of sharp 0.35.5 for the same drawings (see `remake.mjs`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from handler.codec import Limits, open_picture
from handler.core.planner import make_plan
from handler.core.render import render
from handler.settings import validate_settings
from tests.core.compare import decibels
from tests.golden.drawings import DRAWINGS
from tests.pictures import decoded

_HERE = Path(__file__).parent
_CASES: list[dict[str, Any]] = json.loads((_HERE / "cases.json").read_text())
_SETTINGS = ("width", "height", "padding", "strategy")
# On the machine where they were made, all pictures are above 59 or equal; other libraries may round
# differently. A window that is shifted by a single pixel has at most 36.
_DECIBELS = 50


@pytest.mark.parametrize("case", _CASES, ids=lambda case: str(case["name"]))
def test_the_result_looks_like_that_of_sharp(case: dict[str, Any]) -> None:
    requested = {name: case[name] for name in _SETTINGS if name in case}
    picture = open_picture(DRAWINGS[case["file"]](), Limits(10_000_000))

    image = render(picture, make_plan(picture, validate_settings(requested)[0].request()))

    golden = decoded((_HERE / f"{case['name']}.png").read_bytes())
    # Colours of transparent pixels do not count.
    mode = "RGBa" if golden.mode == "RGBA" else golden.mode
    assert decibels(image.convert(golden.mode).convert(mode), golden.convert(mode)) > _DECIBELS


def test_golden_pictures_are_small() -> None:
    assert max(path.stat().st_size for path in _HERE.glob("*.png")) <= 20_000
