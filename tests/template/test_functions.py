"""The functions: image, roles, environment, and handling of failures."""

import re
from typing import Any

import pytest

from handler.config import Config
from handler.settings import parse_settings
from tests.template.stack import ROOT, as_list, defaults, functions, resources, template

NAMES = sorted(functions())


def test_there_is_a_function_for_http_and_one_for_events() -> None:
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


def test_each_has_its_own_role() -> None:
    roles = {name: function["Role"]["Fn::GetAtt"][0] for name, function in functions().items()}
    assert len(set(roles.values())) == len(roles)
    assert "BatchOperationsRole" not in roles.values()


@pytest.mark.parametrize("name", NAMES)
def test_function_logs_expire(name: str) -> None:
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


def test_every_alarm_notifies_the_topic() -> None:
    for alarm in resources("AWS::CloudWatch::Alarm"):
        actions = alarm.properties["AlarmActions"]["Fn::If"][1]
        assert actions == [{"Ref": "AlarmTopic"}], alarm.name


def test_failed_events_are_kept() -> None:
    function = functions()["EventsFunction"]
    assert function["DeadLetterQueue"]["Type"] == "SQS"
    for source in function["Events"].values():
        assert source["Type"] == "SQS"
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_only_the_events_function_is_invoked_asynchronously() -> None:
    assert [name for name, each in functions().items() if "Events" in each] == ["EventsFunction"]


def test_snapshots_are_on_by_default_and_the_api_calls_them() -> None:
    function = functions()["HttpFunction"]
    chosen = {"Fn::If": ["SnapStartOn", "PublishedVersions", "None"]}
    assert function["SnapStart"] == {"ApplyOn": chosen}
    assert defaults()["SnapStart"] == "on"
    # Without a new version, the snapshot would keep the old environment.
    assert function["AutoPublishAliasAllProperties"] is True
    passed = template("template.yaml")["Resources"]["Routes"]["Properties"]["Parameters"]
    assert passed["FunctionArn"] == {"Ref": "HttpFunction.Alias"}


def environment() -> dict[str, Any]:
    """Return the default environment of the functions."""
    variables = functions()["HttpFunction"]["Environment"]["Variables"]
    chosen = defaults()
    return {
        name: str(chosen[value["Ref"]]) if isinstance(value, dict) and "Ref" in value else value
        for name, value in variables.items()
    }


def test_environment_sets_all_that_the_service_reads() -> None:
    names = {name for name in environment() if name.startswith("SMART_CROP_")}
    # A function serves one request at a time, and API Gateway answers for other origins. AWS sets
    # the memory, and the default of the CPU time fits the timeouts.
    unset = {"cors_origins", "queue", "jobs", "memory_mb", "cpu_seconds"}
    assert names == {f"SMART_CROP_{name.upper()}" for name in set(Config.model_fields) - unset}


def test_the_service_accepts_the_default_environment() -> None:
    variables = {
        name: value["Fn::Sub"].replace("${Storage.Outputs.", "").replace("}", "").lower()
        if isinstance(value, dict)
        else value
        for name, value in environment().items()
    }
    config = Config.from_environment(variables)
    assert config.store == "s3://resultsbucket"
    assert config.uploads == "s3://uploadsbucket"
    assert parse_settings(config.default_settings)[1] == []


def test_the_function_times_out_before_the_api() -> None:
    (integration,) = resources("AWS::ApiGatewayV2::Integration")
    timeout = template("template.yaml")["Parameters"]["HttpTimeout"]
    assert timeout["MaxValue"] * 1000 < integration.properties["TimeoutInMillis"] <= 30_000


def test_each_role_trusts_one_service() -> None:
    trusted = {}
    for role in resources("AWS::IAM::Role"):
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        trusted[role.name] = as_list(statement["Principal"]["Service"])
        assert "ManagedPolicyArns" not in role.properties
    assert trusted == {
        "HttpRole": ["lambda.amazonaws.com"],
        "EventsRole": ["lambda.amazonaws.com"],
        "BatchOperationsRole": ["batchoperations.s3.amazonaws.com"],
    }


def test_the_default_command_of_the_image_is_the_http_handler() -> None:
    command = re.search(r"^CMD \[\"(.+)\"\]$", (ROOT / "infra/Dockerfile").read_text(), re.M)
    assert command is not None
    assert [command[1]] == functions()["HttpFunction"]["ImageConfig"]["Command"]
