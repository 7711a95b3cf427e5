"""Objects of the bucket that existed before the deployment."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from mypy_boto3_s3 import S3Client

from tests.conftest import UPLOADS
from tests.events.conftest import PHOTO, Bucket, Handle
from tests.events.notifications import again, batch_task, event_bridge, messages, s3_put
from tests.pictures import decoded

PHOTOS = "my-photos"


@pytest.fixture(scope="module")
def photos(uploads: S3Client) -> S3Client:
    """A client of the other bucket."""
    uploads.create_bucket(Bucket=PHOTOS)
    return uploads


@pytest.fixture
def handle(make_handler: Callable[..., Handle], photos: S3Client, folder: str) -> Handle:
    """The handler of a deployment with a second source."""
    return make_handler(existing_bucket=f"s3://{PHOTOS}/{folder}/")


def put(photos: S3Client, key: str) -> None:
    photos.put_object(Bucket=PHOTOS, Key=key, Body=PHOTO)


def test_objects_of_both_buckets_are_cropped_and_kept_separate(
    handle: Handle, bucket: Bucket, photos: S3Client, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings={"width": 30, "height": 30})
    put(photos, f"{folder}/a.jpg")

    mine = handle(s3_put(f"{folder}/a.jpg"))["outcomes"]
    theirs = handle(s3_put(f"{folder}/a.jpg", bucket=PHOTOS))["outcomes"]

    assert mine == [{"state": "done", "text": f"{folder}/a_smartcrop.jpg"}]
    assert theirs == [{"state": "done", "text": f"{PHOTOS}/{folder}/a_smartcrop.jpg"}]
    sizes = {text: decoded(bucket.result(text) or b"").size for text in (mine[0]["text"],)}
    assert sizes == {f"{folder}/a_smartcrop.jpg": (30, 30)}
    assert decoded(bucket.result(f"{PHOTOS}/{folder}/a_smartcrop.jpg") or b"").size == (24, 16)
    assert {each["bucket"] for each in bucket.records()} == {UPLOADS, PHOTOS}
    assert {each["key"] for each in bucket.records()} == {f"{folder}/a.jpg"}
    assert len({each["jobId"] for each in bucket.records()}) == 2


def test_every_event_source_may_name_them(
    handle: Handle, bucket: Bucket, photos: S3Client, folder: str
) -> None:
    bridged = event_bridge(f"{folder}/bridged.jpg")
    bridged["detail"]["bucket"]["name"] = PHOTOS
    for name in ("bridged", "batch", "queued"):
        put(photos, f"{folder}/{name}.jpg")

    handle(bridged)
    results = handle(batch_task(f"{folder}/batch.jpg", bucket=PHOTOS))["results"]
    answer = handle(messages([s3_put(f"{folder}/queued.jpg", bucket=PHOTOS)]))

    assert results[0]["resultCode"] == "Succeeded"
    assert answer == again()
    for name in ("bridged", "batch", "queued"):
        assert bucket.result(f"{PHOTOS}/{folder}/{name}_smartcrop.jpg")


def test_objects_outside_the_beginning_of_keys_are_ignored(
    handle: Handle, bucket: Bucket, photos: S3Client, folder: str
) -> None:
    put(photos, "elsewhere/a.jpg")

    outcomes = handle(s3_put("elsewhere/a.jpg", bucket=PHOTOS))["outcomes"]

    assert [each["state"] for each in outcomes] == ["outside_store"]
    assert bucket.results() == {}


def test_a_key_that_resembles_that_of_an_upload_has_no_id_of_a_client(
    make_handler: Callable[..., Handle], bucket: Bucket, photos: S3Client
) -> None:
    id_ = str(uuid4())
    put(photos, f"uploads/{id_}/a.jpg")

    make_handler(existing_bucket=f"s3://{PHOTOS}")(s3_put(f"uploads/{id_}/a.jpg", bucket=PHOTOS))

    assert bucket.record()["jobId"] != id_


def test_the_settings_of_a_folder_are_those_of_its_bucket(
    handle: Handle, bucket: Bucket, photos: S3Client, folder: str
) -> None:
    settings = b'{"width": 20, "height": 10}'
    photos.put_object(Bucket=PHOTOS, Key=f"{folder}/.smart-crop.json", Body=settings)
    bucket.put(f"{folder}/a.jpg")
    put(photos, f"{folder}/a.jpg")

    handle(messages([s3_put(f"{folder}/a.jpg"), s3_put(f"{folder}/a.jpg", bucket=PHOTOS)]))

    widths = {
        decoded(bucket.result(key) or b"").width
        for key in (f"{folder}/a_smartcrop.jpg", f"{PHOTOS}/{folder}/a_smartcrop.jpg")
    }
    assert widths == {24, 20}


def test_settings_outside_the_beginning_of_keys_are_not_read(
    make_handler: Callable[..., Handle], bucket: Bucket, photos: S3Client, folder: str
) -> None:
    photos.put_object(Bucket=PHOTOS, Key=f"{folder}/.smart-crop.json", Body=b"{")
    put(photos, f"{folder}/2024-a.jpg")

    handle = make_handler(existing_bucket=f"s3://{PHOTOS}/{folder}/2024-")
    handle(s3_put(f"{folder}/2024-a.jpg", bucket=PHOTOS))

    assert bucket.record()["state"] == "done"
