"""Who may do what: nothing is open, and nobody may more than they do."""

import json
import re
from typing import Any

import pytest

from tests.template.stack import Resource, allowed, as_list, defaults, resources, template

BUCKETS = resources("AWS::S3::Bucket")
QUEUES = resources("AWS::SQS::Queue")


def denials(type_: str, place: str, name: str) -> list[dict[str, Any]]:
    """The statements about a bucket or queue that deny what is not encrypted on its way."""
    return [
        statement
        for policy in resources(type_)
        if {"Ref": name} in as_list(policy.properties[place])
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]


def test_nothing_is_allowed_by_wildcard() -> None:
    for name, statement in allowed():
        for action in as_list(statement["Action"]):
            assert "*" not in action, name
        for resource in as_list(statement.get("Resource", [])):
            written = json.dumps(resource)
            assert written != '"*"', name
            # The objects of one bucket of this stack are as narrow as it gets.
            if "*" in written:
                assert re.fullmatch(
                    r'\{"Fn::Sub": "\$\{Storage\.Outputs\.\w+BucketArn\}/\*"\}', written
                ), name
        assert statement.get("Principal") != "*", name


def test_only_the_uploads_bucket_may_fill_the_queue() -> None:
    (policy,) = (
        each
        for each in resources("AWS::SQS::QueuePolicy")
        if each.properties["Queues"] == [{"Ref": "UploadsQueue"}]
    )
    statement = policy.properties["PolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    source, _ = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    (bucket,) = (each for each in BUCKETS if each.name == "UploadsBucket")
    name, _ = bucket.properties["BucketName"]["Fn::Sub"]
    assert source == f"arn:${{AWS::Partition}}:s3:::{name}"
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"}
    }


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.name)
def test_bucket_is_private_encrypted_and_forgets(bucket: Resource) -> None:
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
def test_queue_is_encrypted_at_rest_and_on_the_way(queue: Resource) -> None:
    assert queue.properties["SqsManagedSseEnabled"] is True
    (denial,) = denials("AWS::SQS::QueuePolicy", "Queues", queue.name)
    assert denial["Action"] == "sqs:*"
    assert denial["Resource"] == {"Fn::GetAtt": [queue.name, "Arn"]}


def test_results_go_where_they_trigger_nothing() -> None:
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


def test_queue_gives_up_into_a_queue_that_is_watched() -> None:
    storage = template("infra/storage.yaml")["Resources"]
    redrive = storage["UploadsQueue"]["Properties"]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    # The function has to know which delivery is the last.
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
