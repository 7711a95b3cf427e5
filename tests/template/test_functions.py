"""The functions: one image, a role and an environment each, nothing lost when they fail."""

import re
from typing import Any

import pytest

from handler.config import Config
from handler.settings import parse_settings
from tests.template.stack import ROOT, as_list, defaults, functions, resources, template

NAMES = sorted(functions())


def test_there_is_one_for_http_and_one_for_events() -> None:
    commands = {name: each["ImageConfig"]["Command"] for name, each in functions().items()}
    assert commands == {
        "HttpFunction": ["handler.lambda_http.handler"],
        "EventsFunction": ["handler.lambda_events.handler"],
    }


def test_both_run_from_one_image() -> None:
    metadata = [template("template.yaml")["Resources"][name]["Metadata"] for name in NAMES]
    built = [{key: each[key] for key in each if key.startswith("Docker")} for each in metadata]
    assert built[0] == built[1]
    assert (ROOT / built[0]["DockerContext"] / built[0]["Dockerfile"]).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_image_function_has_no_layers(name: str) -> None:
    function = functions()[name]
    assert function["PackageType"] == "Image"
    assert function["Architectures"] == ["x86_64"]
    assert not {"Layers", "Runtime", "Handler"} & set(function)


def test_each_has_a_role_of_its_own() -> None:
    roles = {name: function["Role"]["Fn::GetAtt"][0] for name, function in functions().items()}
    assert len(set(roles.values())) == len(roles)
    assert "BatchOperationsRole" not in roles.values()


@pytest.mark.parametrize("name", NAMES)
def test_function_logs_into_a_group_that_forgets(name: str) -> None:
    group = functions()[name]["LoggingConfig"]["LogGroup"]["Ref"]
    groups = {each.name: each.properties for each in resources("AWS::Logs::LogGroup")}
    assert groups[group]["RetentionInDays"] == {"Ref": "LogDays"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("metric", ["Errors", "Throttles", "Duration"])
def test_function_has_an_alarm(name: str, metric: str) -> None:
    passed = template("template.yaml")["Resources"]["Monitoring"]["Properties"]["Parameters"]
    assert {"Ref": name} in passed.values()
    watched = [
        alarm
        for alarm in resources("AWS::CloudWatch::Alarm")
        if alarm.properties["MetricName"] == metric
        and {"Name": "FunctionName", "Value": {"Ref": name}} in alarm.properties["Dimensions"]
    ]
    assert len(watched) == 1


def test_every_alarm_tells_who_wants_to_be_told() -> None:
    for alarm in resources("AWS::CloudWatch::Alarm"):
        told = alarm.properties["AlarmActions"]["Fn::If"][1]
        assert told == [{"Ref": "AlarmTopic"}], alarm.name


def test_what_events_cannot_be_dealt_with_is_kept() -> None:
    function = functions()["EventsFunction"]
    assert function["DeadLetterQueue"]["Type"] == "SQS"
    for source in function["Events"].values():
        assert source["Type"] == "SQS"
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_only_events_are_invoked_without_somebody_waiting() -> None:
    assert [name for name, each in functions().items() if "Events" in each] == ["EventsFunction"]


def test_snapshots_are_taken_unless_declined_and_the_api_calls_them() -> None:
    function = functions()["HttpFunction"]
    chosen = {"Fn::If": ["SnapStartOn", "PublishedVersions", "None"]}
    assert function["SnapStart"] == {"ApplyOn": chosen}
    assert defaults()["SnapStart"] == "on"
    # A snapshot would go on with old defaults if a change of the environment published none.
    assert function["AutoPublishAliasAllProperties"] is True
    passed = template("template.yaml")["Resources"]["Routes"]["Properties"]["Parameters"]
    assert passed["FunctionArn"] == {"Ref": "HttpFunction.Alias"}


def environment() -> dict[str, Any]:
    """What the functions are told, by default."""
    variables = functions()["HttpFunction"]["Environment"]["Variables"]
    chosen = defaults()
    return {
        name: str(chosen[value["Ref"]]) if isinstance(value, dict) and "Ref" in value else value
        for name, value in variables.items()
    }


def test_environment_sets_all_that_the_service_reads() -> None:
    told = {name for name in environment() if name.startswith("SMART_CROP_")}
    assert told == {f"SMART_CROP_{name.upper()}" for name in Config.model_fields}


def test_default_environment_is_taken_by_the_service() -> None:
    told = {
        name: value["Fn::Sub"].replace("${Storage.Outputs.", "").replace("}", "").lower()
        if isinstance(value, dict)
        else value
        for name, value in environment().items()
    }
    config = Config.from_environment(told)
    assert config.store == "s3://resultsbucket"
    assert config.uploads == "s3://uploadsbucket"
    assert parse_settings(config.default_settings)[1] == []


def test_request_outlives_neither_the_function_nor_the_api() -> None:
    (integration,) = resources("AWS::ApiGatewayV2::Integration")
    timeout = template("template.yaml")["Parameters"]["HttpTimeout"]
    assert timeout["MaxValue"] * 1000 < integration.properties["TimeoutInMillis"] <= 30_000


def test_roles_are_for_one_service_each() -> None:
    taken = {}
    for role in resources("AWS::IAM::Role"):
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        taken[role.name] = as_list(statement["Principal"]["Service"])
        assert "ManagedPolicyArns" not in role.properties
    assert taken == {
        "HttpRole": ["lambda.amazonaws.com"],
        "EventsRole": ["lambda.amazonaws.com"],
        "BatchOperationsRole": ["batchoperations.s3.amazonaws.com"],
    }


def test_image_names_the_python_modules_of_the_entries() -> None:
    command = re.search(r"^CMD \[\"(.+)\"\]$", (ROOT / "infra/Dockerfile").read_text(), re.M)
    assert command is not None
    assert [command[1]] == functions()["HttpFunction"]["ImageConfig"]["Command"]
