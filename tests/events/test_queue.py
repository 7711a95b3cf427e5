"""Batches of SQS: finished messages are not redelivered, and the others are."""

from collections.abc import Callable

import pytest

from tests.events.conftest import Bucket, FakeContext, Handle
from tests.events.notifications import again, event_bridge, load, messages, s3_put


def test_each_message_of_a_batch_is_processed(handle: Handle, bucket: Bucket, folder: str) -> None:
    for name in ("a", "b", "c"):
        bucket.put(f"{folder}/{name}.jpg")

    answer = handle(
        messages([s3_put(f"{folder}/a.jpg", f"{folder}/b.jpg"), event_bridge(f"{folder}/c.jpg")])
    )

    assert answer == again()
    names = {key for key in bucket.results() if not key.startswith("jobs/")}
    assert names == {f"{folder}/{name}_smartcrop.jpg" for name in "abc"}


def test_permanent_failures_are_not_redelivered(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/bad.jpg", b"no picture")

    assert handle(messages([s3_put(f"{folder}/bad.jpg"), s3_put(f"{folder}/gone.jpg")])) == again()
    assert {each["state"] for each in bucket.records()} == {"failed"}


def test_ignored_events_are_not_redelivered(handle: Handle, bucket: Bucket) -> None:
    removed = s3_put("a.jpg", name="ObjectRemoved:Delete")

    assert handle(messages([load("s3-test"), removed, s3_put("a.jpg", bucket="other")])) == again()
    assert bucket.results() == {}


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"Records": [{}]}'])
def test_a_malformed_message_is_redelivered_until_it_is_a_dead_letter(
    handle: Handle, bucket: Bucket, folder: str, body: str
) -> None:
    bucket.put(f"{folder}/a.jpg")

    assert handle(messages([body, s3_put(f"{folder}/a.jpg")])) == again(0)
    assert bucket.record()["state"] == "done"


def test_messages_are_redelivered_if_there_is_not_enough_time_left(
    handle: Handle, bucket: Bucket, folder: str, logged: Callable[[], str]
) -> None:
    class Ending(FakeContext):
        """A context with time for two messages, each of which asks twice for it."""

        left = iter([30_000, 30_000, 12_000, 12_000, 9_999, 9_000])

        def get_remaining_time_in_millis(self) -> int:
            return next(self.left)

    for name in "abcd":
        bucket.put(f"{folder}/{name}.jpg")

    answer = handle(messages([s3_put(f"{folder}/{name}.jpg") for name in "abcd"]), Ending())

    assert answer == again(2, 3)
    assert len(bucket.records()) == 2
    assert logged().count("not enough time left, message will be redelivered") == 2


def test_an_empty_batch_is_accepted(handle: Handle) -> None:
    assert handle({"Records": []}) == {"outcomes": []}
