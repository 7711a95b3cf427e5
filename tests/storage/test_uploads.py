"""Upload forms and uploaded objects, against SeaweedFS, which checks policies and signatures."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from msgspec.structs import replace

from handler.aws import credentials
from handler.errors import InvalidRequest, NotFound, ObjectTooLarge, StorageUnavailable
from handler.storage import UploadStore
from handler.storage.presigned_post import PresignedPost
from tests.conftest import BUCKET, SECRET_KEY
from tests.pictures import encoded, gradient

PICTURE = encoded(gradient(40, 30))
SETTINGS = '{"width":40}'
MAX_BYTES = 20_000
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def fresh_credentials() -> Iterator[None]:
    """Clear the cached session: each test has its own credentials."""
    credentials.session.cache_clear()
    yield
    credentials.session.cache_clear()


@pytest.fixture
def prefix() -> str:
    return f"inbox-{uuid4()}"


@pytest.fixture
def uploads(s3: str, prefix: str) -> UploadStore:
    return UploadStore(f"s3://{BUCKET}/{prefix}", MAX_BYTES)


@pytest.fixture
def form(uploads: UploadStore) -> PresignedPost:
    """The form for one JPEG with settings."""
    return uploads.presign("uploads/job/me.jpg", "image/jpeg", SETTINGS, MINUTE)


def post(form: PresignedPost, data: bytes = PICTURE, content_type: str = "image/jpeg") -> int:
    """Send a file with a form, as a browser does, and return the status."""
    file = {"file": ("me.jpg", data, content_type)}
    return httpx.post(form.url, data=form.fields, files=file).status_code


def changed(form: PresignedPost, **fields: str | None) -> PresignedPost:
    """Return the form with fields changed, added or, for None, removed."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    kept = {name: value for name, value in {**form.fields, **given}.items() if value is not None}
    return replace(form, fields=kept)


def test_the_declared_file_is_accepted_with_its_settings(
    form: PresignedPost, uploads: UploadStore
) -> None:
    assert post(form) == 204

    upload = uploads.open("uploads/job/me.jpg")
    assert (upload.size, upload.settings) == (len(PICTURE), SETTINGS)
    assert upload.read() == PICTURE
    assert upload.etag
    assert '"' not in upload.etag


def test_the_largest_file_is_accepted_and_one_byte_more_is_rejected(
    form: PresignedPost, uploads: UploadStore
) -> None:
    assert post(form, bytes(MAX_BYTES + 1)) == 400
    with pytest.raises(NotFound):
        uploads.open("uploads/job/me.jpg")

    assert post(form, bytes(MAX_BYTES)) == 204


def test_an_empty_file_is_rejected(form: PresignedPost) -> None:
    assert post(form, b"") == 400


Change = Callable[[PresignedPost, str], PresignedPost]
TAMPERED: dict[str, Change] = {
    "another type": lambda form, _: changed(form, Content_Type="image/png"),
    "another key": lambda form, prefix: changed(form, key=f"{prefix}/uploads/other/me.jpg"),
    "a key of its own": lambda form, _: changed(form, key="${filename}"),
    "other settings": lambda form, _: changed(form, x_amz_meta_smart_crop='{"width":9999}'),
    "no settings": lambda form, _: changed(form, x_amz_meta_smart_crop=None),
    "a field more": lambda form, _: changed(form, x_amz_meta_other="x"),
    "another date": lambda form, _: changed(form, x_amz_date="20200101T000000Z"),
    "another signature": lambda form, _: changed(form, x_amz_signature="0" * 64),
    "no signature": lambda form, _: changed(form, x_amz_signature=None),
    "no policy": lambda form, _: changed(form, policy=None),
    "a wider policy": lambda form, _: changed(form, policy=_wider(form.fields["policy"])),
}


def _wider(policy: str) -> str:
    document = json.loads(base64.b64decode(policy))
    document["conditions"][-1] = ["content-length-range", 0, 10**9]
    return base64.b64encode(json.dumps(document).encode()).decode()


@pytest.mark.parametrize("what", TAMPERED)
def test_a_changed_form_is_rejected(
    form: PresignedPost, uploads: UploadStore, prefix: str, what: str
) -> None:
    assert post(TAMPERED[what](form, prefix)) in (400, 403)

    for key in ("uploads/job/me.jpg", "uploads/other/me.jpg", "me.jpg"):
        with pytest.raises(NotFound):
            uploads.open(key)


