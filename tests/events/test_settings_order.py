"""The settings of objects: their own, those of their folder, those of the deployment."""

import json
from collections.abc import Callable

import pytest

from tests.events.conftest import Bucket, Handle
from tests.events.notifications import messages, s3_put
from tests.pictures import decoded


def width_of(bucket: Bucket, key: str) -> int:
    result = bucket.result(key)
    assert result is not None
    return decoded(result).width


def test_the_most_specific_settings_apply(handle: Handle, bucket: Bucket, folder: str) -> None:
    bucket.put(f"{folder}/.smart-crop.json", b'{"width": 31, "height": 9}')
    bucket.put(f"{folder}/own.jpg", settings={"width": 32})
    bucket.put(f"{folder}/of-folder.jpg")
    bucket.put(f"{folder}/subfolder/default.jpg")

    handle(s3_put(*(f"{folder}/{name}.jpg" for name in ("own", "of-folder", "subfolder/default"))))

    assert width_of(bucket, f"{folder}/own_smartcrop.jpg") == 32
    assert width_of(bucket, f"{folder}/of-folder_smartcrop.jpg") == 31
    assert width_of(bucket, f"{folder}/subfolder/default_smartcrop.jpg") == 24


def test_settings_are_not_merged(handle: Handle, bucket: Bucket, folder: str) -> None:
    bucket.put(f"{folder}/.smart-crop.json", b'{"width": 31, "height": 9}')
    bucket.put(f"{folder}/own.jpg", settings={"width": 32})

    handle(s3_put(f"{folder}/own.jpg"))

    assert bucket.record()["settings"] == '{"width":32}'


def test_an_unknown_setting_is_a_warning_in_the_record(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings={"width": 32, "hieght": 9})

    handle(s3_put(f"{folder}/a.jpg"))

    assert bucket.record()["answer"]["warnings"][:2] == [
        "hieght: unknown setting, ignored",
        "height: not set, so the default of 1,080 pixels is used",
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "SETTINGS_NOT_JSON"),
        (b"\xff", "SETTINGS_NOT_JSON"),
        (b'{"width": -1}', "INVALID_SETTINGS"),
        (b'{"width": 5}' + b" " * 70_000, "INVALID_SETTINGS"),
    ],
)
def test_wrong_settings_of_a_folder_fail_its_objects(
    handle: Handle, bucket: Bucket, folder: str, data: bytes, code: str
) -> None:
    bucket.put(f"{folder}/.smart-crop.json", data)
    bucket.put(f"{folder}/a.jpg")

    handle(s3_put(f"{folder}/a.jpg"))

    assert bucket.record()["error"]["code"] == code


def test_the_settings_of_a_folder_are_read_again_for_the_next_batch(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    for width, names in ((31, "ab"), (33, "cd")):
        text = json.dumps({"width": width})
        bucket.put(f"{folder}/.smart-crop.json", text.encode())
        for name in names:
            bucket.put(f"{folder}/{name}.jpg")
        handle(messages([s3_put(f"{folder}/{name}.jpg") for name in names]))

    widths = {name: width_of(bucket, f"{folder}/{name}_smartcrop.jpg") for name in "abcd"}
    assert widths == {"a": 31, "b": 31, "c": 33, "d": 33}


def test_wrong_default_settings_fail_only_the_objects_that_need_them(
    make_handler: Callable[..., Handle],
    bucket: Bucket,
    folder: str,
    logged: Callable[[], str],
) -> None:
    bucket.put(f"{folder}/own.jpg", settings={"width": 32})
    bucket.put(f"{folder}/default.jpg")
    handle = make_handler(default_settings='{"width": 0}')

    handle(s3_put(f"{folder}/own.jpg", f"{folder}/default.jpg"))

    assert "default settings rejected" in logged()
    assert width_of(bucket, f"{folder}/own_smartcrop.jpg") == 32
    (failed,) = (each for each in bucket.records() if each["state"] == "failed")
    assert failed["key"] == f"{folder}/default.jpg"
    assert failed["error"]["code"] == "INVALID_SETTINGS"
    assert failed["error"]["details"].startswith("SMART_CROP_DEFAULT_SETTINGS: width: expected ")


@pytest.mark.parametrize(
    ("store", "uploads"),
    [
        ("s3://uploads", "s3://uploads"),
        ("s3://uploads/results", "s3://uploads"),
        ("s3://uploads/", "s3://uploads/inbox"),
        ("s3://results", None),
    ],
)
def test_a_deployment_with_overlapping_stores_does_not_start(
    make_handler: Callable[..., Handle], store: str, uploads: str | None
) -> None:
    with pytest.raises(ValueError, match=r"SMART_CROP_UPLOADS"):
        make_handler(store=store, uploads=uploads)


@pytest.mark.parametrize(
    ("store", "existing"),
    [
        ("s3://photos", "s3://photos"),
        ("s3://photos/results", "s3://photos/"),
        ("s3://photos/results", "s3://photos/re"),
        ("s3://photos/", "s3://photos/inbox/"),
    ],
)
def test_a_deployment_whose_results_are_in_its_other_bucket_does_not_start(
    make_handler: Callable[..., Handle], store: str, existing: str
) -> None:
    with pytest.raises(ValueError, match=r"SMART_CROP_EXISTING_BUCKET"):
        make_handler(store=store, existing_bucket=existing)
    make_handler(store="s3://photos-results", existing_bucket=existing)


def test_the_stores_can_be_two_folders_of_a_bucket(make_handler: Callable[..., Handle]) -> None:
    make_handler(store="s3://bucket/results", uploads="s3://bucket/results-to-be")
