"""Permissions: nothing is public, and each role has only what it needs."""

import json
import re
from typing import Any

import pytest

from handler.storage import upload_key
from tests.template.stack import (
    Resource,
    allowed,
    as_list,
    defaults,
    resources,
    statements,
    template,
)

BUCKETS = resources("AWS::S3::Bucket")
QUEUES = resources("AWS::SQS::Queue")


def denials(type_: str, place: str, name: str) -> list[dict[str, Any]]:
    """Return the statements of a bucket or queue that deny requests without TLS."""
    return [
        statement
        for policy in resources(type_)
        if {"Ref": name} in as_list(policy.properties[place])
        for statement in statements(policy.properties["PolicyDocument"])
        if statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]


def test_no_action_or_resource_is_a_wildcard() -> None:
    for name, statement in allowed():
        for action in as_list(statement["Action"]):
            assert "*" not in action, name
        for resource in as_list(statement.get("Resource", [])):
            written = json.dumps(resource)
            assert written != '"*"', name
            # A wildcard is necessary for the objects of a bucket or of a folder in it.
            if "*" in written:
                assert re.fullmatch(
                    r'\{"Fn::Sub": "\$\{Storage\.Outputs\.\w+BucketArn\}/([a-z-]+/)?\*"\}', written
                ), name
        assert statement.get("Principal") != "*", name


def granted(role: str, action: str) -> list[str]:
    """Return the resources on which a role may do an action, as written in the templates."""
    return [
        resource["Fn::Sub"] if "Fn::Sub" in resource else resource["Fn::GetAtt"][1]
        for name, statement in allowed()
        if name == role and action in as_list(statement["Action"])
        for resource in as_list(statement.get("Resource", []))
    ]


def test_forms_can_only_write_to_their_folder() -> None:
    folder = upload_key("id", "name").partition("/")[0]
    writable = set(granted("HttpRole", "s3:PutObject"))
    assert writable == {
        "${Storage.Outputs.ResultsBucketArn}/*",
        f"${{Storage.Outputs.UploadsBucketArn}}/{folder}/*",
    }


@pytest.mark.parametrize("role", ["HttpRole", "EventsRole"])
def test_incomplete_multipart_uploads_are_removed(role: str) -> None:
    results = "${Storage.Outputs.ResultsBucketArn}/*"
    assert granted(role, "s3:AbortMultipartUpload") == [results]
    assert results in granted(role, "s3:PutObject")
    for bucket in BUCKETS:
        (rule,) = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


@pytest.mark.parametrize("role", ["HttpRole", "EventsRole"])
def test_functions_can_distinguish_missing_objects(role: str) -> None:
    """S3 returns 403 for a missing object to a role that cannot list the bucket."""
    assert set(granted(role, "s3:ListBucket")) == {
        "Outputs.ResultsBucketArn",
        "Outputs.UploadsBucketArn",
    }


def test_batch_operations_may_only_invoke_and_report() -> None:
    role = "BatchOperationsRole"
    folder = "${Storage.Outputs.ResultsBucketArn}/batch-operations/*"
    actions = {
        action for name, each in allowed() if name == role for action in as_list(each["Action"])
    }
    assert actions - {"sts:AssumeRole", "s3:GetObject", "s3:GetObjectVersion"} == {
        "lambda:InvokeFunction",
        "s3:PutObject",
    }
    assert granted(role, "s3:GetObject") == granted(role, "s3:PutObject") == [folder]
    (invoked,) = (
        each["Resource"] for name, each in allowed() if "lambda:InvokeFunction" in each["Action"]
    )
    assert invoked == {"Fn::GetAtt": ["EventsFunction", "Arn"]}


def senders(queue: str) -> dict[str, Any]:
    """Return the statements that allow services to send to a queue, by the name of the service."""
    (policy,) = (
        each
        for each in resources("AWS::SQS::QueuePolicy")
        if each.properties["Queues"] == [{"Ref": queue}]
    )
    return {
        each["Principal"]["Service"].partition(".")[0]: each
        for each in statements(policy.properties["PolicyDocument"])
        if each["Effect"] == "Allow"
    }


def test_only_the_uploads_bucket_may_send_to_the_queue() -> None:
    statement = senders("UploadsQueue")["s3"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    source, _ = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    (bucket,) = (each for each in BUCKETS if each.name == "UploadsBucket")
    name, _ = bucket.properties["BucketName"]["Fn::Sub"]
    assert source == f"arn:${{AWS::Partition}}:s3:::{name}"
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"}
    }


