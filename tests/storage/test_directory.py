import os
import threading
from pathlib import Path

import pytest

from handler.errors import NotFound, StorageUnavailable
from handler.storage import ResultStore, connect


@pytest.fixture
def results(tmp_path: Path) -> ResultStore:
    return ResultStore(connect((tmp_path / "results").as_uri()), 60)


def test_a_result_is_one_file_in_the_folder_of_its_job(
    results: ResultStore, tmp_path: Path
) -> None:
    results.save("job", "été 日本_smartcrop.png", b"picture", "image/png")

    assert (tmp_path / "results/job/été 日本_smartcrop.png").read_bytes() == b"picture"


def test_a_result_is_read_with_its_size_and_etag(results: ResultStore) -> None:
    results.save("job", "a.png", b"picture", "image/png")

    found = results.read("job", "a.png")

    assert (found.size, b"".join(found.chunks())) == (7, b"picture")
    assert found.etag
    assert '"' not in found.etag
    results.check("job", "a.png")


def test_a_large_result_is_read_in_chunks(results: ResultStore) -> None:
    data = os.urandom(5_000_000)
    results.save("job", "a.png", data, "image/png")

    chunks = list(results.read("job", "a.png").chunks())

    assert b"".join(chunks) == data
    assert max(map(len, chunks)) <= 2 << 20


def test_another_picture_has_another_etag(results: ResultStore) -> None:
    results.save("job", "a.png", b"one", "image/png")
    results.save("job", "b.png", b"two", "image/png")

    assert results.read("job", "a.png").etag != results.read("job", "b.png").etag


def test_a_missing_result_is_not_found(results: ResultStore) -> None:
    results.save("job", "a.png", b"picture", "image/png")

    for job_id, filename in (("job", "b.png"), ("other", "a.png"), ("job", "")):
        with pytest.raises(NotFound):
            results.read(job_id, filename)
        with pytest.raises(NotFound):
            results.check(job_id, filename)


@pytest.mark.parametrize(
    ("job_id", "filename"), [("job", "../../secret"), ("..", "secret"), ("job/../..", "secret")]
)
def test_no_key_leads_out_of_the_directory(
    results: ResultStore, tmp_path: Path, job_id: str, filename: str
) -> None:
    (tmp_path / "secret").write_text("untouched")

    with pytest.raises(ValueError, match="illegal character sequence"):
        results.read(job_id, filename)
    with pytest.raises(ValueError, match="illegal character sequence"):
        results.save(job_id, filename, b"overwritten", "text/plain")

    assert (tmp_path / "secret").read_text() == "untouched"


def test_a_reader_never_sees_a_partial_result(results: ResultStore, tmp_path: Path) -> None:
    versions = [bytes([version]) * 3_000_000 for version in range(2)]
    results.save("job", "a.png", versions[0], "image/png")

    seen: list[bytes] = []

    def write() -> None:
        turn = 0
        while turn < 40 or len(seen) < 40:
            turn += 1
            results.save("job", "a.png", versions[turn % 2], "image/png")

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        seen.append(b"".join(results.read("job", "a.png").chunks()))
    writer.join()

    assert all(data in versions for data in seen)
    # No temporary file is left.
    assert os.listdir(tmp_path / "results/job") == ["a.png"]


def test_a_missing_directory_is_unavailable(tmp_path: Path) -> None:
    results = ResultStore(connect((tmp_path / "results").as_uri()), 60)
    (tmp_path / "results").rmdir()
    (tmp_path / "results").write_text("in the way")

    with pytest.raises(StorageUnavailable):
        results.save("job", "a.png", b"picture", "image/png")


def test_links_are_those_of_url_for_and_do_not_expire(tmp_path: Path) -> None:
    store = connect((tmp_path / "results").as_uri())
    results = ResultStore(store, 60, lambda folder, name: f"/here/{folder}/{name}")

    link = results.link("job", "a_smartcrop.png")

    assert (link.url, link.expires_at) == ("/here/job/a_smartcrop.png", None)
    assert not results.signs_links


def test_links_without_url_for_lead_to_the_file(results: ResultStore, tmp_path: Path) -> None:
    results.save("job", "été_smartcrop.png", b"picture", "image/png")

    link = results.link("job", "été_smartcrop.png")

    assert link.url == (tmp_path / "results/job/été_smartcrop.png").as_uri()
