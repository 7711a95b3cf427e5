"""The direction of the imports in `handler`."""

import pytest

from tests.structure.rules import cycle, reached, sources, violations

MODULES = sources()


def test_every_import_follows_the_rules() -> None:
    assert violations(MODULES) == []


def test_no_imports_form_a_cycle() -> None:
    assert cycle(MODULES) == []


def test_image_headers_load_neither_pillow_nor_numpy_nor_pydantic() -> None:
    assert not reached(MODULES, "handler.codec.headers") & {"PIL", "numpy", "pydantic"}


def test_the_core_loads_no_aws_no_http_and_no_pydantic() -> None:
    outside = {"obstore", "botocore", "boto3", "fastapi", "starlette", "mangum", "pydantic"}
    assert not reached(MODULES, "handler.core") & {*outside, "aws_lambda_powertools", "http"}


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("handler.core.planner", "from handler.settings import CropSettings"),
        ("handler.core.planner", "from handler.core.render import render"),
        ("handler.core.geometry", "import numpy as np"),
        ("handler.core.request", "from handler.core.framing import frame_faces"),
        ("handler.core.image.frame", "from handler.core.plan import Plan"),
        ("handler.core.subject.attention", "from handler.core.trim.border import find_content"),
        ("handler.core.render", "from handler.core.framing import frame_faces"),
        ("handler.core.placement", "import pydantic"),
        ("handler.codec.headers.png", "from PIL import Image"),
        ("handler.codec.headers.png", "import numpy"),
        ("handler.codec.decoders.pillow", "from handler.codec.encoders import encode"),
        ("handler.codec.encoders.png_writer", "from handler.codec.decoders import pillow"),
        ("handler.codec.picture", "from handler.storage import connect"),
        ("handler.faces.detector", "from handler.jobs.job import Job"),
        ("handler.settings.crop_settings", "from handler.core.planner import make_plan"),
        ("handler.storage.results", "from handler.api.crop_routes import download_path"),
        ("handler.jobs.service", "from handler.api import create_app"),
        ("handler.jobs.job", "import fastapi"),
        ("handler.events.function", "from handler.api import create_app"),
        ("handler.api.app", "import boto3"),
        ("handler.cli.crop", "import obstore"),
        ("handler.telemetry", "def late() -> None:\n    import handler.jobs.service"),
    ],
)
def test_a_planted_import_is_found(module: str, planted: str) -> None:
    found = violations({**MODULES, module: f"{MODULES[module]}\n{planted}\n"})

    assert len(found) == 1
    assert found[0].startswith(f"{module}, ")


def test_a_planted_cycle_is_found() -> None:
    name = "handler.core.geometry"
    planted = f"{MODULES[name]}\nfrom handler.core.spans import X\n"

    assert {name, "handler.core.spans"} <= set(cycle({**MODULES, name: planted}))


def test_pillow_behind_a_second_module_is_found() -> None:
    name = "handler.core.geometry"
    planted = f"{MODULES[name]}\nfrom PIL import Image\n"

    assert "PIL" in reached({**MODULES, name: planted}, "handler.codec.headers")
