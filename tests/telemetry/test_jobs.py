"""The line of a job in the log, and its metrics."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handler.config import Config
from handler.errors import InvalidImage, ProcessingFailed, SmartCropError
from handler.jobs.job import Job
from handler.jobs.service import Service
from handler.settings import CropSettings
from handler.storage import ResultStore, connect
from tests.pictures import encoded, gradient

PICTURE = encoded(gradient(90, 60))


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]) -> Service:
    """The service as on Lambda, where a line of the log is a JSON object."""
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    return Service(Config(), ResultStore(connect(tmp_path.as_uri()), 60))


def job(data: bytes = PICTURE, **settings: Any) -> Job:
    crop_settings = CropSettings.model_validate({"width": 30, "height": 20, **settings})
    return Job(data, "secret name.jpg", crop_settings, request_id="8b39b1a6")


def line_and_metrics(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the only line and the only set of metrics."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = (line for line in lines if "_aws" not in line)
    (metrics,) = (line for line in lines if "_aws" in line)
    return line, metrics


def test_a_crop_is_logged_with_its_mode_sizes_timings_and_outcome(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = service.crop(job(strategy="entropy"))

    line, metrics = line_and_metrics(capsys)
    assert line["message"] == "job"
    assert line["outcome"] == "done"
    assert (line["mode"], line["strategy"]) == ("subject", "entropy")
    assert (line["source"], line["output"]) == ("90x60", "30x20")
    assert (line["bytes_in"], line["bytes_out"]) == (len(PICTURE), answer.processed_size)
    assert (line["request_id"], line["job_id"]) == ("8b39b1a6", answer.job_id)
    assert list(line["steps_ms"]) == ["open", "plan", "render", "encode", "store"]
    assert line["duration_ms"] >= sum(line["steps_ms"].values()) - 0.5
    assert metrics["Crops"] == [1.0]
    assert metrics["Errors"] == metrics["Fallbacks"] == [0.0]
    assert metrics["BytesIn"] == [float(len(PICTURE))]
    assert metrics["BytesOut"] == [float(answer.processed_size)]
    assert metrics["Duration"][0] > 0


def test_an_analysis_is_logged(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.analyze(job())

    line, metrics = line_and_metrics(capsys)
    assert (line["outcome"], line["output"]) == ("done", "30x20")
    assert "bytes_out" not in line
    assert "BytesOut" not in metrics


@pytest.mark.parametrize(
    ("data", "error"), [(b"no picture", InvalidImage), (PICTURE[:-500], ProcessingFailed)]
)
def test_an_error_is_logged_by_its_code(
    service: Service,
    capsys: pytest.CaptureFixture[str],
    data: bytes,
    error: type[SmartCropError],
) -> None:
    with pytest.raises(error):
        service.crop(job(data))

    line, metrics = line_and_metrics(capsys)
    assert (line["level"], line["outcome"]) == ("INFO", error.code)
    assert (metrics["Crops"], metrics["Errors"]) == ([0.0], [1.0])


def test_neither_names_nor_links_are_logged(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = service.crop(job())

    output = capsys.readouterr().out
    assert "secret" not in output
    assert answer.download_url not in output


def test_at_a_terminal_a_job_is_one_readable_line(
    tmp_path: Path, logged: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    Service(Config(), ResultStore(connect(tmp_path.as_uri()), 60)).crop(job())

    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert " INFO    job  request_id=8b39b1a6 mode=subject " in line
    assert "outcome=done" in line
