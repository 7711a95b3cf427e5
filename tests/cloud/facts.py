"""Facts about the resources of a deployment, to compare before and after a change.

ministack does not keep the lifecycle rules of buckets, the throttling of routes and the origins of
an API. Their values are parameters of nested stacks, which are facts as well.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from tests.cloud.account import Account
from tests.cloud.deployment import Deployment

Facts = dict[str, object]
"""Values by the path of the resource and the name of the property, such as Storage/Queue.Days."""


def facts(deployment: Deployment) -> Facts:
    """Return the facts of a deployment, also of the version behind the alias (``live``).

    The names of its buckets are replaced by their names in the template, and the URL of the API by
    ``PAGE``.
    """
    found: Facts = {}
    resources = deployment.resources()
    for path, (type_, physical_id) in resources.items():
        if describe := _DESCRIBED.get(type_):
            for name, value in describe(deployment.account, physical_id):
                found[f"{path}.{name}"] = value
        elif type_ not in _NOT_DESCRIBED:
            found[path] = physical_id
    found |= _alarms(deployment.account, resources)
    live = deployment.live()
    found |= {f"live.{name}": value for name, value in _configured(live)}
    found["live.Version"] = live["Version"]
    found = _renamed(found, str(found["Storage.PageOrigin"]), "PAGE")
    for name in ("UploadsBucket", "ResultsBucket"):
        found = _renamed(found, resources[f"Storage/{name}"][1], name)
    return found


def _renamed(found: Facts, before: str, after: str) -> Facts:
    renamed: Facts = json.loads(json.dumps(found).replace(before, after))
    return renamed


def changed(before: Facts, after: Facts) -> Facts:
    """Return the facts that differ, with their values after the change; None if gone."""
    names = before.keys() | after.keys()
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


Described = Iterator[tuple[str, object]]


def _configured(configuration: dict[str, Any]) -> Described:
    for name in ("MemorySize", "Timeout"):
        yield name, configuration[name]
    yield "SnapStart", configuration["SnapStart"]["ApplyOn"]
    yield from configuration["Environment"]["Variables"].items()


def _function(account: Account, name: str) -> Described:
    found = account.client("lambda").get_function_configuration(FunctionName=name)
    yield from _configured(found)


def _mapping(account: Account, uuid: str) -> Described:
    found = account.client("lambda").get_event_source_mapping(UUID=uuid)
    yield "BatchSize", int(found["BatchSize"])
    yield "MaximumConcurrency", int(found["ScalingConfig"]["MaximumConcurrency"])


def _stack(account: Account, arn: str) -> Described:
    (found,) = account.client("cloudformation").describe_stacks(StackName=arn)["Stacks"]
    for each in found.get("Parameters", ()):
        yield each["ParameterKey"], each["ParameterValue"]


def _queue(account: Account, url: str) -> Described:
    client = account.client("sqs")
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    yield "VisibilityTimeout", int(found["VisibilityTimeout"])
    yield "MessageRetentionPeriod", int(found["MessageRetentionPeriod"])
    redrive = json.loads(found.get("RedrivePolicy", "{}"))
    yield "maxReceiveCount", redrive and int(redrive["maxReceiveCount"])


def _bucket(account: Account, name: str) -> Described:
    client = account.client("s3")
    yield "Bucket", name
    cors = client.get_bucket_cors(Bucket=name)["CORSRules"]
    yield "Origins", [origin for each in cors for origin in each["AllowedOrigins"]]


def _log_group(account: Account, name: str) -> Described:
    found = account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (days,) = (each["retentionInDays"] for each in found if each["logGroupName"] == name)
    yield "Days", int(days)


def _alarms(account: Account, resources: Mapping[str, tuple[str, str]]) -> Facts:
    paths = {id_: path for path, (type_, id_) in resources.items() if type_ == _ALARM}
    described = account.client("cloudwatch").describe_alarms(AlarmNames=[*paths])
    found: Facts = {}
    for each in described["MetricAlarms"]:
        path = paths[each["AlarmName"]]
        found[f"{path}.Threshold"] = each["Threshold"]
        found[f"{path}.Actions"] = each["AlarmActions"]
    return found


def _rule(account: Account, name: str) -> Described:
    found = account.client("events").describe_rule(Name=name.rpartition("/")[2])
    yield "Pattern", json.loads(found["EventPattern"])["detail"]


def _role(account: Account, name: str) -> Described:
    client = account.client("iam")
    for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
        document = client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        loaded = json.loads(unquote(document)) if isinstance(document, str) else document
        for statement in loaded["Statement"]:
            yield statement["Sid"], statement["Resource"]


_ALARM = "AWS::CloudWatch::Alarm"
_DESCRIBED: dict[str, Callable[[Account, str], Described]] = {
    "AWS::CloudFormation::Stack": _stack,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::SQS::Queue": _queue,
}

# The physical id of a version contains its number, which `facts` has once.
_NOT_DESCRIBED = {_ALARM, "AWS::Lambda::Version", "AWS::Lambda::Alias"}
