"""The region of the deployment, and the addresses of AWS's services there."""

import os

S3 = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
"""The AWS SDKs' variables for the endpoint of another S3 store, which may use plain HTTP."""

_COMMERCIAL = "amazonaws.com"
# Start of a region's name -> domain of its partition. GovCloud has the domain of the commercial
# regions. https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
_DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
}


def region() -> str:
    """Return the name of the region."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def endpoint(service: str, *variables: str) -> str:
    """Return the URL of a service, without a slash at its end.

    Args:
        service: first part of the host name, such as ``s3``.
        variables: environment variables that name another endpoint, the most specific one first.
    """
    named = next(filter(None, map(os.environ.get, variables)), None)
    return named.rstrip("/") if named else f"https://{service}.{region()}.{_domain()}"


def is_commercial() -> bool:
    """Return whether the region has the domain that S3 clients assume."""
    return _domain() == _COMMERCIAL


def _domain() -> str:
    name = region()
    found = (domain for start, domain in _DOMAINS.items() if name.startswith(start))
    return next(found, _COMMERCIAL)
