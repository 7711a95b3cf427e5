"""infra/README.md matches the templates: the picture, the costs, the policies and the names."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from handler.settings import CropSettings
from infra import cost, diagram
from tests.template.stack import ROOT, TEMPLATES, as_list, template

README = (ROOT / "infra/README.md").read_text()
# An action that CloudFormation needs for each type of resource, by the beginning of the type.
CREATED_WITH = {
    "AWS::ApiGatewayV2": "apigateway:POST",
    "AWS::CloudFormation::Stack": "cloudformation:CreateStack",
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm",
    "AWS::CloudWatch::Dashboard": "cloudwatch:PutDashboard",
    "AWS::Events::Rule": "events:PutRule",
    "AWS::IAM::Role": "iam:CreateRole",
    "AWS::Lambda::Permission": "lambda:AddPermission",
    "AWS::Logs::LogGroup": "logs:CreateLogGroup",
    "AWS::Logs::MetricFilter": "logs:PutMetricFilter",
    "AWS::S3::Bucket": "s3:CreateBucket",
    "AWS::SQS::Queue": "sqs:CreateQueue",
    "AWS::Serverless::Function": "lambda:CreateFunction",
}


def test_the_picture_is_current() -> None:
    assert diagram.draw() in README, "run: .venv/bin/python -m infra.diagram"


def test_every_arrow_joins_shown_things() -> None:
    lines = diagram.draw().splitlines()
    shown = {match[1] for line in lines if (match := re.match(r" +(\w+)[\[(]", line))}
    arrows = [match for line in lines if (match := re.match(r" +(\w+) -->\|.*\| (\w+)$", line))]
    assert len(arrows) > 20
    assert {name for arrow in arrows for name in arrow.groups()} <= shown


def test_the_costs_are_current() -> None:
    assert cost.text() in README, "run: .venv/bin/python -m infra.cost"
    assert cost.measured()["machine"] in cost.text()


def test_the_readme_has_the_costs_of_subject_mode() -> None:
    http, event = (sum(each.parts().values()) for each in cost.cases()[:2])
    text = " ".join((ROOT / "README.md").read_text().split())
    assert f"about ${http:.0f} over HTTP and ${event:.0f} by event" in text


def test_the_modes_and_metrics_are_those_of_the_service() -> None:
    modes = CropSettings.model_json_schema()["properties"]["mode"]
    assert len(modes["enum"]) == cost.MODES
    # tests/template/test_dashboard.py compares the dashboard with what the service emits.
    assert cost.metrics() == (7, 3)


def test_the_formulas_give_the_costs_of_a_known_case() -> None:
    case = cost.Case("x", seconds=0.1, writes=1, reads=3, log_bytes=2000, request_bytes=3_400_000)
    assert case.billed == pytest.approx(0.16)
    parts = case.parts()
    assert parts["Lambda"] == pytest.approx(4.81, abs=0.005)
    assert parts["API"] == 7
    assert parts["S3"] == pytest.approx(6.20)
    assert parts["queue"] == 0
    assert parts["logs"] == pytest.approx(1)
    event = cost.Case("x", seconds=0.1, writes=1, reads=3, log_bytes=2000, request_bytes=0)
    assert event.parts()["S3"] == pytest.approx(11.20)
    assert event.parts()["queue"] == pytest.approx(1.20)


def policy(name: str) -> dict[str, Any]:
    found = re.search(rf"^```json {name}\n(.*?)^```", README, re.M | re.S)
    assert found, name
    content: dict[str, Any] = json.loads(found[1])
    return content


def test_who_deploys_may_create_every_type_of_resource() -> None:
    types = {each["Type"] for path in TEMPLATES for each in template(path)["Resources"].values()}
    allowed = [
        action
        for statement in policy("deployer")["Statement"]
        for action in as_list(statement["Action"])
    ]
    for type_ in types:
        needed = [action for start, action in CREATED_WITH.items() if type_.startswith(start)]
        assert needed, f"{type_}: name an action, and add it to the policy of the page"
        assert any(fnmatchcase(needed[0], action) for action in allowed), needed


def test_the_page_names_parameters_and_outputs_that_exist() -> None:
    main = template("template.yaml")
    given = re.findall(r"`([A-Z][A-Za-z0-9]+)=", README)
    given += re.findall(r"--parameter-overrides '?([A-Za-z]+)=", README)
    assert set(given) <= main["Parameters"].keys()
    assert set(re.findall(r"\$\(output (\w+)\)", README)) <= main["Outputs"].keys()
