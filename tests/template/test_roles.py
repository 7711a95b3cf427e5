"""Permissions: each role has only what it needs, for every choice of parameters."""

import re
from collections.abc import Mapping

import pytest

from handler.storage import upload_key
from tests.template.evaluator import Refused, deploy
from tests.template.stack import as_list, statements

KEY = "arn:aws:kms:us-east-1:123456789012:key/0b1c"
EXISTING = {"ExistingBucket": "archive", "ExistingPrefix": "photos/", "ExistingKmsKeyArn": KEY}
EVERYTHING = {**EXISTING, "KeysByHttp": "all", "EventBus": "default"}
CHOICES: tuple[Mapping[str, object], ...] = ({}, EXISTING, EVERYTHING)

UPLOADS = "arn:aws:s3:::smart-crop-uploads-id-of-smart-crop-storage"
RESULTS = "arn:aws:s3:::smart-crop-results-id-of-smart-crop-storage"


def granted(role: str, action: str, **parameters: object) -> set[str]:
    """Return the resources on which a role may do an action."""
    return {
        resource
        for statement in statements(deploy(parameters)[role].properties)
        if action in as_list(statement["Action"])
        for resource in as_list(statement.get("Resource", []))
    }


@pytest.mark.parametrize("parameters", CHOICES, ids=["default", "existing", "everything"])
def test_no_action_or_resource_is_a_wildcard(parameters: Mapping[str, object]) -> None:
    for path, made in deploy(parameters).items():
        for statement in statements(made.properties):
            if statement["Effect"] != "Allow":
                continue
            assert statement.get("Principal") != "*", path
            for action in as_list(statement["Action"]):
                assert "*" not in action, path
            for resource in as_list(statement.get("Resource", [])):
                # A wildcard is necessary for the objects of a bucket or of a folder in it.
                if "*" in resource:
                    assert re.fullmatch(r"arn:aws:s3:::[^/*]+/([a-z-]+/)?\*", resource), path


def test_http_reads_only_what_came_through_its_forms() -> None:
    folder = upload_key("id", "name").partition("/")[0]
    forms = f"{UPLOADS}/{folder}/*"
    assert granted("HttpRole", "s3:GetObject", **EXISTING) == {f"{RESULTS}/*", forms}
    assert granted("HttpRole", "s3:PutObject", **EXISTING) == {f"{RESULTS}/*", forms}
    assert granted("HttpRole", "s3:ListBucket", **EXISTING) == {RESULTS, UPLOADS}
    assert granted("HttpRole", "kms:Decrypt", **EXISTING) == set()


def test_http_reads_both_sources_if_keys_by_http_is_all() -> None:
    read = granted("HttpRole", "s3:GetObject", **EXISTING, KeysByHttp="all")
    assert read == {f"{RESULTS}/*", f"{UPLOADS}/*", "arn:aws:s3:::archive/photos/*"}
    listed = granted("HttpRole", "s3:ListBucket", **EXISTING, KeysByHttp="all")
    assert listed == {RESULTS, UPLOADS, "arn:aws:s3:::archive"}
    assert granted("HttpRole", "kms:Decrypt", **EXISTING, KeysByHttp="all") == {KEY}
    assert granted("HttpRole", "s3:GetObject", KeysByHttp="all") == {f"{RESULTS}/*", f"{UPLOADS}/*"}
    # Forms are for the folder of the uploads bucket in any case.
    written = granted("HttpRole", "s3:PutObject", **EXISTING, KeysByHttp="all")
    assert written == {f"{RESULTS}/*", f"{UPLOADS}/uploads/*"}


def test_events_read_both_sources_and_write_results_only() -> None:
    both = {f"{UPLOADS}/*", "arn:aws:s3:::archive/photos/*"}
    assert granted("EventsRole", "s3:GetObjectVersion", **EXISTING) == both
    assert granted("EventsRole", "s3:GetObject", **EXISTING) == {*both, f"{RESULTS}/*"}
    assert granted("EventsRole", "s3:PutObject", **EXISTING) == {f"{RESULTS}/*"}
    assert granted("EventsRole", "kms:Decrypt", **EXISTING) == {KEY}
    assert granted("EventsRole", "s3:GetObject") == {f"{UPLOADS}/*", f"{RESULTS}/*"}
    assert granted("EventsRole", "kms:Decrypt") == set()


