"""A changed parameter reaches the version that the API calls, and nothing else changes."""

import pytest

from tests.cloud.account import ACCOUNT_ID, REGION
from tests.cloud.deployment import Deployment
from tests.cloud.facts import Facts, changed, facts
from tests.template.stack import resources, template

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:alarms"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/5e4b2a1c"
ORIGIN = "https://www.example.com"
BUCKETS = ("UploadsBucket", "ResultsBucket")
BUS = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/pictures"


def http(**configuration: object) -> Facts:
    """Return the changes of the HTTP function: it runs them as a new version."""
    found: Facts = {"live.Version": "2"}
    for name, value in configuration.items():
        found |= {f"HttpFunction.{name}": value, f"live.{name}": value}
    return found


def events(**configuration: object) -> Facts:
    """Return the changes of the events function."""
    return {f"EventsFunction.{name}": value for name, value in configuration.items()}


def both(**configuration: object) -> Facts:
    """Return the changes of both functions."""
    return http(**configuration) | events(**configuration)


def nested(stack: str, **parameters: str) -> Facts:
    """Return the changes of a nested stack's parameters."""
    return {f"{stack}.{name}": value for name, value in parameters.items()}


# The new value of each parameter, and what it changes.
CHANGES: dict[str, tuple[str, Facts]] = {
    "KeysByHttp": (
        "all",
        http(SMART_CROP_KEYS_BY_HTTP="all")
        | {"HttpRole.ReadUploads": "arn:aws:s3:::UploadsBucket/*"},
    ),
    "CorsOrigins": (
        ORIGIN,
        nested("Storage", CorsOrigins=ORIGIN)
        | {f"Storage/{name}.Origins": ["PAGE", ORIGIN] for name in BUCKETS},
    ),
    "ThrottleRate": ("20", nested("Routes", ThrottleRate="20")),
    "ThrottleBurst": ("30", nested("Routes", ThrottleBurst="30")),
    "Faces": ("without", {}),
    "DefaultSettings": ('{"width":300}', events(SMART_CROP_DEFAULT_SETTINGS='{"width":300}')),
    "MaxPixels": ("1000000", both(SMART_CROP_MAX_PIXELS="1000000")),
    "MaxBodyBytes": (
        "1000000",
        http(SMART_CROP_MAX_BODY_BYTES="1000000", SMART_CROP_MAX_ANSWER_BYTES="1000000"),
    ),
    "MaxZipBytes": ("1000000", http(SMART_CROP_MAX_ZIP_BYTES="1000000")),
    "MaxObjectBytes": ("1000000", both(SMART_CROP_MAX_OBJECT_BYTES="1000000")),
    "LinkSeconds": ("60", both(SMART_CROP_LINK_SECONDS="60")),
    "UploadDays": ("20", nested("Storage", UploadDays="20")),
    "ResultDays": ("0", nested("Storage", ResultDays="0")),
    "HttpMemory": ("3008", http(MemorySize=3008)),
    "HttpTimeout": ("20", http(Timeout=20)),
    # ministack does not keep the reserved concurrency. It is no change of the function's versions.
    "HttpReservedConcurrency": ("7", {}),
    "SnapStart": ("off", http(SnapStart="None")),
    "EventsMemory": ("3008", events(MemorySize=3008)),
    "EventsTimeout": (
        "300",
        events(Timeout=300)
        | nested("Storage", EventsTimeout="300")
        | nested("Monitoring", EventsTimeout="300")
        | {"Storage/UploadsQueue.VisibilityTimeout": 1800}
        | {"Monitoring/QueueAge.Threshold": 5400},
    ),
    "EventsReservedConcurrency": ("7", {}),
    "EventsMaxConcurrency": ("20", {"EventsFunctionUploads.MaximumConcurrency": 20}),
    "EventsBatchSize": ("5", {"EventsFunctionUploads.BatchSize": 5}),
    "EventsMaxAttempts": (
        "3",
        events(SMART_CROP_MAX_ATTEMPTS="3")
        | nested("Storage", EventsMaxAttempts="3")
        | {"Storage/UploadsQueue.maxReceiveCount": 3},
    ),
    "JobRecords": ("all", both(SMART_CROP_JOB_RECORDS="all")),
    "EventBus": (
        "pictures",
        events(SMART_CROP_EVENT_BUS="pictures") | {"EventsRole.SendNotices": BUS},
    ),
    "AlarmTopic": (
        TOPIC,
        nested("Monitoring", AlarmTopic=TOPIC)
        | {
            f"Monitoring/{alarm.name}.Actions": [TOPIC]
            for alarm in resources("AWS::CloudWatch::Alarm")
            if alarm.name != "EventRuleFailures"  # only with ExistingBucket
        },
    ),
    "AccountConcurrency": ("10", nested("Monitoring", AccountConcurrency="10")),
    "HttpP95Alarm": (
        "900",
        nested("Monitoring", HttpP95Alarm="900") | {"Monitoring/HttpDuration.Threshold": 900},
    ),
    "QueueAgeAlarm": (
        "90",
        nested("Monitoring", QueueAgeAlarm="90") | {"Monitoring/QueueAge.Threshold": 90},
    ),
    "LogLevel": ("DEBUG", both(POWERTOOLS_LOG_LEVEL="DEBUG")),
    "LogDays": (
        "7",
        nested("Routes", LogDays="7")
        | {"HttpLogs.Days": 7, "EventsLogs.Days": 7, "Routes/AccessLog.Days": 7},
    ),
}
# Parameters that have an effect only with others, which the tests below change together.
TOGETHER = {
    *("AuthMode", "JwtIssuer", "JwtAudience"),
    *("ExistingBucket", "ExistingPrefix", "ExistingKmsKeyArn"),
}


