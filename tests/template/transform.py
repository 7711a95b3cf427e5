"""The template after ``sam package`` and the transform of SAM, as CloudFormation receives it."""

import json
import sys
from functools import cache
from typing import Any

import pytest
from boto3.session import Session

from tests.template.stack import ROOT, template

REGION = "us-east-1"
ACCOUNT = "123456789012"

_IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/smart-crop:1"
# infra/setup/transform.txt has the reason why it is not in the environment of the tests.
_FOLDER = ROOT / ".tools/transform"


@cache
def transformed(parameters: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return the transformed template. Tests are skipped if the transform is not installed.

    Args:
        parameters: names and values of all parameters.
    """
    if _FOLDER.is_dir() and str(_FOLDER) not in sys.path:
        sys.path.append(str(_FOLDER))
    pytest.importorskip("samtranslator", reason="needs the transform of SAM: make setup")
    from samtranslator.parser.parser import Parser
    from samtranslator.sdk.parameter import SamParameterValues
    from samtranslator.translator.translator import Translator

    source: dict[str, Any] = json.loads(json.dumps(template("template.yaml")))
    for resource in source["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["ImageUri"] = _IMAGE
    values = SamParameterValues(dict(parameters))
    values.add_default_parameter_values(source)
    translator = Translator({}, Parser(), boto_session=_session())
    translated = translator.translate(source, parameter_values=values.parameter_values)
    translator.metrics.publish()  # to nobody; without it, a warning is logged
    return dict(translated)


@cache
def _session() -> Session:
    return Session(region_name=REGION)
