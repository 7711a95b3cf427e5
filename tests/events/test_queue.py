"""Batches of SQS: what is dealt with is not delivered again, and nothing else is lost."""

from collections.abc import Callable

import pytest

from tests.events.conftest import Bucket, FakeContext, Handle
from tests.events.notifications import again, event_bridge, load, messages, s3_put


def test_a_batch_is_done_message_by_message(handle: Handle, bucket: Bucket, folder: str) -> None:
    for name in ("a", "b", "c"):
        bucket.put(f"{folder}/{name}.jpg")

    answer = handle(
        messages([s3_put(f"{folder}/a.jpg", f"{folder}/b.jpg"), event_bridge(f"{folder}/c.jpg")])
    )

    assert answer == again()
    names = {key for key in bucket.results() if not key.startswith("jobs/")}
    assert names == {f"{folder}/{name}_smartcrop.jpg" for name in "abc"}


def test_what_will_never_work_is_not_delivered_again(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/bad.jpg", b"no picture")

    assert handle(messages([s3_put(f"{folder}/bad.jpg"), s3_put(f"{folder}/gone.jpg")])) == again()
    assert {each["state"] for each in bucket.records()} == {"failed"}


def test_what_is_not_for_us_is_not_delivered_again(handle: Handle, bucket: Bucket) -> None:
    removed = s3_put("a.jpg", name="ObjectRemoved:Delete")

    assert handle(messages([load("s3-test"), removed, s3_put("a.jpg", bucket="other")])) == again()
    assert bucket.results() == {}


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"Records": [{}]}'])
def test_a_malformed_message_is_kept_for_the_dead_letter_queue(
    handle: Handle, bucket: Bucket, folder: str, body: str
) -> None:
    bucket.put(f"{folder}/a.jpg")

    assert handle(messages([body, s3_put(f"{folder}/a.jpg")])) == again(0)
    assert bucket.record()["state"] == "done"


def test_with_no_time_left_the_rest_is_delivered_again(
    handle: Handle, bucket: Bucket, folder: str, logged: Callable[[], str]
) -> None:
    class Ending(FakeContext):
        """Time for two messages, each asking when it is looked at and when it is begun."""

        left = iter([30_000, 30_000, 12_000, 12_000, 9_999, 9_000])

        def get_remaining_time_in_millis(self) -> int:
            return next(self.left)

    for name in "abcd":
        bucket.put(f"{folder}/{name}.jpg")

    answer = handle(messages([s3_put(f"{folder}/{name}.jpg") for name in "abcd"]), Ending())

    assert answer == again(2, 3)
    assert len(bucket.records()) == 2
    assert logged().count("not enough time left, message will be redelivered") == 2


def test_a_batch_of_nothing_is_fine(handle: Handle) -> None:
    assert handle({"Records": []}) == {"outcomes": []}
