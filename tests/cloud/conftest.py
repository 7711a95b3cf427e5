"""Fixtures: an account in ministack, and deployments in it."""

import json
from collections.abc import Iterator

import pytest

from tests.cloud.account import ACCOUNT_ID, REGION, Account, emulated_account
from tests.cloud.deployment import Deployment, deploy
from tests.cloud.flows import BUS, EXISTING, NOTICES, PREFIX

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/5e4b2a1c"


@pytest.fixture(scope="session")
def account(bare_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An empty account."""
    with emulated_account(tmp_path_factory.mktemp("ministack")) as account:
        yield account


@pytest.fixture(scope="session")
def deployed(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The stack with the defaults of all parameters."""
    return deploy(account, tmp_path_factory.mktemp("deployed") / "sam", "smart-crop")


@pytest.fixture(scope="session")
def private(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A deployment in which every conditional permission exists."""
    s3, events, sqs = (account.client(name) for name in ("s3", "events", "sqs"))
    s3.create_bucket(Bucket=EXISTING)
    s3.put_bucket_versioning(Bucket=EXISTING, VersioningConfiguration={"Status": "Enabled"})
    queue = sqs.create_queue(QueueName=NOTICES)["QueueUrl"]
    events.create_event_bus(Name=BUS)
    pattern = json.dumps({"source": ["smart-crop"]})
    rule = events.put_rule(Name="notices", EventBusName=BUS, EventPattern=pattern)["RuleArn"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{NOTICES}"
    events.put_targets(Rule="notices", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    deployed = deploy(
        account,
        tmp_path_factory.mktemp("private") / "sam",
        "private",
        {
            "KeysByHttp": "all",
            "ExistingBucket": EXISTING,
            "ExistingPrefix": PREFIX,
            "ExistingKmsKeyArn": KEY,
            "EventBus": BUS,
        },
    )
    # Lambda's poller would take the messages that the flows receive.
    account.client("lambda").update_event_source_mapping(
        UUID=deployed.physical_id("EventsFunctionUploads"), Enabled=False
    )
    uploads = deployed.outputs()["UploadsBucket"]
    s3.put_bucket_versioning(Bucket=uploads, VersioningConfiguration={"Status": "Enabled"})
    return deployed
