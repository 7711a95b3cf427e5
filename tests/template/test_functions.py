"""The functions: image, roles, environment, and handling of failures."""

import re

import pytest

from handler.config import Config
from handler.settings import parse_settings
from tests.template.evaluator import Refused, deploy
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
    passed = template("template.yaml")["Resources"]["Routes"]["Properties"]["Parameters"]
    assert passed["FunctionArn"] == {"Ref": "HttpFunction.Alias"}


def environment(function: str, **parameters: object) -> dict[str, str]:
    """Return the environment of a function."""
    properties = deploy(parameters)[function].properties
    return dict(properties["Environment"]["Variables"])


EVERYTHING = {"ExistingBucket": "archive", "ExistingPrefix": "photos/", "EventBus": "default"}

# A function serves one request at a time, and API Gateway answers for other origins. AWS sets the
# memory, whose name is that of the parameter; the default of the CPU time fits the timeouts.
UNSET = {"cors_origins", "queue", "jobs", "memory_mb", "memory_name", "cpu_seconds"}
# Animations that exceed the CPU time are rejected, whatever their limits are.
UNSET |= {"max_frames", "max_animation_pixels"}


def test_environment_sets_all_that_the_service_reads() -> None:
    variables = {name for each in NAMES for name in environment(each, **EVERYTHING)}
    fields = set(Config.model_fields) - UNSET
    assert {f"SMART_CROP_{name.upper()}" for name in fields} <= variables


@pytest.mark.parametrize("parameters", [{}, EVERYTHING], ids=["default", "everything"])
@pytest.mark.parametrize("name", NAMES)
def test_the_service_accepts_the_environment(name: str, parameters: dict[str, object]) -> None:
    queue = {"<Storage/UploadsQueue>": "https://sqs.us-east-1.amazonaws.com/123456789012/uploads"}
    variables = environment(name, **parameters)
    config = Config.from_environment({key: queue.get(v, v) for key, v in variables.items()})
    assert config.store == "s3://smart-crop-results-id-of-smart-crop-storage"
    assert config.uploads == "s3://smart-crop-uploads-id-of-smart-crop-storage"
    assert parse_settings(config.default_settings)[1] == []


@pytest.mark.parametrize(
    "settings",
    [
        "{}",
        '{"mode":"face","width":600,"height":600}',
        '{ "sizes": ["1:1", {"width": 300, "height": 2e2, "name": "a"}], "enlarge": false }',
    ],
)
def test_default_settings_reach_the_events_function_only(settings: str) -> None:
    variables = environment("EventsFunction", DefaultSettings=settings)
    assert parse_settings(variables["SMART_CROP_DEFAULT_SETTINGS"])[1] == []
    assert "SMART_CROP_DEFAULT_SETTINGS" not in environment("HttpFunction")


@pytest.mark.parametrize(
    "settings",
    [
        *("", "[]", "{'mode':'face'}", "{mode: face}", '{"mode":face}', '{"mode":"face"', "{x}"),
        *('{"width":0}', '{"mode":"face","height": -1}', '{"sizes":[{"width":0,"height":1}]}'),
    ],
)
def test_default_settings_with_plain_errors_are_refused_by_the_deployment(settings: str) -> None:
    with pytest.raises(Refused, match="DefaultSettings"):
        deploy({"DefaultSettings": settings})


def test_logs_and_metrics_carry_the_name_of_the_stack() -> None:
    for name in NAMES:
        variables = deploy(name="other")[name].properties["Environment"]["Variables"]
        assert variables["POWERTOOLS_SERVICE_NAME"] == "other"


def test_an_upload_does_not_wait_for_the_one_before() -> None:
    mapping = deploy()["EventsFunctionUploads"].properties
    assert mapping["BatchSize"] == "1"


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
    *_, last = re.findall(r"^CMD \[\"(.+)\"\]$", (ROOT / "infra/Dockerfile").read_text(), re.M)
    assert [last] == functions()["HttpFunction"]["ImageConfig"]["Command"]
