"""The outcomes of uploaded objects, and their records."""

import json
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.events.conftest import PHOTO, SMALL, Bucket, Handle
from tests.events.notifications import s3_put
from tests.pictures import decoded, encoded, gradient, photo


def crop(handle: Handle, *keys: str) -> list[tuple[str, str]]:
    """Return state and text of the outcomes of uploaded objects."""
    outcomes = handle(s3_put(*keys))["outcomes"]
    return [(each["state"], each["text"]) for each in outcomes]


def test_an_object_is_cropped_and_recorded(handle: Handle, bucket: Bucket, folder: str) -> None:
    etag = bucket.put(f"{folder}/portrait.jpg")

    assert crop(handle, f"{folder}/portrait.jpg") == [("done", f"{folder}/portrait_smartcrop.jpg")]

    result = bucket.result(f"{folder}/portrait_smartcrop.jpg")
    assert result is not None
    assert decoded(result).size == (SMALL["width"], SMALL["height"])
    record = bucket.record()
    assert record["state"] == "done"
    assert (record["key"], record["etag"]) == (f"{folder}/portrait.jpg", etag)
    assert record["settings"] == '{"height":16,"width":24}'
    assert record["createdAt"] <= record["updatedAt"]
    answer = record["answer"]
    assert answer["jobId"] == record["jobId"]
    assert (answer["originalSize"], answer["processedSize"]) == (len(PHOTO), len(result))
    assert (answer["filename"], answer["contentType"]) == ("portrait_smartcrop.jpg", "image/jpeg")
    assert answer["plan"]["source"] == {"width": 96, "height": 96}
    # A link would expire before it is read.
    assert not {"downloadUrl", "expiresAt"} & set(answer)
    assert set(bucket.results()) == {
        f"{folder}/portrait_smartcrop.jpg",
        f"jobs/{record['jobId']}.json",
    }


def test_the_job_of_an_upload_form_keeps_its_id(handle: Handle, bucket: Bucket) -> None:
    job_id = str(uuid4())
    bucket.put(f"uploads/{job_id}/portrait.jpg")

    crop(handle, f"uploads/{job_id}/portrait.jpg")

    assert bucket.record()["jobId"] == job_id
    assert bucket.result(f"uploads/{job_id}/portrait_smartcrop.jpg")


def test_a_redelivery_writes_nothing(handle: Handle, bucket: Bucket, folder: str) -> None:
    bucket.put(f"{folder}/a.jpg")
    first = crop(handle, f"{folder}/a.jpg")
    assert len(bucket.results()) == 2
    marked = {**bucket.record(), "attempts": 99}
    bucket.put_result(f"jobs/{marked['jobId']}.json", json.dumps(marked).encode())

    assert crop(handle, f"{folder}/a.jpg") == first

    assert bucket.record() == marked  # the record was not written again


def test_a_missing_result_is_made_again(handle: Handle, bucket: Bucket, folder: str) -> None:
    bucket.put(f"{folder}/a.jpg")
    crop(handle, f"{folder}/a.jpg")
    before = bucket.result(f"{folder}/a_smartcrop.jpg")
    bucket.delete_result(f"{folder}/a_smartcrop.jpg")

    crop(handle, f"{folder}/a.jpg")

    assert bucket.result(f"{folder}/a_smartcrop.jpg") == before is not None


