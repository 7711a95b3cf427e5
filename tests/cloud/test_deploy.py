"""`sam deploy --guided` makes the stack for each kind of access, and refuses what it must."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.account import Account
from tests.cloud.deployment import Deployment, Refused, deploy
from tests.cloud.facts import facts

JWT = {
    "AuthMode": "JWT",
    "JwtIssuer": "https://tokens.example.com/pool",
    "JwtAudience": "pages,apps",
}
NONE = {"AuthMode": "NONE", "HttpReservedConcurrency": "5"}


def routes(deployed: Deployment) -> list[dict[str, Any]]:
    """Return the routes of the API."""
    api, client = deployed.physical_id("Api"), deployed.account.client("apigatewayv2")
    found: list[dict[str, Any]] = client.get_routes(ApiId=api, MaxResults="100")["Items"]
    return found


def authorization(deployed: Deployment) -> set[str]:
    return {each["AuthorizationType"] for each in routes(deployed)}


def test_requests_are_signed_by_default(deployed: Deployment) -> None:
    assert authorization(deployed) == {"AWS_IAM"}
    assert deployed.live()["SnapStart"]["ApplyOn"] == "PublishedVersions"
    assert "SMART_CROP_EXISTING_BUCKET" not in deployed.live()["Environment"]["Variables"]


def test_tokens_are_those_of_the_issuer_and_the_audience(account: Account, tmp_path: Path) -> None:
    deployed = deploy(account, tmp_path / "sam", "tokens", JWT)

    assert authorization(deployed) == {"JWT"}
    client = account.client("apigatewayv2")
    (authorizer,) = client.get_authorizers(ApiId=deployed.physical_id("Api"))["Items"]
    assert {each["AuthorizerId"] for each in routes(deployed)} == {authorizer["AuthorizerId"]}
    accepted = authorizer["JwtConfiguration"]
    assert accepted == {"Issuer": JWT["JwtIssuer"], "Audience": JWT["JwtAudience"].split(",")}


def test_a_public_api_without_a_snapshot(account: Account, tmp_path: Path) -> None:
    deployed = deploy(account, tmp_path / "sam", "public", {**NONE, "SnapStart": "off"})

    assert authorization(deployed) == {"NONE"}
    assert deployed.live()["SnapStart"]["ApplyOn"] == "None"


def test_an_existing_bucket_is_a_second_source(private: Deployment) -> None:
    found = facts(private)

    assert found["Storage/ObjectCreated.Pattern"] == {
        "bucket": {"name": ["others-pictures"]},
        "object": {"key": [{"prefix": "team/"}]},
    }
    for function in ("live", "EventsFunction"):
        name = f"{function}.SMART_CROP_EXISTING_BUCKET"
        assert found[name] == "s3://others-pictures/team/"
        assert found[f"{function}.SMART_CROP_UPLOADS"] == "s3://UploadsBucket"


REFUSED: dict[str, tuple[Mapping[str, str], str]] = {
    "a token without an issuer": ({**JWT, "JwtIssuer": ""}, "requires JwtIssuer"),
    # ministack accepts an empty JwtAudience: its list has no entry, and that of AWS an empty one.
    "a public API without a limit": (
        {**NONE, "HttpReservedConcurrency": "0"},
        "requires HttpReservedConcurrency",
    ),
    "a public API for every key": ({**NONE, "KeysByHttp": "all"}, "requires KeysByHttp=uploads"),
    "settings that are no JSON": ({"DefaultSettings": "{width}"}, "must be a JSON object"),
    "a prefix without a slash": ({"ExistingPrefix": "team"}, "folders that each end with a slash"),
    "an alias of a key": (
        {"ExistingKmsKeyArn": "arn:aws:kms:us-east-1:123456789012:alias/x"},
        "the ARN of a key",
    ),
    "uploads that expire before their dead letters": ({"UploadDays": "1"}, "UploadDays"),
    "no pixels": ({"MaxPixels": "0"}, "MaxPixels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_change_is_refused(deployed: Deployment, name: str) -> None:
    parameters, text = REFUSED[name]
    before = facts(deployed)

    with pytest.raises(Refused, match=text):
        deployed.change(**parameters)

    assert facts(deployed) == before


def test_sam_refuses_before_anything_is_made(account: Account, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="AuthMode JWT requires JwtIssuer"):
        deploy(account, tmp_path / "sam", "refused", {"AuthMode": "JWT"})

    cloudformation = account.client("cloudformation")
    with pytest.raises(cloudformation.exceptions.ClientError, match="does not exist"):
        cloudformation.describe_stack_resources(StackName="refused")
