"""Buckets and queues: private, encrypted, and nothing in them is lost."""

import json
from typing import Any

import pytest

from tests.template.evaluator import Refused, deploy, evaluate
from tests.template.stack import (
    Resource,
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


def test_incomplete_multipart_uploads_are_removed() -> None:
    for bucket in BUCKETS:
        (rule,) = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


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
    stack = deploy({"ExistingBucket": "archive"})
    rule = stack["Storage/ObjectCreated"].properties
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["archive"]}},
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == "<Storage/UploadsQueue>.Arn"
    assert target["DeadLetterConfig"] == {"Arn": "<Storage/UndeliveredQueue>.Arn"}


def test_only_events_of_the_folder_in_an_existing_bucket_arrive() -> None:
    stack = deploy({"ExistingBucket": "archive", "ExistingPrefix": "photos/2026/"})
    pattern = stack["Storage/ObjectCreated"].properties["EventPattern"]
    assert pattern["detail"] == {
        "bucket": {"name": ["archive"]},
        "object": {"key": [{"prefix": "photos/2026/"}]},
    }


def test_only_the_rule_may_send_from_event_bridge_and_its_name_is_known_before() -> None:
    """An event that arrives before the rule may send would be lost."""
    stack = deploy({"ExistingBucket": "archive"})
    rule = stack["Storage/ObjectCreated"]
    name = rule.properties["Name"]
    for queue in ("UploadsQueue", "UndeliveredQueue"):
        assert f"{queue}Policy" in rule.attributes["DependsOn"]
        policy = stack[f"Storage/{queue}Policy"].properties["PolicyDocument"]
        (statement,) = (
            each
            for each in statements(policy)
            if each["Effect"] == "Allow"
            and each["Principal"] == {"Service": "events.amazonaws.com"}
        )
        source = f"arn:aws:events:us-east-1:123456789012:rule/{name}"
        assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": source}}
        assert statement["Action"] == "sqs:SendMessage"


@pytest.mark.parametrize("prefix", ["photos", "/photos/", "../", "a/../b/", "a//", "*/", "${a}/"])
def test_a_prefix_is_a_folder_without_special_characters(prefix: str) -> None:
    with pytest.raises(Refused, match="ExistingPrefix"):
        deploy({"ExistingBucket": "archive", "ExistingPrefix": prefix})


def test_the_stack_does_not_change_an_existing_bucket() -> None:
    assert defaults()["ExistingBucket"] == ""
    stack = deploy({"ExistingBucket": "archive"})
    for path, resource in stack.items():
        if resource.type in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy"):
            name = resource.properties.get("BucketName", resource.properties.get("Bucket"))
            assert name != "archive", path
    # Forms and their uploads stay in the bucket of the stack, which has CORS and deletes them.
    variables = stack["HttpFunction"].properties["Environment"]["Variables"]
    assert variables["SMART_CROP_UPLOADS"] == f"s3://{bucket_name('UploadsBucket')}"
    assert variables["SMART_CROP_EXISTING_BUCKET"] == "s3://archive/"


def bucket_name(name: str) -> str:
    """Return the name of a bucket of the stack."""
    return str(deploy()[f"Storage/{name}"].properties["BucketName"])


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
    assert days_kept(bucket.name)
    (denial,) = denials("AWS::S3::BucketPolicy", "Bucket", bucket.name)
    assert denial["Action"] == "s3:*"
    assert denial["Resource"] == [
        {"Fn::GetAtt": [bucket.name, "Arn"]},
        {"Fn::Sub": f"${{{bucket.name}.Arn}}/*"},
    ]


def days_kept(name: str, **parameters: object) -> int | None:
    """Return the days after which a bucket deletes its objects; None for never."""
    properties = deploy(parameters)[f"Storage/{name}"].properties
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    return int(rule["ExpirationInDays"]) if "ExpirationInDays" in rule else None


def test_uploads_outlive_every_message_about_them() -> None:
    stack = deploy()
    queues = [each for each in stack.values() if each.type == "AWS::SQS::Queue"]
    assert len(queues) == 3
    for queue in queues:
        # The longest period that SQS accepts.
        assert int(queue.properties["MessageRetentionPeriod"]) == 14 * 24 * 3600
    days = days_kept("UploadsBucket")
    assert days is not None
    assert days > 14
    with pytest.raises(Refused, match="UploadDays"):
        deploy({"UploadDays": 1})


def test_results_are_kept_for_a_week_or_for_ever() -> None:
    assert days_kept("ResultsBucket") == 7
    assert days_kept("ResultsBucket", ResultDays=30) == 30
    assert days_kept("ResultsBucket", ResultDays=0) is None
    with pytest.raises(Refused, match="ResultDays"):
        deploy({"ResultDays": -1})


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
def test_queue_is_encrypted_at_rest_and_in_transit(queue: Resource) -> None:
    assert queue.properties["SqsManagedSseEnabled"] is True
    (denial,) = denials("AWS::SQS::QueuePolicy", "Queues", queue.name)
    assert denial["Action"] == "sqs:*"
    assert denial["Resource"] == {"Fn::GetAtt": [queue.name, "Arn"]}


def test_results_are_written_to_a_bucket_without_notifications() -> None:
    triggering = [each.name for each in BUCKETS if "NotificationConfiguration" in each.properties]
    assert triggering == ["UploadsBucket"]


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


def test_failed_messages_go_to_a_queue_that_sqs_can_move_back() -> None:
    stack = deploy({"ExistingBucket": "archive"})
    redrive = stack["Storage/UploadsQueue"].properties["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == "<Storage/DeadLetterQueue>.Arn"
    # The function must know which delivery is the last.
    assert redrive["maxReceiveCount"] == str(defaults()["EventsMaxAttempts"])
    # SQS moves only messages back that came from a queue, so others must not be in that queue.
    function = stack["EventsFunction"].properties
    assert function["DeadLetterConfig"]["TargetArn"] == "<Storage/UndeliveredQueue>.Arn"
    policy = stack["Storage/DeadLetterQueuePolicy"].properties["PolicyDocument"]
    assert [each["Effect"] for each in statements(policy)] == ["Deny"]


def test_names_follow_the_partition() -> None:
    """Amazon Resource Names and addresses in China differ."""
    parameters = {"ExistingBucket": "archive", "KeysByHttp": "all", "EventBus": "default"}
    stack = evaluate(parameters, region="cn-north-1")
    for path, resource in stack.all_resources().items():
        properties = {name: value for name, value in resource.properties.items() if name != "Code"}
        assert "arn:aws:" not in json.dumps(properties), path
    assert "console.amazonaws.cn/" in stack.output("Dashboard")
    assert "console.aws.amazon.com/" in evaluate().output("Dashboard")


def test_outputs_name_the_queues_that_a_redrive_needs() -> None:
    stack = evaluate()
    assert stack.output("DeadLetterQueueArn") == "<Storage/DeadLetterQueue>.Arn"
    assert stack.output("UploadsQueueArn") == "<Storage/UploadsQueue>.Arn"
    assert stack.output("UndeliveredQueue") == "<Storage/UndeliveredQueue>"
    assert stack.output("UploadsQueue") == "<Storage/UploadsQueue>"
