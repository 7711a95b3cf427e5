"""A server whose store fails answers 503 with the reason, and heals by itself."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from handler.config import Config
from handler.jobs import zip_batch
from tests.api.calls import CROP, PORTRAIT, small, upload
from tests.disks import SmallDisk, largest_file, small_disk
from tests.serving import serving

MISSING = "the folder or bucket of the store is missing"


@pytest.fixture(autouse=True)
def quick_health(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handler.storage.store_health._SECONDS_BETWEEN_PROBES", 0)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def health(url: str) -> tuple[str, Any]:
    answer = httpx.get(f"{url}/api/v1/health")
    assert answer.status_code == 200
    return answer.json()["status"], answer.json()["store"]


def rejected(url: str, path: str = CROP, **request: Any) -> str:
    """Request a crop, which fails, and return the details of the error."""
    answer = httpx.post(url + path, **(request or small()))
    assert answer.status_code == 503
    assert answer.json()["code"] == "STORE_UNAVAILABLE"
    details: str = answer.json()["details"]
    assert "/" not in details
    return details


WORKS = ("ok", {"status": "ok", "reason": None})


def degraded(reason: str) -> tuple[str, dict[str, str]]:
    return "degraded", {"status": "unavailable", "reason": reason}


def test_a_full_store(disk: SmallDisk) -> None:
    with serving(Config(store=disk.folder.as_uri())) as url:
        first = httpx.post(url + CROP, **small()).json()
        disk.fill()
        assert rejected(url) == "The result could not be stored: the store is full"
        assert health(url) == degraded("the store is full")
        # Requests that need no store are answered.
        assert httpx.post(f"{url}{CROP}/analyze", **small()).status_code == 200
        picture = httpx.get(url + first["downloadUrl"])
        assert len(picture.content) == first["processedSize"]
        disk.clear()
        assert httpx.post(url + CROP, **small()).status_code == 200
        assert health(url) == WORKS
    # Only whole results are in the store.
    names = {path.name for path in disk.folder.rglob("*") if path.is_file()}
    assert names == {"portrait_smartcrop.jpg"}


def test_a_read_only_store(disk: SmallDisk) -> None:
    with serving(Config(store=disk.folder.as_uri())) as url:
        assert health(url) == WORKS
        disk.set_read_only(True)
        assert health(url) == degraded("the store is read-only")
        assert rejected(url) == "The result could not be stored: the store is read-only"
        disk.set_read_only(False)
        assert health(url) == WORKS
        assert httpx.post(url + CROP, **small()).status_code == 200


def test_a_store_that_is_gone_and_comes_back(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with serving(Config(store=store.as_uri())) as url:
        kept = httpx.post(url + CROP, **small()).json()["downloadUrl"]
        store.rename(tmp_path / "moved")
        store.write_text("in the way")
        assert rejected(url) == f"The result could not be stored: {MISSING}"
        assert health(url) == degraded(MISSING)
        answer = httpx.get(url + kept)
        assert (answer.status_code, answer.json()["code"]) == (503, "STORE_UNAVAILABLE")
        store.unlink()
        (tmp_path / "moved").rename(store)
        assert httpx.get(url + kept).status_code == 200
        assert health(url) == WORKS


def test_an_s3_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handler.storage.object_store._RETRIES", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # no server listens on it
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with serving(Config(store="s3://results")) as url:
        assert rejected(url) == "The result could not be stored: the store cannot be reached"
        assert health(url) == degraded("the store cannot be reached")


def test_a_result_larger_than_the_store_accepts(tmp_path: Path) -> None:
    with serving(Config(store=(tmp_path / "store").as_uri())) as url:
        with largest_file(100_000):
            details = rejected(url, **upload({"width": 1080, "height": 1080}))
            assert "full" in details
        assert httpx.post(url + CROP, **small()).status_code == 200
        assert health(url) == WORKS
    assert not any(path.name.endswith("#1") for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("path", [CROP, f"{CROP}/batch"])
def test_a_full_disk_for_the_temporary_files_of_forms(
    disk: SmallDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
    large = upload({"width": 48, "height": 32}, PORTRAIT + bytes(3_000_000))
    # So little memory that the form is not received into it.
    with serving(Config(store=(tmp_path / "store").as_uri(), memory_mb=16)) as url:
        details = rejected(url, path, **large)
        assert details == "The form could not be read: the disk for temporary files is full"
        assert httpx.post(url + path, **small()).status_code == 200


@pytest.mark.parametrize("size", [1, 900_000])
def test_a_full_disk_for_the_temporary_file_of_a_zip(
    disk: SmallDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
    monkeypatch.setattr(zip_batch, "_IN_MEMORY_BYTES", size)
    files = [("files", (f"{n}.jpg", PORTRAIT)) for n in range(4)]
    large = {
        "files": files,
        "data": {"settings": '{"width": 1080, "height": 1080, "format": "png"}'},
    }
    with serving(Config(store=(tmp_path / "store").as_uri())) as url:
        details = rejected(url, f"{CROP}/batch", **large)
        assert details == "The ZIP could not be written: the disk for temporary files is full"
        assert httpx.post(f"{url}{CROP}/batch", **small()).status_code == 200
    assert list(disk.folder.iterdir()) == []