def test_an_expired_form_is_rejected(uploads: UploadStore) -> None:
    form = uploads.presign("uploads/job/me.jpg", "image/jpeg", None, timedelta(seconds=1))

    time.sleep(2.1)

    assert post(form) == 403


def test_a_form_that_is_signed_with_a_wrong_secret_is_rejected(
    uploads: UploadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY[::-1])

    assert post(uploads.presign("uploads/job/me.jpg", "image/jpeg", None, MINUTE)) == 403


def test_without_credentials_there_is_no_form(
    uploads: UploadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")

    with pytest.raises(StorageUnavailable):
        uploads.presign("uploads/job/me.jpg", "image/jpeg", None, MINUTE)


def test_the_policy_fixes_every_field(form: PresignedPost, prefix: str) -> None:
    policy = json.loads(base64.b64decode(form.fields["policy"]))

    bound: Mapping[str, Any] = {
        name: value
        for condition in policy["conditions"]
        if isinstance(condition, dict)
        for name, value in condition.items()
    }
    sent = {k: v for k, v in form.fields.items() if k not in ("policy", "x-amz-signature")}
    assert bound == {**sent, "bucket": BUCKET}
    assert bound["key"] == f"{prefix}/uploads/job/me.jpg"
    assert ["content-length-range", 1, MAX_BYTES] in policy["conditions"]
    assert datetime.fromisoformat(policy["expiration"]) == form.expires_at
    assert timedelta(seconds=30) < form.expires_at - datetime.now(UTC) <= MINUTE


def test_a_session_token_is_a_field_too(
    uploads: UploadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")

    form = uploads.presign("uploads/job/me.jpg", "image/jpeg", None, MINUTE)

    assert form.fields["x-amz-security-token"] == "token"


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"AWS_REGION": "eu-central-1"}, "https://s3.eu-central-1.amazonaws.com/results"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com/results"),
        ({"AWS_ENDPOINT_URL": "http://minio:9000/"}, "http://minio:9000/results"),
        (
            {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "http://s3"},
            "http://s3/results",
        ),
    ],
)
def test_a_form_is_posted_to_the_endpoint_of_the_store(
    uploads: UploadStore, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str
) -> None:
    for name in ("AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert uploads.presign("uploads/job/me.jpg", "image/jpeg", None, MINUTE).url == url


def test_an_object_that_is_too_large_is_not_fetched(s3: str, prefix: str) -> None:
    large = UploadStore(f"s3://{BUCKET}/{prefix}", 10 * MAX_BYTES)
    post(large.presign("a.jpg", "image/jpeg", None, MINUTE), bytes(MAX_BYTES + 1))

    with pytest.raises(ObjectTooLarge, match="20,000"):
        UploadStore(f"s3://{BUCKET}/{prefix}", MAX_BYTES).open("a.jpg")


@pytest.mark.parametrize(
    "key",
    [
        *("", "/", "/a.jpg", "a//b.jpg", "a/", "..", "../a.jpg", "a/../../b.jpg", "./a.jpg"),
        *("s3://other/a.jpg", "a\0.jpg", "a\n.jpg", "\ud800.jpg", "a" * 901, "é" * 451),
    ],
)
def test_no_key_leads_out_of_the_store(uploads: UploadStore, key: str) -> None:
    with pytest.raises(InvalidRequest):
        uploads.open(key)
    with pytest.raises(InvalidRequest):
        uploads.presign(key, "image/jpeg", None, MINUTE)


def test_keys_are_relative_to_bucket_and_prefix(s3: str) -> None:
    whole, inbox = UploadStore("s3://bucket", 1), UploadStore("s3://bucket/in/box/", 1)

    assert whole.relative_key("bucket", "in/box/a.jpg") == "in/box/a.jpg"
    assert inbox.relative_key("bucket", "in/box/a.jpg") == "a.jpg"
    assert inbox.relative_key("bucket", "in/boxes/a.jpg") is None
    assert inbox.relative_key("bucket", "a.jpg") is None
    assert inbox.relative_key("other", "in/box/a.jpg") is None
