import json
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from handler import telemetry
from handler.telemetry import count

CROPS = {"Crops": (MetricUnit.Count, 1.0), "Duration": (MetricUnit.Milliseconds, 12.5)}


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the state on Lambda after the first job."""
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    monkeypatch.setattr(telemetry, "_cold_start", [])


def blobs(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_job_is_one_object_in_the_embedded_metric_format(
    warm: None, capsys: pytest.CaptureFixture[str]
) -> None:
    count("subject", CROPS)

    (blob,) = blobs(capsys)
    (directive,) = blob["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "SmartCrop"
    assert [sorted(names) for names in directive["Dimensions"]] == [["mode", "service"]]
    assert directive["Metrics"] == [
        {"Name": "Crops", "Unit": "Count"},
        {"Name": "Duration", "Unit": "Milliseconds"},
    ]
    assert blob["_aws"]["Timestamp"] > 1_700_000_000_000
    assert (blob["service"], blob["mode"]) == ("smart-crop", "subject")
    assert (blob["Crops"], blob["Duration"]) == ([1.0], [12.5])


def test_the_dimension_of_metrics_is_the_mode(
    warm: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for mode in ("subject", "face", "trim"):
        count(mode, CROPS)

    assert [blob["mode"] for blob in blobs(capsys)] == ["subject", "face", "trim"]


def test_only_the_first_job_of_a_process_is_a_cold_start(
    warm: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "_cold_start", [True])

    for _ in range(3):
        count("subject", CROPS)

    assert [blob.get("ColdStarts") for blob in blobs(capsys)] == [[1.0], None, None]


def test_the_service_is_the_one_of_the_stack(
    warm: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "shop-pictures")

    count("subject", CROPS)

    (blob,) = blobs(capsys)
    assert blob["service"] == "shop-pictures"


def test_nothing_is_written_outside_lambda(capsys: pytest.CaptureFixture[str]) -> None:
    count("subject", CROPS)

    assert capsys.readouterr().out == ""
