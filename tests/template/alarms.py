"""The alarms, and the metrics that they watch."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.template.evaluator import Deployed, deploy


def alarms(**parameters: object) -> dict[str, Deployed]:
    """Return the alarms of a deployment by their path."""
    stack = deploy(parameters)
    return {path: each for path, each in stack.items() if each.type == "AWS::CloudWatch::Alarm"}


def watched_metrics(alarm: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield each metric of an alarm as a dashboard writes it: namespace, name and dimensions."""
    if "Metrics" not in alarm:
        yield _metric(alarm)
    for each in alarm.get("Metrics", []):
        if "MetricStat" in each:
            yield _metric(each["MetricStat"]["Metric"])


def _metric(properties: Mapping[str, Any]) -> tuple[str, ...]:
    dimensions = [(each["Name"], each["Value"]) for each in properties.get("Dimensions", [])]
    named = [text for dimension in dimensions for text in dimension]
    return (properties["Namespace"], properties["MetricName"], *named)
