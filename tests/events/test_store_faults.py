"""A store that is slow, refuses or resets connections: each picture still has one right result."""

from collections.abc import Callable

import pytest

from tests.events.conftest import Bucket, Handle
from tests.events.notifications import again, messages, s3_put
from tests.faulty_store import Fault, FaultyStore

FAULTS: list[Fault] = ["slow", "refuse", "reset"]
REQUESTS = {
    "the picture": ("GET", ".jpg"),
    "the settings of the folder": ("GET", ".smart-crop.json"),
    "the result": ("PUT", "_smartcrop.jpg"),
}


@pytest.fixture
def handle(make_handler: Callable[..., Handle], store: FaultyStore) -> Handle:
    """The handler, with a record of failed jobs only, as deployed."""
    return make_handler(job_records="failed")


@pytest.fixture
def expected(handle: Handle, bucket: Bucket, folder: str) -> bytes | None:
    """The result of a picture without a fault."""
    bucket.put(f"{folder}/undisturbed/a.jpg")
    assert handle(messages([s3_put(f"{folder}/undisturbed/a.jpg")])) == again()
    return bucket.result(f"{folder}/undisturbed/a_smartcrop.jpg")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("what", REQUESTS)
def test_a_fault_that_ends_does_not_change_the_result(
    handle: Handle,
    store: FaultyStore,
    bucket: Bucket,
    folder: str,
    expected: bytes | None,
    what: str,
    fault: Fault,
) -> None:
    method, end = REQUESTS[what]
    bucket.put(f"{folder}/a.jpg")
    left = [fault]
    store.fault = lambda asked, path: (
        left.pop() if left and asked == method and path.endswith(end) else None
    )
    event = messages([s3_put(f"{folder}/a.jpg")])

    answers = [handle(event)]
    if answers[0] != again():  # SQS delivers the message again
        answers.append(handle(messages([s3_put(f"{folder}/a.jpg")], attempt=2)))

    assert left == []
    assert answers[-1] == again()
    assert expected is not None
    assert bucket.result(f"{folder}/a_smartcrop.jpg") == expected
    assert bucket.records() == []


@pytest.mark.parametrize("fault", ["refuse", "reset"])
def test_a_fault_that_lasts_is_recorded_and_ends_as_a_dead_letter(
    handle: Handle, store: FaultyStore, bucket: Bucket, folder: str, fault: Fault
) -> None:
    bucket.put(f"{folder}/a.jpg")
    store.fault = lambda method, path: fault if path.endswith("a.jpg") else None
    for attempt in range(1, 6):
        assert handle(messages([s3_put(f"{folder}/a.jpg")], attempt)) == again(0)
    store.repair()

    (record,) = bucket.records()
    assert (record["state"], record["error"]["code"]) == ("failed", "STORE_UNAVAILABLE")
    assert bucket.result(f"{folder}/a_smartcrop.jpg") is None


def test_a_reset_in_a_result_leaves_no_part_of_it(
    handle: Handle, store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    store.fault = lambda method, path: "reset" if method == "PUT" else None

    assert handle(messages([s3_put(f"{folder}/a.jpg")])) == again(0)
    assert bucket.results() == {}