def test_the_result_is_that_of_the_newest_object(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    """Also if it equals an earlier one, whose job is recorded as done."""
    one, other = PHOTO, encoded(gradient(96, 96))
    results = []
    for data in (one, other, one):
        bucket.put(f"{folder}/a.jpg", data)
        crop(handle, f"{folder}/a.jpg")
        results.append(bucket.result(f"{folder}/a_smartcrop.jpg"))

    assert results[0] == results[2] != results[1]
    assert len(bucket.records()) == 2


def test_other_settings_are_another_job(
    make_handler: Callable[..., Handle], bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    for default in ('{"width":24,"height":16}', '{"height": 16, "width": 24.0}', '{"width":30}'):
        crop(make_handler(default_settings=default), f"{folder}/a.jpg")

    assert {each["settings"] for each in bucket.records()} == {
        '{"height":16,"width":24}',
        '{"width":30}',
    }


@pytest.mark.parametrize(
    ("data", "settings", "code"),
    [
        (b"no picture", None, "INVALID_IMAGE"),
        (b"", None, "NO_IMAGE"),
        (PHOTO[:2000], None, "PROCESSING_FAILED"),
        (encoded(gradient(900, 900), "PNG"), None, "INVALID_IMAGE"),  # too many pixels
        (bytes(300_001), None, "OBJECT_TOO_LARGE"),
        (PHOTO, {"width": 0}, "INVALID_SETTINGS"),
        (PHOTO, "{", "SETTINGS_NOT_JSON"),
        (PHOTO, '["width"]', "INVALID_SETTINGS"),
        (PHOTO, {"mode": "face"}, "FEATURE_NOT_INSTALLED"),
    ],
)
def test_the_record_of_an_object_that_cannot_be_cropped_has_the_error(
    make_handler: Callable[..., Handle],
    bucket: Bucket,
    folder: str,
    data: bytes,
    settings: object,
    code: str,
) -> None:
    bucket.put(f"{folder}/bad.jpg", data, settings)
    handle = make_handler(max_object_bytes=300_000, max_pixels=800_000, face_bundle="/nowhere")

    ((state, text),) = crop(handle, f"{folder}/bad.jpg")

    assert state == "failed"
    assert text.startswith(f"{code}: ")
    record = bucket.record()
    assert (record["state"], record["key"]) == ("failed", f"{folder}/bad.jpg")
    assert record["error"]["code"] == code
    assert record["error"]["error"]
    assert bucket.result(f"{folder}/bad_smartcrop.jpg") is None


def test_a_missing_object_is_recorded_as_failed(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    ((state, _),) = crop(handle, f"{folder}/gone.jpg")

    assert state == "failed"
    assert bucket.record()["error"] == {
        "error": "Not found",
        "code": "NOT_FOUND",
        "details": "No such object",
    }


@pytest.mark.parametrize("key", ["/a.jpg", "a//b.jpg", "a/../b.jpg", "a/./b.jpg", "a\nb.jpg"])
def test_a_key_that_cannot_be_requested_is_recorded_as_failed(
    handle: Handle, bucket: Bucket, key: str
) -> None:
    ((state, text),) = crop(handle, key)

    assert (state, text.partition(":")[0]) == ("failed", "INVALID_REQUEST")
    assert bucket.record()["key"] == key


def test_folders_settings_and_other_buckets_are_ignored(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/", b"")
    bucket.put(f"{folder}/.smart-crop.json", b"{}")

    ignored = crop(handle, f"{folder}/", f"{folder}/.smart-crop.json")
    outside = handle(s3_put(f"{folder}/a.jpg", bucket="somebody-elses"))["outcomes"]

    assert ignored == [("ignored", "a folder"), ("ignored", "settings of a folder")]
    assert outside == [{"state": "outside_store", "text": "not in the uploads store"}]
    assert bucket.results() == {}


def test_objects_outside_the_prefix_of_the_store_are_ignored(
    make_handler: Callable[..., Handle], bucket: Bucket, folder: str
) -> None:
    handle = make_handler(uploads=f"s3://uploads/{folder}/inbox/")
    bucket.put(f"{folder}/inbox/me/a.jpg")
    bucket.put(f"{folder}/other/a.jpg")

    outcomes = crop(handle, f"{folder}/inbox/me/a.jpg", f"{folder}/other/a.jpg")

    assert outcomes == [
        ("done", "me/a_smartcrop.jpg"),
        ("outside_store", "not in the uploads store"),
    ]
    assert bucket.record()["key"] == "me/a.jpg"


@pytest.mark.parametrize(
    "name",
    [
        "a b+c.jpg",
        "100%41.jpg",
        "été 日本.jpg",
        "a&b=c;d,e#f?.jpg",
        "q\"uo\\te'.jpg",
        "no-extension",
    ],
)
def test_keys_with_any_characters_are_accepted(
    handle: Handle, bucket: Bucket, folder: str, name: str
) -> None:
    bucket.put(f"{folder}/{name}")

    ((state, key),) = crop(handle, f"{folder}/{name}")

    assert state == "done"
    assert bucket.result(key)


def test_results_have_the_requested_format(handle: Handle, bucket: Bucket, folder: str) -> None:
    bucket.put(f"{folder}/a.JPG", settings={**SMALL, "format": "png"})
    bucket.put(f"{folder}/b.jpeg", settings=SMALL)
    bucket.put(f"{folder}/c.bmp", encoded(photo(size=(40, 40)), "BMP"), settings=SMALL)

    outcomes = crop(handle, *(f"{folder}/{name}" for name in ("a.JPG", "b.jpeg", "c.bmp")))

    assert outcomes == [
        ("done", f"{folder}/a.JPG.smartcrop.png"),
        ("done", f"{folder}/b_smartcrop.jpeg"),
        ("done", f"{folder}/c.bmp.smartcrop.png"),
    ]
