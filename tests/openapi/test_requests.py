"""Requests that the document promises to take, and others that it says are refused: are they?

Schemathesis makes both, sends them to a live service, and holds the answers against the document.
"""

from collections.abc import Mapping
from typing import Any

import hypothesis
import schemathesis
from schemathesis import Case, Response
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)
from schemathesis.transport.serialization import Binary

from handler.api import create_app
from handler.config import Config
from tests.pictures import encoded, photo

PICTURE = Binary(encoded(photo("astronaut.png", (120, 120))))
# Sides of results, in pixels: nobody looks at these.
LARGE, SMALL = 100, 60
AnyCase = Case[Any]
# What depends on the picture, or on what is in the bucket.
UNFORESEEABLE = {"NO_FACES", "NOT_FOUND"}
# Rules for several settings together.
RULES = (
    "at most 50 megapixels",
    "trim keeps the size of what it finds",
    "give each size a name of its own",
    "would be one name in file names",
)
# The document is the same for every deployment.
described = schemathesis.openapi.from_dict(create_app(Config()).openapi())


@described.parametrize()
@hypothesis.settings(max_examples=25, suppress_health_check=list(hypothesis.HealthCheck))
def test_answers_are_as_described(case: AnyCase, url: str) -> None:
    is_promised = case.meta is not None and case.meta.generation.mode.is_positive
    if not is_promised:
        case.call_and_validate(base_url=url)
        return
    if isinstance(case.body, dict):
        case.body = feasible(case.body)
    response = case.call(base_url=url)
    # To Schemathesis, no body that holds bytes is one that is promised to be taken.
    case.validate_response(
        response, excluded_checks=[negative_data_rejection, positive_data_acceptance]
    )
    assert response.status_code < 400 or is_beyond_schemas(response), response.text


def feasible(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same request of a picture, where it is of any bytes, of few, and of small results."""
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
        if len(settings.get("sizes", [])) > 1:
            changed["settings"]["sizes"] = settings["sizes"][:2]
    return changed


def is_beyond_schemas(response: Response) -> bool:
    """Whether a request was refused for what a schema has no words for."""
    if response.status_code not in (400, 404, 422):
        return False
    answer = response.json()
    # A batch of which nothing comes is refused for all reasons together.
    return all(map(is_unspoken, answer.get("errors", [answer])))


def is_unspoken(error: Mapping[str, str]) -> bool:
    details = error.get("details") or ""
    return error["code"] in UNFORESEEABLE or any(rule in details for rule in RULES)
