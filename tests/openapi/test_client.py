"""A Python client that openapi-python-client generates from the document."""

import importlib
import json
import sys
from collections.abc import Iterator
from io import BytesIO
from subprocess import run
from types import ModuleType
from typing import Any

import pytest

from tests.api.calls import PORTRAIT
from tests.openapi.document import DOCUMENT
from tests.pictures import decoded
from tests.servers import beside_python

PACKAGE = "generated_smart_crop"


class Generated:
    """The generated package, and a client of the service."""

    def __init__(self, url: str) -> None:
        self.models: Any = self.module("models")
        self.types: Any = self.module("types")
        package: Any = importlib.import_module(PACKAGE)
        self.client = package.Client(
            base_url=url, raise_on_unexpected_status=True, follow_redirects=True
        )

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"{PACKAGE}.{name}")

    def call(self, operation: str, *arguments: object, **parameters: object) -> Any:
        module: Any = self.module(f"api.{operation}")
        return module.sync(*arguments, client=self.client, **parameters)

    def portrait(self, **settings: object) -> Any:
        """Return the body of a request."""
        file = self.types.File(BytesIO(PORTRAIT), "portrait.jpg", "image/jpeg")
        return self.models.CropForm(file, self.models.CropSettings(**settings))


@pytest.fixture(scope="module")
def generated(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(json.dumps(DOCUMENT))
    # The generator does not support wildcards. Its configuration is YAML, which includes JSON.
    types = {"content_type_overrides": {"image/*": "application/octet-stream"}}
    (folder / "how.yaml").write_text(json.dumps({"post_hooks": [], **types}))
    command = [beside_python("openapi-python-client"), "generate", "--meta=none"]
    command += ["--path=openapi.json", "--config=how.yaml", f"--output-path={PACKAGE}"]
    run([*command, "--fail-on-warning"], cwd=folder, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        generated = Generated(url)
        with generated.client:
            yield generated
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_it_crops_a_picture_and_fetches_the_result(generated: Generated) -> None:
    mode, preset = generated.models.Mode, generated.models.FacePreset
    body = generated.portrait(mode=mode.FACE, face_preset=preset.CLOSEUP, width=90, height=120)

    answer = generated.call("crop.crop", body=body)

    assert isinstance(answer, generated.models.CropResult)
    assert (answer.width, answer.height) == (90, 120)
    assert answer.plan.mode == generated.models.Mode.FACE
    assert [face.chosen for face in answer.plan.faces] == [True]
    file = generated.call("results.download", answer.job_id, answer.filename)
    assert decoded(file.payload.read()).size == (90, 120)


def test_it_makes_several_sizes_of_a_picture(generated: Generated) -> None:
    sizes = ["50x40", generated.models.OutputSize(30, 60, name="thumb")]

    answer = generated.call("crop.crop", body=generated.portrait(sizes=sizes))

    assert [(each.name, each.width, each.height) for each in answer.results] == [
        ("50x40", 50, 40),
        ("thumb", 30, 60),
    ]


def test_it_reads_an_error(generated: Generated) -> None:
    answer = generated.call("crop.analyze", body=generated.portrait(width=0))

    assert isinstance(answer, generated.models.ErrorResponse)
    assert answer.code == "INVALID_SETTINGS"
    assert str(answer.details).startswith("width: ")
    assert [each.field for each in answer.errors] == ["width"]


def test_it_prepares_an_upload_and_asks_for_its_job(generated: Generated) -> None:
    planned = generated.models.UploadRequest("portrait.jpg", "image/jpeg")

    form = generated.call("large_files.prepare_upload", body=planned)
    job = generated.call("large_files.job", form.job_id)

    assert isinstance(job, generated.models.QueuedJob)
    assert job.key == form.key


def test_it_reads_the_health_of_the_deployment(generated: Generated) -> None:
    health = generated.call("deployment.health")

    assert health.formats["jpeg"] is True
