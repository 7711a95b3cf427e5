"""The deletion of old results."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import obstore
import pytest

from handler.config import Config
from handler.errors import StorageUnavailable
from handler.jobs.retention import start_deleting
from handler.storage import connect, delete_old

OLD, NEW = str(uuid4()), str(uuid4())
OURS = [
    f"{OLD}/photo_smartcrop.jpg",
    f"{OLD}/photo_smartcrop_1-1.jpg",
    f"{OLD}/overlay_photo_smartcrop.jpg",
    f"{OLD}/preview.webp",
    f"{NEW}/batch-smart-crop-{NEW[:8]}.zip",
    f"jobs/{OLD}.json",
    "jobs/aliases/my-job.json",
]
FOREIGN = [
    "photo_smartcrop.jpg",
    "album/photo_smartcrop.jpg",
    f"album/{OLD}/photo_smartcrop.jpg",
    f"{NEW}/notes.txt",
    "jobs/report.json",
    ".health",
]


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_old_results_are_deleted_and_other_files_are_kept(tmp_path: Path) -> None:
    store = connect(tmp_path.as_uri())
    for name in (*OURS, *FOREIGN):
        obstore.put(store, name, b"x")

    assert delete_old(store, datetime.now(UTC) - timedelta(days=1)) == 0
    assert written(tmp_path) == {*OURS, *FOREIGN}
    assert delete_old(store, datetime.now(UTC) + timedelta(days=1)) == len(OURS)

    assert written(tmp_path) == set(FOREIGN)
    assert not (tmp_path / OLD).exists()
    assert (tmp_path / NEW).exists()


def test_old_results_in_a_bucket_are_deleted(s3: str) -> None:
    store = connect(f"{s3}/{uuid4()}")
    for name in (*OURS, *FOREIGN):
        obstore.put(store, name, b"x")

    assert delete_old(store, datetime.now(UTC) + timedelta(days=1)) == len(OURS)

    listed = {each["path"] for found in obstore.list(store) for each in found}
    assert listed == set(FOREIGN)


def test_a_store_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setattr("handler.storage.object_store._RETRIES", 0)

    with pytest.raises(StorageUnavailable):
        delete_old(connect("s3://bucket"), datetime.now(UTC))


def test_the_service_deletes_by_age_when_it_starts(tmp_path: Path) -> None:
    store = connect(tmp_path.as_uri())
    for name in OURS:
        obstore.put(store, name, b"x")
    three_days_ago = time.time() - 3 * 86_400
    os.utime(tmp_path / OURS[0], (three_days_ago, three_days_ago))

    thread = start_deleting(Config(store=tmp_path.as_uri()), 2)

    end = time.monotonic() + 60
    while (tmp_path / OURS[0]).exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    assert thread.daemon
    assert written(tmp_path) == set(OURS[1:])
