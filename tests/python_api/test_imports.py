"""The import of `handler` and of its Python interface."""

import os
import subprocess
import sys
from importlib import metadata

import pytest

import handler
from handler import python

# The packages that a crop loads.
HEAVY = {"PIL", "numpy", "pydantic", "pydantic_core", "simplejpeg", "onnxruntime"}


def loaded(program: str) -> set[str]:
    """Return the modules that a program has loaded at its end."""
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\nprint(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "SMART_CROP_UPLOADS": "s3://uploads", "AWS_REGION": "us-east-1"},
    )
    return set(ran.stdout.split())


def test_the_package_alone_loads_nothing_else() -> None:
    modules = loaded("import handler; handler.__version__; dir(handler)")

    assert {name for name in modules if name.startswith("handler")} == {"handler"}
    assert not modules & HEAVY


@pytest.mark.parametrize("entry", ["lambda_http", "lambda_events"])
def test_a_function_on_lambda_does_not_load_the_interface(entry: str) -> None:
    modules = loaded(f"import handler.{entry}")

    assert "handler.jobs.job" in modules
    assert not {name for name in modules if name.startswith("handler.python")}


def test_the_events_function_loads_no_http_client_and_no_metadata_of_packages() -> None:
    modules = loaded("import handler.lambda_events")

    assert "handler.aws.credentials" in modules
    assert not modules & {"http.client", "ssl", "email", "zipfile", "importlib.metadata"}


def test_the_version_is_that_of_the_installed_package() -> None:
    assert handler.__version__ == metadata.version("smart-crop")
    assert "__version__" in dir(handler)


def test_a_name_loads_the_interface_without_server_and_store() -> None:
    modules = loaded("from handler import crop")

    assert "handler.python.calls" in modules
    outside = {"fastapi", "uvicorn", "click", "rich", "boto3", "botocore", "onnxruntime"}
    assert not modules & outside


def test_the_interface_has_every_name_of_the_package() -> None:
    assert set(handler.__all__) <= set(python.__all__) & set(dir(handler))
    for name in handler.__all__:
        assert getattr(handler, name) is getattr(python, name)


def test_other_names_are_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'crops'"):
        handler.crops  # type: ignore[attr-defined]  # noqa: B018  # there is no such name