@pytest.fixture(scope="module")
def before(deployed: Deployment) -> Facts:
    """The facts before all changes, each of which is undone."""
    return facts(deployed)


def difference(before: Facts, deployed: Deployment, **parameters: str) -> Facts:
    """Change parameters, change them back, and return what changed in between.

    The number of the version becomes 2 if there is a new version.
    """
    values, version = deployed.parameters(), deployed.live()["Version"]
    deployed.change(**parameters)
    after = facts(deployed)
    deployed.change(**{name: values[name] for name in parameters})
    undone = deployed.live()
    found = changed(before, {**after, "live.Version": before["live.Version"]})
    if after["live.Version"] != version:
        found["live.Version"] = "2"
        assert undone["Version"] not in (version, after["live.Version"])
    assert undone["Environment"]["Variables"].keys() == {
        name.removeprefix("live.") for name in before if name.startswith(("live.S", "live.POW"))
    } - {"SnapStart"}
    return found


def test_every_parameter_is_changed() -> None:
    assert sorted([*CHANGES, *TOGETHER]) == sorted(template("template.yaml")["Parameters"])


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_parameter_is_what_runs(deployed: Deployment, before: Facts, name: str) -> None:
    value, expected = CHANGES[name]

    assert difference(before, deployed, **{name: value}) == expected


def test_the_authorization_can_be_changed_and_changed_back(deployed: Deployment) -> None:
    modes = {
        "AWS_IAM": {"AuthMode": "IAM"},
        "JWT": {
            "AuthMode": "JWT",
            "JwtIssuer": "https://tokens.example.com",
            "JwtAudience": "pages",
        },
        "NONE": {"AuthMode": "NONE", "HttpReservedConcurrency": "5"},
    }
    values = deployed.parameters()
    client, api = deployed.account.client("apigatewayv2"), deployed.physical_id("Api")
    version = deployed.live()["Version"]

    for mode in ("JWT", "NONE", "JWT", "AWS_IAM"):
        deployed.change(**{**values, **modes[mode]})
        routes = client.get_routes(ApiId=api, MaxResults="100")["Items"]
        assert {each["AuthorizationType"] for each in routes} == {mode}

    assert deployed.live()["Version"] == version


def test_an_existing_bucket_can_be_set_and_changed_and_unset(deployed: Deployment) -> None:
    s3 = deployed.account.client("s3")
    uploads, queue = (
        deployed.outputs()["UploadsBucket"],
        deployed.physical_id("Storage/UploadsQueue"),
    )
    s3.put_object(Bucket=uploads, Key="before.jpg", Body=b"x")
    with deployed.without_poller() as delivered:
        for bucket in ("first-pictures", "second-pictures", ""):
            deployed.change(ExistingBucket=bucket, ExistingPrefix="team/" if bucket else "")
            if bucket:
                s3.create_bucket(Bucket=bucket)
                s3.put_bucket_notification_configuration(
                    Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
                )
                for key in ("team/a.jpg", "other/a.jpg"):
                    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
            s3.put_object(Bucket=uploads, Key=f"with-{bucket}.jpg", Body=b"x")
        s3.put_object(Bucket="first-pictures", Key="team/late.jpg", Body=b"x")

    assert delivered == {
        (uploads, "with-first-pictures.jpg"),
        (uploads, "with-second-pictures.jpg"),
        (uploads, "with-.jpg"),
        ("first-pictures", "team/a.jpg"),
        ("second-pictures", "team/a.jpg"),
    }
    assert deployed.outputs()["UploadsBucket"] == uploads
    assert deployed.physical_id("Storage/UploadsQueue") == queue
    kept = {each["Key"] for each in s3.list_objects_v2(Bucket=uploads)["Contents"]}
    assert {"before.jpg", "with-.jpg"} <= kept
