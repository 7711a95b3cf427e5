"""The memory for files that are received, and the disk for those that do not fit."""

import tempfile
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from handler.api import create_app
from handler.api.body_memory import BodyMemory
from handler.config import Config
from tests.api.calls import CROP, MULTIPART, PORTRAIT, file_part, form

SMALL = 1 << 20


def declaring(**headers: str) -> Request:
    pairs = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
    return Request({"type": "http", "headers": pairs})


def test_bodies_are_in_memory_until_it_is_used_up() -> None:
    memory, request = BodyMemory(10_000_000, 20_000_000), declaring(content_length="4000000")

    with memory.reserved(request) as first, memory.reserved(request) as second:
        assert (first, second) == (4_000_000, 4_000_000)
        with memory.reserved(request) as third:
            assert third == SMALL
    with memory.reserved(request) as later:
        assert later == 4_000_000


def test_a_failed_request_returns_its_memory() -> None:
    memory, request = BodyMemory(5_000_000, 20_000_000), declaring(content_length="4000000")

    with pytest.raises(ValueError, match="left"), memory.reserved(request):
        raise ValueError("the client left")

    with memory.reserved(request) as later:
        assert later == 4_000_000


def test_a_body_of_unknown_length_counts_as_the_largest_one() -> None:
    memory = BodyMemory(30_000_000, 20_000_000)

    with memory.reserved(declaring(transfer_encoding="chunked")) as first:
        assert first == 20_000_000
        with memory.reserved(declaring(transfer_encoding="chunked")) as second:
            assert second == SMALL


@pytest.mark.parametrize("length", ["", "-1", "many", "²", "9" * 5000])
def test_a_length_that_is_no_number_reserves_at_most_the_largest_body(length: str) -> None:
    assert BodyMemory(0, 400_000).body_bytes(declaring(content_length=length)) in (0, 400_000)


@pytest.fixture
def rolled(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list that grows with each file that is written to disk."""
    found: list[bool] = []
    rollover = tempfile.SpooledTemporaryFile.rollover

    def noted(self: tempfile.SpooledTemporaryFile[bytes]) -> None:
        found.append(True)
        rollover(self)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", noted)
    return found


@pytest.fixture(params=[1769, 16], ids=["much", "little"])
def memory_mb(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def client(memory_mb: int) -> Iterator[TestClient]:
    with TestClient(create_app(Config(memory_mb=memory_mb))) as client:
        yield client


def test_a_photo_is_written_to_disk_only_if_memory_is_short(
    client: TestClient, memory_mb: int, rolled: list[bool]
) -> None:
    # Bytes after the end of a JPEG are ignored.
    body = form(file_part(data=PORTRAIT + bytes(2 * SMALL)))

    response = client.post(f"{CROP}/analyze", content=body, headers={"Content-Type": MULTIPART})

    assert rolled == ([] if memory_mb > 1000 else [True])
    assert response.status_code == 200
