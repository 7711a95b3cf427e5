"""The store of results on moto's server, which returns all metadata of an object."""

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer
from mypy_boto3_s3 import S3Client

from handler.errors import NotFound, StorageUnavailable
from handler.storage import ResultStore, connect

BUCKET = "results"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "eu-central-1",
}


@pytest.fixture(scope="module")
def moto(bare_environment: None) -> Iterator[str]:
    """URL of moto's server."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def client(moto: str) -> Iterator[S3Client]:
    """Another client of the bucket."""
    client = boto3.client(
        "s3",
        endpoint_url=moto,
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        region_name=ENVIRONMENT["AWS_REGION"],
    )
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    yield client
    client.close()


@pytest.fixture
def results(moto: str, client: S3Client, monkeypatch: pytest.MonkeyPatch) -> ResultStore:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    return ResultStore(connect(f"s3://{BUCKET}/crops/2024/"), 3600)


def test_a_result_is_one_object_under_the_prefix_and_its_job(
    results: ResultStore, client: S3Client
) -> None:
    results.save("job", "été 日本_smartcrop.png", b"picture", "image/png")

    found = client.get_object(Bucket=BUCKET, Key="crops/2024/job/été 日本_smartcrop.png")
    assert found["Body"].read() == b"picture"


def test_a_result_without_a_prefix_is_at_the_top(results: ResultStore, client: S3Client) -> None:
    ResultStore(connect(f"s3://{BUCKET}"), 60).save("job", "a.png", b"picture", "image/png")

    assert client.head_object(Bucket=BUCKET, Key="job/a.png")["ContentLength"] == 7


def test_a_result_has_the_headers_of_its_download(results: ResultStore, client: S3Client) -> None:
    results.save("job", "été_smartcrop.webp", b"picture", "image/webp")

    found = client.head_object(Bucket=BUCKET, Key="crops/2024/job/été_smartcrop.webp")
    assert found["ContentType"] == "image/webp"
    assert found["ContentDisposition"] == (
        "attachment; filename=\"_t__smartcrop.webp\"; filename*=UTF-8''%C3%A9t%C3%A9_smartcrop.webp"
    )
    assert found["Metadata"] == {}


def test_a_result_is_private(results: ResultStore, client: S3Client) -> None:
    results.save("job", "private.png", b"picture", "image/png")

    acl = client.get_object_acl(Bucket=BUCKET, Key="crops/2024/job/private.png")
    grants = [(grant["Grantee"].get("ID"), grant["Permission"]) for grant in acl["Grants"]]
    assert grants == [(acl["Owner"]["ID"], "FULL_CONTROL")]


def test_a_result_is_read_and_checked(results: ResultStore) -> None:
    data = os.urandom(6_000_000)  # large enough to be sent in parts
    results.save("job", "a.png", data, "image/png")

    found = results.read("job", "a.png")

    assert (found.size, b"".join(found.chunks())) == (len(data), data)
    results.check("job", "a.png")


def test_a_missing_result_is_not_found(results: ResultStore) -> None:
    with pytest.raises(NotFound):
        results.check("job", "missing.png")
    with pytest.raises(NotFound):
        results.read("job", "missing.png")


def test_a_missing_bucket_is_unavailable(results: ResultStore) -> None:
    missing = ResultStore(connect("s3://no-such-bucket"), 60)
    with pytest.raises(StorageUnavailable):
        missing.save("job", "a.png", b"picture", "image/png")


def test_a_link_has_its_expiry(results: ResultStore) -> None:
    before = datetime.now(UTC)

    link = results.link("job", "a.png")

    assert results.signs_links
    assert link.expires_at is not None
    assert link.expires_at.tzinfo is UTC
    lifetime = link.expires_at - before
    assert timedelta(seconds=3599) <= lifetime <= timedelta(seconds=3630)
    query = parse_qs(urlsplit(link.url).query)
    assert query["X-Amz-Expires"] == ["3600"]
    signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    # The link never expires before the returned time.
    assert link.expires_at <= signed + timedelta(hours=1)


def test_the_endpoint_of_s3_alone_is_accepted(
    results: ResultStore, moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)

    ResultStore(connect(f"s3://{BUCKET}"), 60).save("job", "b.png", b"picture", "image/png")
