"""Roles, in both directions: every flow needs its permissions, and no other call is allowed.

ministack checks the signature, the role's policy and the policies of buckets and queues for every
request. The roles are those that CloudFormation has made of the template.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from tests.cloud.deployment import Deployment
from tests.cloud.flows import (
    BUS,
    EXISTING,
    PREFIX,
    BatchFlows,
    EventFlows,
    Flows,
    HttpFlows,
)
from tests.faulty_store import in_front_of

# The flow that needs each permission: statement, action, and resource if there are several.
NEEDED = {
    "HttpRole": {
        ("WriteAndSignResults", "s3:GetObject", "results"): "crop_and_link",
        ("WriteAndSignResults", "s3:PutObject", "results"): "crop_and_link",
        ("WriteAndSignResults", "s3:AbortMultipartUpload", "results"): "failed_large_result",
        ("ReadUploads", "s3:GetObject", "uploads"): "any_key",
        ("ReadExistingBucket", "s3:GetObject", "existing"): "key_in_existing_bucket",
        ("SignForms", "s3:PutObject", "uploads"): "form",
        ("DistinguishMissingObjects", "s3:ListBucket", "results"): "unknown_job",
        ("DistinguishMissingObjects", "s3:ListBucket", "uploads"): "missing_key",
        (
            "DistinguishMissingObjects",
            "s3:ListBucket",
            "existing",
        ): "missing_key_in_existing_bucket",
        ("Log", "logs:CreateLogStream", "logs"): "log",
        ("Log", "logs:PutLogEvents", "logs"): "log",
    },
    "EventsRole": {
        ("ReadUploads", "s3:GetObject", "uploads"): "event",
        ("ReadUploads", "s3:GetObject", "existing"): "event_of_existing_bucket",
        ("ReadUploads", "s3:GetObjectVersion", "uploads"): "version",
        ("ReadUploads", "s3:GetObjectVersion", "existing"): "version_in_existing_bucket",
        ("WriteResults", "s3:GetObject", "results"): "duplicate",
        ("WriteResults", "s3:PutObject", "results"): "event",
        ("WriteResults", "s3:AbortMultipartUpload", "results"): "failed_large_result",
        ("DistinguishMissingObjects", "s3:ListBucket", "results"): "event",
        ("DistinguishMissingObjects", "s3:ListBucket", "uploads"): "missing_object",
        ("DistinguishMissingObjects", "s3:ListBucket", "existing"): (
            "missing_object_in_existing_bucket"
        ),
        ("ReceiveMessages", "sqs:ReceiveMessage", "UploadsQueue"): "poll",
        ("ReceiveMessages", "sqs:DeleteMessage", "UploadsQueue"): "poll",
        ("ReceiveMessages", "sqs:GetQueueAttributes", "UploadsQueue"): "poll",
        ("RetryMessagesSoon", "sqs:ChangeMessageVisibility", "UploadsQueue"): "retry",
        ("SendUndelivered", "sqs:SendMessage", "UndeliveredQueue"): "undelivered",
        ("SendNotices", "events:PutEvents", "bus"): "notice",
        ("Log", "logs:CreateLogStream", "logs"): "log",
        ("Log", "logs:PutLogEvents", "logs"): "log",
    },
    "BatchOperationsRole": {
        ("InvokeTheFunction", "lambda:InvokeFunction", "function"): "invoke",
        ("ReadTheListAndReport", "s3:GetObject", "results"): "read_list",
        ("ReadTheListAndReport", "s3:GetObjectVersion", "results"): "read_version_of_list",
        ("ReadTheListAndReport", "s3:PutObject", "results"): "report",
    },
}
# ministack decrypts objects without asking for kms:Decrypt. tests/template has the statement.
NOT_CHECKED = {("DecryptExistingBucket", "kms:Decrypt", "key")}
PERMISSIONS = [(role, each) for role, needed in NEEDED.items() for each in needed]
FLOWS = [(role, flow) for role, needed in NEEDED.items() for flow in sorted({*needed.values()})]

Permission = tuple[str, str, str]


@pytest.fixture(scope="module")
def flows(private: Deployment) -> Iterator[dict[str, Flows]]:
    """The flows of each role, by its path."""
    with in_front_of(private.account.url) as proxy:
        kinds: Sequence[type[Flows]] = (HttpFlows, EventFlows, BatchFlows)
        yield {kind.role: kind(private, proxy) for kind in kinds}


def statements(deployment: Deployment, role: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the name of the role's only policy, and its statements."""
    iam, name = deployment.account.client("iam"), deployment.physical_id(role)
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    loaded = json.loads(unquote(document)) if isinstance(document, str) else document
    return policy, loaded["Statement"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def single(deployment: Deployment, role: str) -> dict[Permission, dict[str, Any]]:
    """Return a statement for each permission: one action on one resource."""
    outputs = deployment.outputs()
    kinds = {
        f":{outputs['UploadsBucket']}": "uploads",
        f":{outputs['ResultsBucket']}": "results",
        f":{EXISTING}": "existing",
        "-UploadsQueue-": "UploadsQueue",
        "-UndeliveredQueue-": "UndeliveredQueue",
        ":log-group:": "logs",
        ":event-bus/": "bus",
        ":function:": "function",
        ":key/": "key",
    }
    return {
        (
            statement["Sid"],
            action,
            next(kind for part, kind in kinds.items() if part in resource),
        ): {**statement, "Action": action, "Resource": resource}
        for statement in statements(deployment, role)[1]
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


@contextmanager
def without(deployment: Deployment, role: str, permission: Permission) -> Iterator[None]:
    """Remove one permission from a role."""
    iam, name = deployment.account.client("iam"), deployment.physical_id(role)
    policy, before = statements(deployment, role)
    left = [each for key, each in single(deployment, role).items() if key != permission]

    def put(content: list[dict[str, Any]]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": content})
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document)

    put(left)
    try:
        yield
    finally:
        put(before)


@pytest.mark.parametrize("role", NEEDED)
def test_every_permission_has_a_flow_that_needs_it(private: Deployment, role: str) -> None:
    assert single(private, role).keys() - NOT_CHECKED == NEEDED[role].keys()


@pytest.mark.parametrize(("role", "flow"), FLOWS)
def test_the_role_is_sufficient(flows: dict[str, Flows], role: str, flow: str) -> None:
    flows[role].run(flow)


@pytest.mark.parametrize(("role", "permission"), PERMISSIONS, ids=str)
def test_a_flow_breaks_without_the_permission(
    private: Deployment, flows: dict[str, Flows], role: str, permission: Permission
) -> None:
    with without(private, role, permission), pytest.raises((AssertionError, ClientError)):
        flows[role].run(NEEDED[role][permission])


def calls(flows: Flows) -> Iterator[tuple[str, str, Any]]:
    """Yield calls of the services that the roles use: action, what it names, and the call."""
    s3, sqs = flows.client("s3"), flows.client("sqs")
    root = flows.deployment.account.client("s3")
    objects = {
        "an upload": (flows.uploads, "uploads/1/a.jpg"),
        "an object next to the uploads": (flows.uploads, "other/a.jpg"),
        "an object in the prefix": (EXISTING, f"{PREFIX}a.jpg"),
        "an object outside the prefix": (EXISTING, "secret/a.jpg"),
        "a result": (flows.results, "1/a.jpg"),
        "a report": (flows.results, "batch-operations/a.csv"),
        "a foreign object": ("foreign", "a.jpg"),
    }
    for name, (bucket, key) in objects.items():
        version = root.put_object(Bucket=bucket, Key=key, Body=b"x").get("VersionId", "null")
        there = {"Bucket": bucket, "Key": key}
        yield "get", name, lambda there=there: s3.get_object(**there)
        yield (
            "get version",
            name,
            lambda there=there, v=version: s3.get_object(**there, VersionId=v),
        )
        yield "put", name, lambda there=there: s3.put_object(**there, Body=b"x")
        yield (
            "tag",
            name,
            lambda there=there: s3.put_object_tagging(**there, Tagging={"TagSet": []}),
        )
        yield "set ACL", name, lambda there=there: s3.put_object_acl(**there, ACL="private")
        yield "delete", name, lambda there=there: s3.delete_object(**there)
    for bucket in {bucket for bucket, _ in objects.values()}:
        name = {flows.uploads: "uploads", flows.results: "results"}.get(bucket, bucket)
        yield "list", name, lambda bucket=bucket: s3.list_objects_v2(Bucket=bucket)
        yield "read policy", name, lambda bucket=bucket: s3.get_bucket_policy(Bucket=bucket)
        yield "delete", name, lambda bucket=bucket: s3.delete_bucket(Bucket=bucket)
    yield "list", "all buckets", s3.list_buckets
    outputs = flows.deployment.outputs()
    for queue in ("UploadsQueue", "UndeliveredQueue", "DeadLetterQueue"):
        url = outputs[queue]
        yield "send", queue, lambda url=url: sqs.send_message(QueueUrl=url, MessageBody="{}")
        yield "receive", queue, lambda url=url: sqs.receive_message(QueueUrl=url)
        yield "purge", queue, lambda url=url: sqs.purge_queue(QueueUrl=url)
        yield "delete", queue, lambda url=url: sqs.delete_queue(QueueUrl=url)
    events = flows.client("events")
    for bus in (BUS, "default"):
        for source in ("smart-crop", "aws.s3"):
            entry = {"Source": source, "DetailType": "x", "Detail": "{}", "EventBusName": bus}
            yield f"send {source}", bus, lambda entry=entry: events.put_events(Entries=[entry])
    functions = flows.client("lambda")
    for name in ("HttpFunction", "EventsFunction"):
        id_ = flows.deployment.physical_id(name)
        yield "invoke", name, lambda id_=id_: functions.invoke(FunctionName=id_, Payload=b"{}")
        yield "read", name, lambda id_=id_: functions.get_function_configuration(FunctionName=id_)
    yield "list", "roles", flows.client("iam").list_roles
    yield "list", "keys", flows.client("kms").list_keys


ALLOWED = {
    "HttpRole": {
        ("get", "an upload"),
        ("get", "an object next to the uploads"),
        ("get", "an object in the prefix"),
        ("get", "a result"),
        ("get", "a report"),
        ("put", "an upload"),
        ("put", "a result"),
        ("put", "a report"),
        ("list", "uploads"),
        ("list", "results"),
        ("list", EXISTING),
    },
    "EventsRole": {
        ("get", "an upload"),
        ("get", "an object next to the uploads"),
        ("get", "an object in the prefix"),
        ("get", "a result"),
        ("get", "a report"),
        ("get version", "an upload"),
        ("get version", "an object next to the uploads"),
        ("get version", "an object in the prefix"),
        ("put", "a result"),
        ("put", "a report"),
        ("list", "uploads"),
        ("list", "results"),
        ("list", EXISTING),
        ("receive", "UploadsQueue"),
        ("send", "UndeliveredQueue"),
        ("send smart-crop", BUS),
    },
    "BatchOperationsRole": {
        ("get", "a report"),
        ("get version", "a report"),
        ("put", "a report"),
        ("invoke", "EventsFunction"),
    },
}


def is_allowed(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError as error:
        return not error.response["Error"]["Code"].startswith("AccessDenied")
    return True


@pytest.mark.parametrize("role", ALLOWED)
def test_no_other_call_is_allowed(flows: dict[str, Flows], role: str) -> None:
    flows[role].deployment.account.client("s3").create_bucket(Bucket="foreign")
    allowed = set()
    for action, name, call in calls(flows[role]):
        if is_allowed(call):
            allowed.add((action, name))

    assert allowed == ALLOWED[role]


def test_requests_by_key_need_the_form_by_default(deployed: Deployment) -> None:
    s3 = deployed.account.client("s3")
    role, uploads = deployed.role("HttpRole"), deployed.outputs()["UploadsBucket"]
    for key in ("uploads/1/a.jpg", "other/a.jpg"):
        s3.put_object(Bucket=uploads, Key=key, Body=b"x")
    client = deployed.account.client("s3", role)

    client.get_object(Bucket=uploads, Key="uploads/1/a.jpg")
    with pytest.raises(ClientError, match="AccessDenied"):
        client.get_object(Bucket=uploads, Key="other/a.jpg")