@pytest.mark.parametrize("role", ["HttpRole", "EventsRole"])
def test_a_key_decrypts_only_what_s3_reads(role: str) -> None:
    for region, suffix in (("eu-west-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")):
        made = deploy(EVERYTHING, region=region)[role].properties
        (decrypts,) = (each for each in statements(made) if each["Action"] == "kms:Decrypt")
        assert decrypts["Condition"] == {
            "StringEquals": {"kms:ViaService": f"s3.{region}.{suffix}"}
        }


def test_an_alias_of_a_key_is_refused() -> None:
    with pytest.raises(Refused, match="ExistingKmsKeyArn"):
        deploy({"ExistingKmsKeyArn": KEY.replace("key/", "alias/")})


@pytest.mark.parametrize("role", ["HttpRole", "EventsRole"])
def test_functions_can_abort_multipart_uploads_and_distinguish_missing_objects(role: str) -> None:
    """S3 returns 403 for a missing object to a role that cannot list the bucket."""
    assert granted(role, "s3:AbortMultipartUpload") == {f"{RESULTS}/*"}
    assert granted(role, "s3:ListBucket") == {RESULTS, UPLOADS}


def test_messages_can_be_retried_soon() -> None:
    queue = "<Storage/UploadsQueue>.Arn"
    for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"):
        assert granted("EventsRole", f"sqs:{action}") == {queue}
    variables = deploy()["EventsFunction"].properties["Environment"]["Variables"]
    assert variables["SMART_CROP_UPLOADS_QUEUE"] == "<Storage/UploadsQueue>"


@pytest.mark.parametrize(
    ("bus", "arn"),
    [
        ("default", "arn:aws:events:us-east-1:123456789012:event-bus/default"),
        ("shop/pictures", "arn:aws:events:us-east-1:123456789012:event-bus/shop/pictures"),
        *[
            (f"arn:aws:events:eu-west-1:210987654321:event-bus/{name}",) * 2
            for name in ("default",)
        ],
    ],
)
def test_notices_go_to_the_bus_of_the_parameter_only(bus: str, arn: str) -> None:
    assert granted("EventsRole", "events:PutEvents", EventBus=bus) == {arn}
    stack = deploy({"EventBus": bus})
    (sends,) = (
        each
        for each in statements(stack["EventsRole"].properties)
        if each["Action"] == "events:PutEvents"
    )
    assert sends["Condition"] == {"StringEquals": {"events:source": "smart-crop"}}
    variables = stack["EventsFunction"].properties["Environment"]["Variables"]
    assert variables["SMART_CROP_EVENT_BUS"] == bus


def test_without_a_bus_nothing_is_sent() -> None:
    assert granted("EventsRole", "events:PutEvents") == set()
    assert granted("HttpRole", "events:PutEvents", **EVERYTHING) == set()
    variables = deploy()["EventsFunction"].properties["Environment"]["Variables"]
    assert "SMART_CROP_EVENT_BUS" not in variables


def test_batch_operations_may_only_invoke_and_report() -> None:
    role = "BatchOperationsRole"
    folder = f"{RESULTS}/batch-operations/*"
    policies = deploy(EVERYTHING)[role].properties["Policies"]
    actions = {
        action for statement in statements(policies) for action in as_list(statement["Action"])
    }
    assert actions == {
        *("lambda:InvokeFunction", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")
    }
    assert granted(role, "s3:GetObject") == granted(role, "s3:PutObject") == {folder}
    assert granted(role, "lambda:InvokeFunction") == {"<EventsFunction>.Arn"}


def test_requests_without_authorization_have_limits() -> None:
    deploy({"AuthMode": "NONE", "HttpReservedConcurrency": 5})
    with pytest.raises(Refused, match="limits the cost"):
        deploy({"AuthMode": "NONE"})
    with pytest.raises(Refused, match="anyone could read"):
        deploy({"AuthMode": "NONE", "HttpReservedConcurrency": 5, "KeysByHttp": "all"})
    deploy({"KeysByHttp": "all"})
    deploy({"AuthMode": "JWT", "JwtIssuer": "https://example.com", "JwtAudience": "a,b"})
    with pytest.raises(Refused, match="JwtIssuer"):
        deploy({"AuthMode": "JWT", "JwtAudience": "a,b"})
    with pytest.raises(Refused, match="JwtAudience"):
        deploy({"AuthMode": "JWT", "JwtIssuer": "https://example.com"})
