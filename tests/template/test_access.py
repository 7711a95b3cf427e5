"""Who may do what: nothing is open, and nobody may more than they do."""

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
    """The statements about a bucket or queue that deny what is not encrypted on its way."""
    return [
        statement
        for policy in resources(type_)
        if {"Ref": name} in as_list(policy.properties[place])
        for statement in statements(policy.properties["PolicyDocument"])
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
            # The objects of one bucket, or of a folder of it, are as narrow as it gets.
            if "*" in written:
                assert re.fullmatch(
                    r'\{"Fn::Sub": "\$\{Storage\.Outputs\.\w+BucketArn\}/([a-z-]+/)?\*"\}', written
                ), name
        assert statement.get("Principal") != "*", name


def granted(role: str, action: str) -> list[str]:
    """On what a role may do something, as the templates write it."""
    return [
        resource["Fn::Sub"] if "Fn::Sub" in resource else resource["Fn::GetAtt"][1]
        for name, statement in allowed()
        if name == role and action in as_list(statement["Action"])
        for resource in as_list(statement.get("Resource", []))
    ]


def test_forms_are_signed_for_their_own_folder_only() -> None:
    folder = upload_key("id", "name").partition("/")[0]
    writable = set(granted("HttpRole", "s3:PutObject"))
    assert writable == {
        "${Storage.Outputs.ResultsBucketArn}/*",
        f"${{Storage.Outputs.UploadsBucketArn}}/{folder}/*",
    }


@pytest.mark.parametrize("role", ["HttpRole", "EventsRole"])
def test_no_parts_of_a_result_stay_behind(role: str) -> None:
    results = "${Storage.Outputs.ResultsBucketArn}/*"
    assert granted(role, "s3:AbortMultipartUpload") == [results]
    assert results in granted(role, "s3:PutObject")
    for bucket in BUCKETS:
        (rule,) = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


@pytest.mark.parametrize("role", ["HttpRole", "EventsRole"])
def test_what_is_missing_is_not_taken_for_forbidden(role: str) -> None:
    """S3 answers 403 for an object that is not there to whoever may not list the bucket."""
    assert set(granted(role, "s3:ListBucket")) == {
        "Outputs.ResultsBucketArn",
        "Outputs.UploadsBucketArn",
    }


def test_batch_operations_may_invoke_and_report_and_no_more() -> None:
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


def fillers(queue: str) -> dict[str, Any]:
    """Who may put messages into a queue, and on which condition, by the service's name."""
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


def test_only_the_uploads_bucket_may_fill_the_queue() -> None:
    statement = fillers("UploadsQueue")["s3"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    source, _ = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    (bucket,) = (each for each in BUCKETS if each.name == "UploadsBucket")
    name, _ = bucket.properties["BucketName"]["Fn::Sub"]
    assert source == f"arn:${{AWS::Partition}}:s3:::{name}"
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"}
    }


def test_a_bucket_that_is_there_already_fills_it_through_event_bridge() -> None:
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
        assert fillers(queue)["events"]["Condition"] == only


def test_of_a_bucket_that_is_there_already_nothing_is_changed() -> None:
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
