"""Several sizes of an uploaded object."""

import httpx
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from tests.events.conftest import Bucket, Handle
from tests.events.notifications import s3_put
from tests.pictures import decoded

SETTINGS = {"sizes": ["24x24", {"width": 32, "height": 16, "name": "wide"}]}


def crop(handle: Handle, key: str) -> list[tuple[str, str]]:
    return [(each["state"], each["text"]) for each in handle(s3_put(key))["outcomes"]]


def test_each_size_has_a_result(handle: Handle, bucket: Bucket, folder: str) -> None:
    bucket.put(f"{folder}/a.JPG", settings=SETTINGS)

    assert crop(handle, f"{folder}/a.JPG") == [("done", f"{folder}/a_smartcrop_24x24.JPG")]

    sizes = {}
    for name in ("24x24", "wide"):
        result = bucket.result(f"{folder}/a_smartcrop_{name}.JPG")
        assert result is not None
        sizes[name] = decoded(result).size
    assert sizes == {"24x24": (24, 24), "wide": (32, 16)}
    record = bucket.record()
    assert len(bucket.results()) == 3
    assert record["settings"] == '{"sizes":["24x24",{"height":16,"name":"wide","width":32}]}'
    results = record["answer"]["results"]
    assert [each["filename"] for each in results] == list(record["resultEtags"])
    # Links would expire before they are read.
    assert not any(
        {"downloadUrl", "expiresAt"} & set(each) for each in [record["answer"], *results]
    )


def test_a_result_in_another_format_keeps_the_whole_name(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings={**SETTINGS, "format": "webp"})

    crop(handle, f"{folder}/a.jpg")

    names = {key for key in bucket.results() if not key.startswith("jobs/")}
    assert names == {f"{folder}/a.jpg.smartcrop_{n}.webp" for n in ("24x24", "wide")}


def test_a_job_with_a_missing_result_is_repeated(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings=SETTINGS)
    crop(handle, f"{folder}/a.jpg")
    wide = f"{folder}/a_smartcrop_wide.jpg"
    before = bucket.results()
    crop(handle, f"{folder}/a.jpg")
    assert bucket.results() == before  # a redelivery writes nothing

    kept = bucket.result(wide)
    bucket.delete_result(wide)
    crop(handle, f"{folder}/a.jpg")

    assert bucket.result(wide) == kept is not None


def test_the_api_returns_fresh_links_to_all_results(
    handle: Handle, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings=SETTINGS)
    crop(handle, f"{folder}/a.jpg")
    api = TestClient(create_app(Config.from_environment(bucket.environment)))

    job = api.get(f"/api/v1/jobs/{bucket.record()['jobId']}").json()

    assert job["state"] == "done"
    assert (
        job["downloadUrl"].partition("?")[0] == job["results"][0]["downloadUrl"].partition("?")[0]
    )
    for each in job["results"]:
        picture = decoded(httpx.get(each["downloadUrl"]).content)
        assert picture.size == (each["width"], each["height"])
