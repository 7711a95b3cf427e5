"""What tests of several folders share."""

import json
import logging
import os
from collections.abc import Callable, Generator, Iterator

import boto3
import hypothesis
import pytest
from mypy_boto3_s3 import S3Client

from handler import telemetry
from tests.needs import skipped
from tests.servers import Program, beside_python, free_ports, listens, running

# A busy machine is slow, not wrong.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
BUCKET = "results"
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
    folder = tmp_path_factory.mktemp("seaweedfs")
    keys = {"credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]}
    identity = {"name": "tests", "actions": ["Admin", "Read", "Write", "List"], **keys}
    (folder / "keys.json").write_text(json.dumps({"identities": [identity]}))
    # Each part listens for people and for the other parts; all would take fixed ports, which
    # keep two runs of the tests from being made at once.
    parts = ("s3", "master", "volume", "filer", "admin")
    ports = free_ports(2 * len(parts))
    listen = [
        f"-{part}.port{kind}={ports.pop()}" for part in reversed(parts) for kind in (".grpc", "")
    ]
    url = f"http://127.0.0.1:{listen[-1].rpartition('=')[2]}"
    command = [
        *(beside_python("weed"), "mini", f"-dir={folder}", f"-s3.config={folder}/keys.json"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={BUCKET}", "-master.telemetry=false"),
        *(f"-s3.localSocket={folder}/s3.sock", f"-filer.localSocket={folder}/filer.sock"),
        *("-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *listen,
    ]
    environment = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": "us-east-1",
    }
    log = folder / "seaweedfs.log"
    with running(command, url, _seaweedfs_is_up, log, environment) as program:
        yield program


def _seaweedfs_is_up(program: Program) -> bool:
    return "ready to use" in program.written() and listens(program)


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
    """What was logged since the last call, as a person at a terminal reads it.

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
