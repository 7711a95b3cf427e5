"""The requests of a crop to S3, which the cost in infra/README.md is computed from."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from infra.cost import Case, cases
from tests.api.calls import CROP, small
from tests.events.conftest import SMALL, Bucket, Handle
from tests.events.notifications import again, messages, s3_put
from tests.faulty_store import FaultyStore, in_front_of
from tests.servers import Program

READS = ("GET", "HEAD")


@pytest.fixture
def store(seaweedfs: Program, s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyStore]:
    with in_front_of(seaweedfs.url) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
        yield store


def counted(store: FaultyStore) -> tuple[int, int]:
    """Return the number of requests that write, and of those that read."""
    reads = sum(method in READS for method, _ in store.asked)
    return len(store.asked) - reads, reads


def of_kind(*, is_event: bool) -> list[Case]:
    return [case for case in cases() if case.is_event == is_event]


def test_a_crop_by_event_has_the_requests_of_the_cost(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings=SMALL)
    handle = make_handler(job_records="failed")

    assert handle(messages([s3_put(f"{folder}/a.jpg")])) == again()

    assert {counted(store)} == {(case.writes, case.reads) for case in of_kind(is_event=True)}


def test_records_of_all_jobs_cost_one_more_write(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings=SMALL)
    handle = make_handler(job_records="all")

    assert handle(messages([s3_put(f"{folder}/a.jpg")])) == again()

    (writes,) = {case.writes for case in of_kind(is_event=True)}
    assert counted(store)[0] == writes + 1


def test_a_crop_over_http_has_the_requests_of_the_cost(s3: str, store: FaultyStore) -> None:
    client = TestClient(create_app(Config(store=s3)))

    assert client.post(CROP, **small()).status_code == 200

    assert {counted(store)} == {(case.writes, case.reads) for case in of_kind(is_event=False)}
