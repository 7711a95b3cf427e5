"""The evidence of objects, and its effect on the window."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handler.config import Config
from handler.core.plan import Plan
from handler.jobs.job import Job, plan_job
from handler.objects.centernet import CenterNet
from handler.settings import validate_settings
from tests.pictures import encoded, noise, photo


def person_at(left: int) -> Image.Image:
    image = Image.new("RGB", (320, 120), "tan")
    image.paste(photo("astronaut.png").convert("RGB").resize((120, 120)), (left, 0))
    return image


def planned(image: Image.Image, config: Config) -> Plan:
    settings, _ = validate_settings({"mode": "auto", "width": 90, "height": 160})
    return plan_job(Job(encoded(image, "PNG"), None, settings), config).crops[0].plan


def test_a_person_is_an_object_and_a_sky_is_none(network: CenterNet) -> None:
    sky = Image.linear_gradient("L").convert("RGB").resize((320, 240))

    assert network.look_at(person_at(100)).confidence > 0.3
    assert network.look_at(sky).confidence < 0.2


@pytest.mark.parametrize("left", [0, 200])
def test_the_interest_is_highest_at_the_person(network: CenterNet, left: int) -> None:
    maps = network.look_at(person_at(left)).maps

    total = sum(
        np.asarray(Image.fromarray(each).resize((32, 12), Image.Resampling.BILINEAR))
        for each in maps
    )
    column = int(np.asarray(total).max(axis=0).argmax())
    assert left / 10 <= column <= left / 10 + 12


@pytest.mark.parametrize("size", [(1, 1), (320, 9), (33, 31), (240, 320)])
def test_the_maps_cover_a_picture_of_any_size(network: CenterNet, size: tuple[int, int]) -> None:
    found = network.look_at(noise(*size).convert("RGB"))

    assert 0 <= found.confidence <= 1
    for cell, values in zip((4, 16, 32), found.maps, strict=True):
        assert values.shape == (-(-size[1] // cell), -(-size[0] // cell))
        assert np.isfinite(values).all()


def test_the_plan_names_what_was_looked_for(objects_built: Path, tmp_path: Path) -> None:
    image = photo("coffee.png")

    both = planned(image, Config(object_bundle=objects_built))
    faces = planned(image, Config(object_bundle=tmp_path))
    neither = planned(image, Config(object_bundle=objects_built, face_bundle=tmp_path))

    assert both.evidence == ("faces", "objects", "text")
    assert faces.evidence == ("faces", "text")
    assert neither.evidence == ("text",)
    assert both.weights is not None
    assert faces.weights is not None
    assert "objects" in both.weights
    assert "objects" not in faces.weights
    assert sum(both.weights.values()) == pytest.approx(1)
