"""Objects that no attempt could crop: each fails once, with a reason."""

from collections.abc import Callable

import pytest

from handler.codec import FORMATS
from handler.events.object_kind import other_kind
from tests.events.conftest import PHOTO, Bucket, Handle
from tests.events.notifications import again, batch_task, messages, s3_put
from tests.faulty_store import FaultyStore

ARCHIVED = (403, "InvalidObjectState")


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ((403, "AccessDenied"), "S3 denies access to it"),
        (ARCHIVED, "it is archived; restore it first"),
        ((400, "KMS.DisabledException"), "the key that encrypts it cannot be used"),
        (
            (403, "AccessDenied</Code><Message>not authorized to perform: kms:Decrypt<"),
            "the service may not use the key that encrypts it",
        ),
    ],
)
def test_an_object_that_s3_refuses_fails_once(
    make_handler: Callable[..., Handle],
    store: FaultyStore,
    bucket: Bucket,
    folder: str,
    refusal: tuple[int, str],
    reason: str,
) -> None:
    bucket.put(f"{folder}/a.jpg")
    store.fault = lambda _, path: refusal if path.endswith("/a.jpg") else None

    assert make_handler()(messages([s3_put(f"{folder}/a.jpg")])) == again()

    error = bucket.record()["error"]
    assert error["code"] == "OBJECT_UNREADABLE"
    assert error["details"] == f"The object cannot be read: {reason}"


def test_s3_batch_operations_do_not_repeat_it(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    store.fault = lambda _, path: ARCHIVED if path.endswith("/a.jpg") else None

    (result,) = make_handler()(batch_task(f"{folder}/a.jpg"))["results"]

    assert result["resultCode"] == "PermanentFailure"
    assert "restore it first" in result["resultString"]


@pytest.mark.parametrize("code", ["ExpiredToken", "SignatureDoesNotMatch", "RequestTimeTooSkewed"])
def test_wrong_credentials_are_no_refusal(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str, code: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    store.fault = lambda _, path: (403, code)

    assert make_handler()(messages([s3_put(f"{folder}/a.jpg")])) == again(0)
    store.repair()
    assert bucket.records() == []


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("{" * 1900, "SETTINGS_NOT_JSON"),
        ('{"width": NaN}', "SETTINGS_NOT_JSON"),
        ("null", "INVALID_SETTINGS"),
        ('{"width":"' + "9" * 1800 + '"}', "INVALID_SETTINGS"),
        ("=?UTF-8?Q?=FF=FE?=", "SETTINGS_NOT_JSON"),
        ("=?no-charset?B?!!?=", "SETTINGS_NOT_JSON"),
        ("=?UTF-8?B?eyJ3aWR0aCI6IDB9?=", "INVALID_SETTINGS"),  # {"width": 0}, as S3 encodes it
    ],
)
def test_hostile_settings_fail_once(
    handle: Handle, bucket: Bucket, folder: str, settings: str, code: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings=settings)

    assert handle(messages([s3_put(f"{folder}/a.jpg")])) == again()

    assert bucket.record()["error"]["code"] == code


def test_settings_outside_ascii_are_read_as_s3_encodes_them(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings="=?UTF-8?Q?{=22width=22:_31,_=22height=22:_9}?=")

    handle(s3_put(f"{folder}/a.jpg"))

    assert bucket.record()["settings"] == '{"height":9,"width":31}'


@pytest.mark.parametrize(
    "key",
    [
        *("a/../b.jpg", "../../jobs/x.jpg", "./a.jpg", "a//b.jpg", "/a.jpg"),
        *("a\nb.jpg", "a\r\nx: y.jpg", "a\0b.jpg", "a\x7f.jpg", "\u0085.jpg"),
        *("x" * 1020 + ".jpg", "é" * 510 + ".jpg", "x/" * 509 + "a.jpg"),
    ],
)
def test_hostile_keys_fail_once(handle: Handle, bucket: Bucket, key: str) -> None:
    assert handle(messages([s3_put(key)])) == again()

    record = bucket.record()
    assert (record["state"], record["key"]) == ("failed", key)
    assert record["error"]["code"] == "INVALID_REQUEST"
    assert "key: expected " in record["error"]["details"]


@pytest.mark.parametrize(
    "name", ["notes.txt", "film.MP4", "paper.pdf", "app.log", "data.parquet", "a.jpg.zip"]
)
def test_objects_that_are_no_images_by_their_name_are_ignored_without_a_request(
    make_handler: Callable[..., Handle],
    store: FaultyStore,
    bucket: Bucket,
    folder: str,
    name: str,
) -> None:
    bucket.put(f"{folder}/{name}")

    (outcome,) = make_handler()(s3_put(f"{folder}/{name}"))["outcomes"]

    assert outcome == {"state": "ignored", "text": "no image by its name"}
    assert store.asked == []


@pytest.mark.parametrize("extension", [each for f in FORMATS.values() for each in f.extensions])
@pytest.mark.parametrize("content_type", [None, "text/plain", "application/octet-stream"])
def test_names_of_images_are_never_ignored(extension: str, content_type: str | None) -> None:
    assert other_kind(f"a.{extension}", content_type) is None
    assert other_kind(f"a/b.c.{extension.upper()}", content_type) is None


@pytest.mark.parametrize(
    ("key", "content_type", "ignored"),
    [
        ("a", None, False),
        ("a", "application/octet-stream", False),
        ("a", "binary/octet-stream", False),
        ("a.jpg.backup", "image/jpeg", False),
        ("a", "text/csv; charset=utf-8", True),
        ("a", "video/mp4", True),
        ("report", "application/pdf", True),
        ("a.html", None, True),
        ("folder.zip/a", None, False),
        (".", None, False),
        ("log", None, False),
    ],
)
def test_other_objects_are_ignored_by_what_their_writers_declared(
    key: str, content_type: str | None, ignored: bool
) -> None:
    assert (other_kind(key, content_type) is not None) == ignored


def test_an_object_that_is_declared_as_something_else_is_not_read(
    make_handler: Callable[..., Handle],
    store: FaultyStore,
    bucket: Bucket,
    folder: str,
) -> None:
    bucket.put(f"{folder}/a", content_type="video/mp4")

    (outcome,) = make_handler()(s3_put(f"{folder}/a"))["outcomes"]

    assert outcome == {"state": "ignored", "text": "no image by its content type"}
    assert len(store.asked) == 1
    assert bucket.results() == {}


def test_the_upload_of_a_form_never_goes_without_a_record(handle: Handle, bucket: Bucket) -> None:
    key = "uploads/0b9e6a3c-6a51-4a5e-9f0e-4d5b8c0f5a11/notes.txt"
    bucket.put(key, b"no picture")

    handle(s3_put(key))

    assert bucket.record()["error"]["code"] == "INVALID_IMAGE"


def test_the_error_of_an_image_with_another_name_is_that_of_its_bytes(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/portrait", PHOTO)

    (outcome,) = handle(s3_put(f"{folder}/portrait"))["outcomes"]

    assert outcome["state"] == "done"
