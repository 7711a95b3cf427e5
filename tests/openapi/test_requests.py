"""Requests that the document accepts or rejects, and the answers of the service.

Schemathesis makes them, sends them to a live service, and compares the answers with the document.
"""

import re
from collections.abc import Mapping
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import Case, Response
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)
from schemathesis.transport.serialization import Binary

from tests.api.calls import CROP
from tests.openapi.document import DOCUMENT
from tests.pictures import encoded, photo

PICTURE = Binary(encoded(photo("astronaut.png", (120, 120))))
# Sides of results, in pixels; small results are fast.
LARGE, SMALL = 100, 60
JOB = "/api/v1/jobs/{jobId}"
AnyCase = Case[Any]
# Errors that depend on the image, on the objects in the bucket, on parameters and settings, or on
# earlier requests.
NOT_IN_SCHEMAS = {"CONFLICT", "NO_FACES", "NOT_FOUND", "NOT_ACCEPTABLE"}
# Errors of rules for several settings together.
RULES = (
    "at most 268,402,689 pixels",
    "an empty list in mode trim",
    "a name that differs from that of sizes.",
    "numbers that are all fractions",
    "a bucket of this deployment",
)
# The request of analyze is the same as that of crop.
CONFIG = schemathesis.Config.from_dict(
    {
        "request-timeout": 120,
        "operations": [
            {"include-operation-id": "analyze", "phases": {"coverage": {"enabled": False}}},
            # A stream that waits for a job.
            {"include-operation-id": "progress", "enabled": False},
        ],
    }
)
described = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)


SETTINGS = hypothesis.settings(
    max_examples=10,
    stateful_step_count=4,
    # Makes the same requests in every run.
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@described.parametrize()
@SETTINGS
def test_answers_are_as_described(case: AnyCase, url: str) -> None:
    is_promised = prepare(case)
    check(case, case.call(base_url=url), is_promised)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ((CROP, "/api/v1/download/{jobId}/{filename}", JOB), ("download", 307)),
        (("/api/v1/uploads", JOB), ("job", 200)),
    ],
)
def test_links_lead_to_results_and_jobs(
    url: str, paths: tuple[str, ...], expected: tuple[str, int]
) -> None:
    reached = set()
    # With all paths together, the journeys may keep to one of the two.
    part = {**DOCUMENT, "paths": {path: DOCUMENT["paths"][path] for path in paths}}
    linked = schemathesis.openapi.from_dict(part, config=CONFIG)

    class Journeys(linked.as_state_machine()):  # type: ignore[misc]  # made of the document
        def call(self, case: AnyCase, **_: object) -> Response:
            self.is_promised = prepare(case)
            return case.call(base_url=url)

        def validate_response(self, response: Response, case: AnyCase, **_: object) -> None:
            check(case, response, self.is_promised)
            reached.add((case.operation.definition.raw["operationId"], response.status_code))

    Journeys.run(settings=SETTINGS)

    assert expected in reached


def prepare(case: AnyCase) -> bool:
    """Make a request feasible if the document accepts it, and return whether it does."""
    is_promised = case.meta is not None and case.meta.generation.mode.is_positive
    if is_promised and isinstance(case.body, dict):
        case.body = feasible(case.body)
    return is_promised


def check(case: AnyCase, response: Response, is_promised: bool) -> None:
    if not is_promised:
        case.validate_response(response)
        return
    # Schemathesis classes all bodies with bytes as not accepted.
    case.validate_response(
        response, excluded_checks=[negative_data_rejection, positive_data_acceptance]
    )
    assert response.status_code < 400 or is_beyond_schemas(response), response.text


def feasible(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request with real images in place of random bytes, and with small results."""
    changed = dict(body)
    if "file" in body:
        changed["file"] = PICTURE
    if "files" in body:
        changed["files"] = [PICTURE] * min(2, len(body["files"]))
    if "keys" in body:
        changed["keys"] = body["keys"][:2]
    settings = body.get("settings")
    if isinstance(settings, Mapping):
        small = {
            name: value % SMALL + 1
            for name, value in settings.items()
            if name in ("width", "height", "targetSize") and value is not None and value > LARGE
        }
        changed["settings"] = {"width": SMALL, "height": SMALL, **settings, **small}
        for name in ("sizes", "keep", "avoid"):
            if len(settings.get(name, [])) > 1:
                changed["settings"][name] = settings[name][:2]
        if isinstance(settings.get("sizes"), list):
            changed["settings"]["sizes"] = [*map(small_size, changed["settings"]["sizes"])]
    return changed


def small_size(size: Any) -> Any:
    """Return a size whose sides are small; presets are small enough."""
    if isinstance(size, str) and re.fullmatch("[0-9]+x[0-9]+", size):
        return "x".join(str(int(side) % SMALL + 1) for side in size.split("x"))
    if isinstance(size, Mapping):
        sides = {name: size[name] for name in ("width", "height") if size.get(name, 0) > LARGE}
        return {**size, **{name: side % SMALL + 1 for name, side in sides.items()}}
    return size


def is_beyond_schemas(response: Response) -> bool:
    """Return whether a request was rejected for a reason that a schema cannot express."""
    if response.status_code not in (400, 404, 406, 409, 422):
        return False
    answer = response.json()
    # A batch without results is rejected for the reasons of its files.
    failures = answer["errors"] if answer["code"] == "ALL_FAILED" else [answer]
    return all(map(is_not_in_schemas, failures))


def is_not_in_schemas(error: Mapping[str, str]) -> bool:
    details = error.get("details") or ""
    return error["code"] in NOT_IN_SCHEMAS or any(rule in details for rule in RULES)
