"""The addresses of services, by region."""

import httpx
import pytest

from handler.aws.endpoints import endpoint
from handler.storage import ResultStore, bucket_url, connect


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("us-east-1", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("cn-northwest-1", "amazonaws.com.cn"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov"),
        ("eusc-de-east-1", "amazonaws.eu"),
    ],
)
def test_services_have_the_domain_of_the_partition(
    monkeypatch: pytest.MonkeyPatch, region: str, domain: str
) -> None:
    monkeypatch.setenv("AWS_REGION", region)

    assert endpoint("events") == f"https://events.{region}.{domain}"
    assert bucket_url("uploads") == f"https://s3.{region}.{domain}/uploads"


@pytest.mark.parametrize("region", ["eu-central-1", "cn-north-1", "us-gov-west-1"])
def test_links_and_forms_have_the_same_host(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    link = httpx.URL(ResultStore(connect("s3://results"), 60).link("job", "a.jpg").url)

    assert str(link).startswith(bucket_url("results"))


def test_the_most_specific_variable_names_another_endpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all/")
    assert endpoint("events", *names) == "http://all"
    monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://events")
    assert endpoint("events", *names) == "http://events"
