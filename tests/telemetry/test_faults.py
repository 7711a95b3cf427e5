"""The metric of failures that a person has to repair, which an alarm watches."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from handler import telemetry
from handler.errors import (
    DecoderUnavailable,
    FeatureMissing,
    InvalidImage,
    OverBudget,
    ProcessingFailed,
    SmartCropError,
    StorageUnavailable,
)
from handler.telemetry import log, log_job


@pytest.fixture(autouse=True)
def on_lambda(monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]) -> None:
    """Set the state on Lambda after the first job."""
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "shop-EventsFunction")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "shop")
    monkeypatch.setattr(telemetry, "_cold_start", [])


def faults(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the metrics of faults that were emitted."""
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    return [line for line in lines if "Faults" in line]


def run_job(error: BaseException | None) -> None:
    with log_job("subject", 10, None, {}):
        if error is not None:
            raise error


@pytest.mark.parametrize(
    "error",
    [StorageUnavailable("no"), DecoderUnavailable("no"), ZeroDivisionError()],
    ids=["store", "decoder", "unexpected"],
)
def test_a_job_that_the_service_fails_is_a_fault(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(type(error)):
        run_job(error)

    (blob,) = faults(capsys)
    (directive,) = blob["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "SmartCrop"
    assert [sorted(names) for names in directive["Dimensions"]] == [["function", "service"]]
    assert (blob["service"], blob["function"]) == ("shop", "shop-EventsFunction")
    assert blob["Faults"] == [1.0]


@pytest.mark.parametrize(
    "error",
    [None, InvalidImage("no"), ProcessingFailed("no"), OverBudget("no"), FeatureMissing()],
    ids=["done", "image", "damaged", "large", "faces"],
)
def test_a_job_that_its_client_fails_is_none(
    error: SmartCropError | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if error is None:
        run_job(error)
    else:
        with pytest.raises(type(error)):
            run_job(error)

    assert faults(capsys) == []


def test_an_unexpected_error_outside_of_a_job_is_a_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log("message will be redelivered", failure=StorageUnavailable("no"))
    log("not enough time left")

    assert len(faults(capsys)) == 1


def test_nothing_is_counted_outside_lambda(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API")

    log("unexpected error", failure=StorageUnavailable("no"))

    assert capsys.readouterr().out == ""
