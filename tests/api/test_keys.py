"""The objects that requests may name, and those that they may not."""

import json
from uuid import uuid4

import pytest
from mypy_boto3_s3 import S3Client
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from tests.api.calls import ANALYZE, CROP, PORTRAIT
from tests.api.test_errors import error_of
from tests.conftest import BUCKET, UPLOADS

BATCH = f"{CROP}/batch"


class Keys:
    """Deployments with objects that are no uploads, in both buckets."""

    def __init__(self, s3: S3Client) -> None:
        self._results = f"s3://{BUCKET}/{uuid4()}"
        self.folder = str(uuid4())
        self.own = f"uploads/{uuid4()}/portrait.jpg"
        self.other = f"{self.folder}/portrait.jpg"
        for key in (self.own, self.other):
            s3.put_object(Bucket=UPLOADS, Key=key, Body=PORTRAIT)
        self.photos = BUCKET
        self.photo = f"{self.folder}/photos/portrait.jpg"
        for key in (self.photo, f"{self.folder}/secret.jpg"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=PORTRAIT)

    def client(self, **config: object) -> TestClient:
        """Return a client of a deployment with both buckets."""
        existing = f"s3://{self.photos}/{self.folder}/pho"
        chosen = {"uploads": f"s3://{UPLOADS}", "existing_bucket": existing, **config}
        return TestClient(create_app(Config.model_validate({"store": self._results, **chosen})))


@pytest.fixture
def keys(s3: str, uploads: S3Client) -> Keys:
    return Keys(uploads)


@pytest.mark.parametrize("path", [CROP, ANALYZE])
def test_by_default_only_keys_of_upload_forms_are_accepted(keys: Keys, path: str) -> None:
    client = keys.client()

    assert client.post(path, json={"key": keys.own}).status_code == 200
    present = error_of(client.post(path, json={"key": keys.other}), 400)
    missing = error_of(client.post(path, json={"key": keys.other[:-5] + "X.jpg"}), 400)

    assert present["code"] == "INVALID_REQUEST"
    assert present["details"].startswith(
        "key: expected a key that POST /api/v1/uploads answered, which begins with uploads/, "
        "received "
    )
    # The answer does not depend on the existence of the object.
    assert present["errors"][0]["expected"] == missing["errors"][0]["expected"]
    assert missing["code"] == present["code"]


@pytest.mark.parametrize(
    "key", ["uploads", "Uploads/a.jpg", "uploads/../a.jpg", "./uploads/a.jpg", "/uploads/a.jpg"]
)
def test_keys_that_resemble_uploads_are_rejected(keys: Keys, key: str) -> None:
    assert error_of(keys.client().post(CROP, json={"key": key}), 400)["code"] == "INVALID_REQUEST"


def test_by_default_no_other_bucket_is_accepted(keys: Keys) -> None:
    for bucket in (keys.photos, UPLOADS, "somebody-elses"):
        body = {"bucket": bucket, "key": keys.photo}
        answer = error_of(keys.client().post(CROP, json=body), 400)
        assert answer["details"].startswith("bucket: expected no bucket other than")


def test_files_of_a_batch_with_other_keys_fail(keys: Keys) -> None:
    response = keys.client().post(BATCH, json={"keys": [keys.own, keys.other]})

    assert response.status_code == 200
    assert list(json.loads(response.headers["X-File-Errors"])) == ["1"]


def test_keys_of_both_buckets_are_accepted_if_the_deployment_says_so(keys: Keys) -> None:
    client = keys.client(keys_by_http="all")

    assert client.post(CROP, json={"key": keys.other}).status_code == 200
    for bucket, key in ((keys.photos, keys.photo), (UPLOADS, keys.other)):
        assert client.post(CROP, json={"bucket": bucket, "key": key}).status_code == 200
    assert client.post(BATCH, json={"bucket": keys.photos, "keys": [keys.photo]}).status_code == 200


@pytest.mark.parametrize(
    ("bucket", "key", "field"),
    [
        (BUCKET, "{folder}/secret.jpg", "key"),  # outside the beginning of keys
        (BUCKET, "{folder}/photos/../secret.jpg", "key"),
        ("somebody-elses", "{folder}/photos/portrait.jpg", "bucket"),
    ],
)
def test_keys_outside_both_buckets_are_rejected(
    keys: Keys, bucket: str, key: str, field: str
) -> None:
    client = keys.client(keys_by_http="all")
    body = {"bucket": bucket, "key": key.format(folder=keys.folder)}

    answer = error_of(client.post(CROP, json=body), 400)

    assert answer["code"] == "INVALID_REQUEST"
    assert [each["field"] for each in answer["errors"]] == [field]


def test_a_missing_object_of_the_other_bucket_is_not_found(keys: Keys) -> None:
    body = {"bucket": keys.photos, "key": f"{keys.folder}/photos/gone.jpg"}

    error_of(keys.client(keys_by_http="all").post(CROP, json=body), 404)


@pytest.mark.parametrize("bucket", ["", 5, "x", {}])
def test_a_bucket_is_a_name(keys: Keys, bucket: object) -> None:
    body = {"bucket": bucket, "key": keys.own}

    assert "bucket: " in error_of(keys.client().post(CROP, json=body), 400)["details"]
