"""The state of a function after its start."""

import json

import pytest

from handler.api import create_app
from handler.config import Config
from tests.api.calls import CROP, PORTRAIT
from tests.conftest import BUCKET
from tests.lambda_.conftest import Invoke, run
from tests.lambda_.events import http_event, upload_event
from tests.needs import needs_linux
from tests.servers import Program

STORES = {
    "SMART_CROP_STORE": "s3://results",
    "SMART_CROP_UPLOADS": "s3://uploads",
    "AWS_REGION": "us-east-1",
}


@needs_linux
@pytest.mark.parametrize("entry", ["lambda_http", "lambda_events"])
def test_a_start_leaves_one_thread_and_frozen_modules(
    entry: str,
) -> None:
    program = f"""
import gc, os
import handler.{entry}
print(len(os.listdir("/proc/self/task")), gc.isenabled(), gc.get_freeze_count() > 10_000)
"""
    assert run(program, **STORES).split() == ["1", "True", "True"]


def test_the_deployment_can_set_the_number_of_blas_threads() -> None:
    program = "import os, handler.lambda_events; print(os.environ['OPENBLAS_NUM_THREADS'])"
    assert run(program, **STORES, OPENBLAS_NUM_THREADS="3") == "3\n"


def test_the_models_of_the_openapi_document_are_built_at_its_first_request(invoke: Invoke) -> None:
    program = """
from handler import lambda_http, settings
from fastapi.openapi.models import OpenAPI, Schema
print(OpenAPI.__pydantic_complete__, Schema.__pydantic_complete__)
print(settings.CropSettings.__pydantic_complete__)
"""
    assert run(program, **STORES).split() == ["False", "False", "True"]

    answer = invoke(http_event("GET", "/openapi.json"))

    assert json.loads(answer["body"])["paths"] == create_app(Config()).openapi()["paths"]


def test_the_events_function_has_the_models_of_a_crop_and_no_others() -> None:
    program = """
from handler import lambda_events
from handler.events import messages
from handler.jobs import responses, status_responses
from handler.storage.job_records import JobRecord
frequent = (responses.CropResult, responses.CropPlan, JobRecord, messages._Queue)
print(*(each.__pydantic_complete__ for each in frequent))
print(status_responses.Health.__pydantic_complete__)
"""
    assert run(program, **STORES).splitlines() == ["True " * 3 + "True", "False"]


_FIRST_CROP = """
import json, sys
from types import SimpleNamespace
from handler.lambda_http import handler
known = set(sys.modules)
context = SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 30_000)
answer = handler(json.load(sys.stdin), context)
assert answer["statusCode"] == 200, answer
new = {name.partition(".")[0] for name in set(sys.modules) - known}
print(*new & {"handler", "PIL", "numpy", "simplejpeg", "pydantic", "aws_lambda_powertools"})
"""


def test_the_modules_of_a_crop_are_in_the_snapshot(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    event = upload_event(CROP, PORTRAIT, {"width": 48, "height": 32})
    store = {"SMART_CROP_STORE": tmp_path_factory.mktemp("results").as_uri()}

    assert run(_FIRST_CROP, event, **store, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start") == "\n"
    assert run(_FIRST_CROP, event, **store) != "\n"


def test_the_first_request_loads_no_event_loop_backend_and_reads_no_source() -> None:
    program = """
import inspect, json, sys
from handler.lambda_http import handler
known, read, find = set(sys.modules), [], inspect.getsourcelines
inspect.getsourcelines = lambda found: read.append(found) or find(found)
print(handler(json.load(sys.stdin), None)["statusCode"])
print(*(name for name in set(sys.modules) - known if name.startswith("anyio")), *read)
"""
    event = http_event("GET", "/api/v1/health")

    assert run(program, event, **STORES).splitlines() == ["200", ""]


@pytest.mark.parametrize("start", ["on-demand", "snap-start"])
def test_no_start_opens_the_face_detection_bundle(start: str) -> None:
    program = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import handler.lambda_http
print(len(opened) > 100, *(path for path in opened if "-detection" in path))
"""
    assert run(program, **STORES, AWS_LAMBDA_INITIALIZATION_TYPE=start) == "True\n"


def test_each_call_has_an_event_loop_on_any_thread_and_without_a_warning() -> None:
    """Python 3.12 and 3.13 warn if a thread has none, and Python 3.14 raises."""
    program = """
import asyncio, json, sys
from concurrent.futures import ThreadPoolExecutor
from handler.lambda_http import handler
event = json.load(sys.stdin)
print(handler(event, None)["statusCode"])
with ThreadPoolExecutor(1) as thread:
    print(thread.submit(handler, event, None).result()["statusCode"])
asyncio.run(asyncio.sleep(0))  # afterwards the thread has no loop
print(handler(event, None)["statusCode"])
"""
    event = http_event("GET", "/api/v1/health")

    answers = run(program, event, **STORES, PYTHONWARNINGS="error::DeprecationWarning")

    assert answers.split() == ["200"] * 3


def test_the_peer_of_the_benchmark_crops(seaweedfs: Program) -> None:
    """`make bench` compares the start with that of the same app on boto3."""
    program = """
import json, sys
from types import SimpleNamespace
from tests.bench.boto3_lambda import handler
context = SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 30_000)
answer = handler(json.load(sys.stdin), context)
assert answer["statusCode"] == 200, answer
print("boto3" in sys.modules, "obstore" in sys.modules)
"""
    event = upload_event(CROP, PORTRAIT, {"width": 48, "height": 32})
    store = {"SMART_CROP_STORE": f"s3://{BUCKET}", **seaweedfs.environment}

    assert run(program, event, **store) == "True False\n"
