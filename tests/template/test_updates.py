"""Updates of parameters: what reaches the API, and what is never deleted or replaced."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.template.evaluator import Refused, deploy
from tests.template.stack import defaults, template
from tests.template.updates import update

KEY = "arn:aws:kms:us-east-1:123456789012:key/0b1c"
EXISTING = {"ExistingBucket": "archive", "ExistingPrefix": "photos/", "ExistingKmsKeyArn": KEY}

# Another value of each parameter than its default, and the parameters that it requires.
CHANGED: Mapping[str, tuple[object, Mapping[str, object]]] = {
    "AuthMode": ("JWT", {"JwtIssuer": "https://example.com", "JwtAudience": "shop"}),
    "JwtIssuer": ("https://example.com", {}),
    "JwtAudience": ("shop", {}),
    "KeysByHttp": ("all", {}),
    "CorsOrigins": ("https://example.com", {}),
    "ThrottleRate": (10, {}),
    "ThrottleBurst": (20, {}),
    "Faces": ("without", {}),
    "ExistingBucket": ("archive", {}),
    "ExistingPrefix": ("photos/", {"ExistingBucket": "archive"}),
    "ExistingKmsKeyArn": (KEY, {"ExistingBucket": "archive", "KeysByHttp": "all"}),
    "DefaultSettings": ('{"mode":"face"}', {}),
    "MaxPixels": (1_000_000, {}),
    "MaxBodyBytes": (1_000_000, {}),
    "MaxZipBytes": (1_000_000, {}),
    "MaxObjectBytes": (1_000_000, {}),
    "LinkSeconds": (60, {}),
    "UploadDays": (30, {}),
    "ResultDays": (0, {}),
    "HttpMemory": (3008, {}),
    "HttpTimeout": (10, {}),
    "HttpReservedConcurrency": (5, {}),
    "SnapStart": ("off", {}),
    "EventsMemory": (3008, {}),
    "EventsTimeout": (300, {}),
    "EventsReservedConcurrency": (5, {}),
    "EventsMaxConcurrency": (20, {}),
    "EventsBatchSize": (10, {}),
    "EventsMaxAttempts": (3, {}),
    "JobRecords": ("all", {}),
    "EventBus": ("default", {}),
    "AlarmTopic": ("arn:aws:sns:us-east-1:123456789012:pager", {}),
    "AccountConcurrency": (10, {}),
    "HttpP95Alarm": (1000, {}),
    "QueueAgeAlarm": (7200, {}),
    "LogLevel": ("DEBUG", {}),
    "LogDays": (7, {}),
}
KEPT = {
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGatewayV2::Route",
    "AWS::Logs::LogGroup",
    "AWS::Lambda::Function",
    "AWS::IAM::Role",
    "AWS::CloudFormation::Stack",
}

Parameters = Mapping[str, object]


def with_and_without(name: str) -> tuple[Parameters, Parameters]:
    """Return the parameters before and after a parameter is set."""
    value, required = CHANGED[name]
    return required, {**required, name: value}


def is_published(before: Parameters, after: Parameters) -> bool:
    """Return whether an update publishes a version of the HTTP function."""
    types = {path: each.type for path, each in (deploy(before) | deploy(after)).items()}
    changes = update(before, after)
    versions = {changes[path] for path in changes if types[path] == "AWS::Lambda::Version"}
    assert versions in (set(), {"replace"}, {"create", "delete"})
    return bool(versions)


def configuration(parameters: Parameters) -> dict[str, Any]:
    """Return the configuration of the HTTP function that a version keeps."""
    properties = dict(deploy(parameters)["HttpFunction"].properties)
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
    for name in ("ReservedConcurrentExecutions", "Tags"):
        properties.pop(name, None)
    return properties


def test_every_parameter_has_another_value_here() -> None:
    assert set(CHANGED) == set(defaults())
    for name in CHANGED:
        before, after = with_and_without(name)
        assert str(before.get(name, defaults()[name])) != str(after[name])


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_a_version_is_published_exactly_if_the_configuration_changes(name: str) -> None:
    """Lambda refuses to publish a version of a function that has not changed."""
    before, after = with_and_without(name)
    for one, other in ((before, after), (after, before)):
        assert is_published(one, other) is (configuration(one) != configuration(other))


def test_parameters_of_the_api_reach_the_version_that_it_calls() -> None:
    published = {name for name in CHANGED if is_published(*with_and_without(name))}
    assert published == {
        *("HttpMemory", "HttpTimeout", "SnapStart", "LogLevel", "LinkSeconds", "KeysByHttp"),
        *("MaxPixels", "MaxBodyBytes", "MaxZipBytes", "MaxObjectBytes", "JobRecords"),
        *("ExistingBucket", "ExistingPrefix"),
    }


def test_a_prefix_without_a_bucket_publishes_no_version() -> None:
    assert not is_published({}, {"ExistingPrefix": "photos/", "ExistingKmsKeyArn": KEY})


def test_the_description_of_a_version_fits_with_the_longest_values() -> None:
    longest = {
        "HttpMemory": 10240,
        "SnapStart": "off",
        "KeysByHttp": "uploads",
        "JobRecords": "failed",
        "LogLevel": "WARNING",
        "ExistingBucket": "b" * 63,
        "ExistingPrefix": "p" * 99 + "/",
    }
    for name in ("HttpTimeout", "MaxPixels", "MaxBodyBytes", "MaxZipBytes", "LinkSeconds"):
        longest[name] = maximum(name)
    longest["MaxObjectBytes"] = maximum("MaxObjectBytes")
    stack = deploy(longest)
    (version,) = (each for each in stack.values() if each.type == "AWS::Lambda::Version")
    for value in longest.values():
        assert str(value) in version.properties["Description"]
    assert len(version.properties["Description"]) <= 256
    with pytest.raises(Refused, match="ExistingPrefix"):
        deploy({"ExistingBucket": "archive", "ExistingPrefix": "p" * 100 + "/"})


def maximum(name: str) -> int:
    """Return the largest value of a parameter."""
    return int(template("template.yaml")["Parameters"][name]["MaxValue"])


def test_old_versions_and_their_snapshots_are_deleted() -> None:
    (version,) = (each for each in deploy().values() if each.type == "AWS::Lambda::Version")
    assert version.attributes["DeletionPolicy"] == "Delete"
    # The policy for a replaced version, which is to be deleted by default.
    assert version.attributes.get("UpdateReplacePolicy", "Delete") == "Delete"


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_no_parameter_deletes_or_replaces_what_has_contents(name: str) -> None:
    before, after = with_and_without(name)
    types = {path: each.type for path, each in (deploy(before) | deploy(after)).items()}
    for one, other in ((before, after), (after, before)):
        for path, change in update(one, other).items():
            assert change == "update" or types[path] not in KEPT, (path, change)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, EXISTING),
        (EXISTING, {**EXISTING, "ExistingBucket": "other", "ExistingPrefix": ""}),
        (EXISTING, {}),
    ],
    ids=["set", "changed", "unset"],
)
def test_an_existing_bucket_changes_nothing_of_the_own_one(
    before: Parameters, after: Parameters
) -> None:
    changes = update(before, after)
    touched = {path.removeprefix("Storage/") for path in changes if path.startswith("Storage/")}
    # The policies of the queues stay as they are, so that no event is refused during the update.
    assert touched == {"ObjectCreated"}
    old, new = deploy(before), deploy(after)
    uploads = [each["HttpFunction"].properties["Environment"]["Variables"] for each in (old, new)]
    assert uploads[0]["SMART_CROP_UPLOADS"] == uploads[1]["SMART_CROP_UPLOADS"]


def test_each_of_two_stacks_has_names_of_its_own() -> None:
    """Dashboards are global, so the region counts."""
    stacks = [deploy(), deploy(name="other"), deploy(region="eu-west-1")]
    dashboards = {each["Monitoring/Dashboard"].properties["DashboardName"] for each in stacks}
    assert len(dashboards) == 3
