"""The dashboard shows the metrics that the service emits, and no others."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from handler import telemetry
from handler.config import Config
from handler.jobs.job import Job
from handler.jobs.service import Service
from handler.settings import CropSettings
from handler.storage import ResultStore, connect
from tests.pictures import encoded, gradient
from tests.template.alarms import alarms, watched_metrics
from tests.template.evaluator import deploy


def widgets(**parameters: object) -> list[dict[str, Any]]:
    """Return the widgets of the dashboard."""
    body = deploy(parameters)["Monitoring/Dashboard"].properties["DashboardBody"]
    return list(json.loads(body)["widgets"])


def metrics() -> list[list[Any]]:
    """Return the metrics and searches of all widgets."""
    shown = [each["properties"] for each in widgets() if each["type"] == "metric"]
    return [metric for properties in shown for metric in properties["metrics"]]


@pytest.fixture
def emitted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> Iterator[dict[str, Any]]:
    """The metrics of one job on Lambda, as CloudWatch receives them."""
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
    monkeypatch.setattr(telemetry, "_cold_start", [True])
    telemetry._logger.cache_clear()
    config = Config(store=f"file://{tmp_path}")
    job = Job(encoded(gradient(64, 48)), "a.jpg", CropSettings(width=16, height=16))
    Service(config, ResultStore(connect(config.store), config.link_seconds)).crop(job)
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    (metrics,) = (line["_aws"]["CloudWatchMetrics"][0] for line in lines if "_aws" in line)
    yield metrics
    telemetry._logger.cache_clear()


def test_dashboard_shows_every_metric_of_the_service(emitted: dict[str, Any]) -> None:
    searches = [metric[0]["expression"] for metric in metrics() if isinstance(metric[0], dict)]
    found = [
        re.search(r'{(\S+)} service="smart-crop" MetricName="(\w+)"', search) for search in searches
    ]
    assert None not in found
    shown = {(match[1], match[2]) for match in found if match is not None}
    (dimensions,) = emitted["Dimensions"]
    schema = ",".join([emitted["Namespace"], *sorted(dimensions, reverse=True)])
    assert shown == {(schema, metric["Name"]) for metric in emitted["Metrics"]}


def test_dashboard_shows_what_the_alarms_watch() -> None:
    shown = {tuple(each for each in metric if isinstance(each, str)) for metric in metrics()}
    for alarm in alarms().values():
        for watched in watched_metrics(alarm.properties):
            if watched[0] != "AWS/Events":  # only with ExistingBucket
                assert watched in shown


@pytest.mark.parametrize("parameters", [{}, {"ExistingBucket": "archive"}])
def test_dashboard_shows_the_state_of_every_alarm(parameters: dict[str, object]) -> None:
    (widget,) = (each for each in widgets(**parameters) if each["type"] == "alarm")
    expected = {f"<{path}>.Arn" for path in alarms(**parameters)}
    assert set(widget["properties"]["alarms"]) == expected


def test_widgets_do_not_overlap() -> None:
    cells = [
        (column, row)
        for each in widgets()
        for column in range(each["x"], each["x"] + each["width"])
        for row in range(each["y"], each["y"] + each["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(column for column, _ in cells) < 24
