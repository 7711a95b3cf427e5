"""Upload forms of a function from a snapshot, on a store that checks them."""

import json
from pathlib import Path

import httpx

from tests.api.calls import PORTRAIT
from tests.conftest import BUCKET
from tests.lambda_.events import http_event
from tests.lambda_.snapshot import started
from tests.needs import needs_linux
from tests.servers import Program

# Lambda's runtime client exists for Linux only.
pytestmark = needs_linux


def test_a_form_is_signed_with_the_credentials_after_the_restore(
    seaweedfs: Program, tmp_path: Path
) -> None:
    environment = {
        "AWS_ENDPOINT_URL": seaweedfs.url,
        "AWS_REGION": "us-east-1",
        "SMART_CROP_STORE": f"s3://{BUCKET}/snapshot",
        "SMART_CROP_UPLOADS": f"s3://{BUCKET}/snapshot-inbox",
    }
    planned = {"filename": "portrait.jpg", "contentType": "image/jpeg"}
    body = json.dumps(planned).encode()
    headers = {"content-type": "application/json"}
    event = http_event("POST", "/api/v1/uploads", headers=headers, body=body)
    with started("handler.lambda_http.handler", environment, tmp_path / "log") as (runtime, _):
        runtime.credentials = {
            "AccessKeyId": seaweedfs.environment["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": seaweedfs.environment["AWS_SECRET_ACCESS_KEY"],
            "Token": "",
            "Expiration": "2099-01-01T00:00:00Z",
        }
        runtime.restore()
        answer = runtime.invoke(event)

    assert answer["statusCode"] == 201, answer
    form = json.loads(answer["body"])
    file = {"file": ("portrait.jpg", PORTRAIT, "image/jpeg")}
    assert httpx.post(form["url"], data=form["fields"], files=file).status_code == 204
