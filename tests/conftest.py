"""Fixtures for the tests of several folders."""

import logging
import os
from collections.abc import Callable, Generator, Iterator

import boto3
import hypothesis
import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from mypy_boto3_s3 import S3Client

from handler import telemetry
from tests.needs import skipped
from tests.seaweedfs import ACCESS_KEY as ACCESS_KEY
from tests.seaweedfs import BUCKET as BUCKET
from tests.seaweedfs import SECRET_KEY as SECRET_KEY
from tests.seaweedfs import running_seaweedfs
from tests.servers import Program

# A busy machine is slow, not wrong. The examples are the same in every run, so that a failure is
# one of the change that is tested, and can be reproduced.
hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")
# For requests of tests that name no timeout. A first crop may take longer than the 5 s of httpx.
for name in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, name, 120)

UPLOADS = "uploads"


@pytest.fixture(scope="session", autouse=True)
def bare_environment() -> Iterator[None]:
    """A developer's own settings decide no test, and no test reaches an account of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("AWS_", "SMART_CROP_", "POWERTOOLS_")) or (
                name.lower().endswith("_proxy")
            ):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def seaweedfs(
    bare_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    """An S3 that checks signatures, with an empty bucket."""
    with running_seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as program:
        yield program


@pytest.fixture(scope="session")
def uploads(seaweedfs: Program) -> Iterator[S3Client]:
    """A client of SeaweedFS, on which there is a bucket for uploads too now."""
    client = boto3.client(
        "s3",
        endpoint_url=seaweedfs.url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=seaweedfs.environment["AWS_REGION"],
    )
    client.create_bucket(Bucket=UPLOADS)
    yield client
    client.close()


@pytest.fixture
def s3(seaweedfs: Program, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of a store on SeaweedFS, whose credentials are in the environment."""
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/crops"


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Returns the lines that were logged since the last call, as a terminal shows them.

    The logger is made anew for the test, because it holds on to the streams of an earlier one.
    """
    _forget_logger()
    yield lambda: capsys.readouterr().err
    _forget_logger()


def _forget_logger() -> None:
    telemetry._logger.cache_clear()
    logging.Logger.manager.loggerDict.pop(telemetry.SERVICE, None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Program):
                report.sections.append((f"end of the log of {name}", value.written()[-4000:]))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was skipped, and what it needs to run."""
    if lines := skipped(terminalreporter.stats.get("skipped", [])):
        terminalreporter.section("skipped tests, and what each needs to run")
        for line in lines:
            terminalreporter.line(line)