def test_an_existing_bucket_sends_through_event_bridge() -> None:
    (rule,) = resources("AWS::Events::Rule")
    assert rule.properties["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [{"Ref": "ExistingBucket"}]}},
    }
    (target,) = rule.properties["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["UploadsQueue", "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}
    only = {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule.name, "Arn"]}}}
    for queue in ("UploadsQueue", "DeadLetterQueue"):
        assert senders(queue)["events"]["Condition"] == only


def test_the_stack_does_not_change_an_existing_bucket() -> None:
    storage = template("infra/storage.yaml")
    assert defaults()["ExistingBucket"] == ""
    for name, resource in storage["Resources"].items():
        if {"Ref": "UploadsBucket"} in as_list(resource["Properties"].get("Bucket")):
            assert resource["Condition"] == "OwnBucket", name
        assert {"Ref": "ExistingBucket"} not in as_list(resource["Properties"].get("Bucket")), name
    assert storage["Resources"]["UploadsBucket"]["Condition"] == "OwnBucket"
    for name in ("UploadsBucket", "UploadsBucketArn"):
        assert storage["Outputs"][name]["Value"]["Fn::If"][0] == "OwnBucket"


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.name)
def test_bucket_is_private_encrypted_and_expires_objects(bucket: Resource) -> None:
    properties = bucket.properties
    assert properties["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert "AccessControl" not in properties
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"]["Ref"] in {"UploadDays", "ResultDays"}
    (denial,) = denials("AWS::S3::BucketPolicy", "Bucket", bucket.name)
    assert denial["Action"] == "s3:*"
    assert denial["Resource"] == [
        {"Fn::GetAtt": [bucket.name, "Arn"]},
        {"Fn::Sub": f"${{{bucket.name}.Arn}}/*"},
    ]


def test_uploads_are_kept_for_a_day_and_results_for_a_week() -> None:
    assert (defaults()["UploadDays"], defaults()["ResultDays"]) == (1, 7)


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
def test_queue_is_encrypted_at_rest_and_in_transit(queue: Resource) -> None:
    assert queue.properties["SqsManagedSseEnabled"] is True
    (denial,) = denials("AWS::SQS::QueuePolicy", "Queues", queue.name)
    assert denial["Action"] == "sqs:*"
    assert denial["Resource"] == {"Fn::GetAtt": [queue.name, "Arn"]}


def test_results_are_written_to_a_bucket_without_notifications() -> None:
    triggering = [each.name for each in BUCKETS if "NotificationConfiguration" in each.properties]
    assert triggering == ["UploadsBucket"]
    writing = [
        resource
        for name, statement in allowed()
        if name == "EventsRole" and "s3:PutObject" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]
    assert writing == [{"Fn::Sub": "${Storage.Outputs.ResultsBucketArn}/*"}]


def test_message_stays_hidden_for_six_times_the_timeout() -> None:
    storage = template("infra/storage.yaml")
    choices = template("template.yaml")["Parameters"]["EventsTimeout"]["AllowedValues"]
    hidden = storage["Mappings"]["Timeout"]
    assert set(hidden) == set(choices)
    for seconds in choices:
        assert hidden[seconds]["Visibility"] >= 6 * int(seconds)
    queue = storage["Resources"]["UploadsQueue"]["Properties"]
    assert queue["VisibilityTimeout"] == {
        "Fn::FindInMap": ["Timeout", {"Ref": "EventsTimeout"}, "Visibility"]
    }


def test_failed_messages_go_to_a_queue_with_an_alarm() -> None:
    storage = template("infra/storage.yaml")["Resources"]
    redrive = storage["UploadsQueue"]["Properties"]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    # The function must know which delivery is the last.
    assert redrive["maxReceiveCount"] == {"Ref": "EventsMaxAttempts"}
    watched = {
        (alarm.properties["MetricName"], alarm.properties["Dimensions"][0]["Value"]["Ref"])
        for alarm in resources("AWS::CloudWatch::Alarm")
        if alarm.properties["Namespace"] == "AWS/SQS"
    }
    assert watched == {
        ("ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
        ("ApproximateAgeOfOldestMessage", "UploadsQueue"),
    }
