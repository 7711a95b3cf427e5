"""Alarms: what pages a person, and what does not.

The expressions of the alarms are evaluated for the datapoints of scenarios. CloudWatch's functions
that they use are FILL, IF and MAX.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.template.alarms import alarms, watched_metrics

# A period of five minutes: the value of each metric by its name; without a name there is no data.
Period = Mapping[str, float]


def value(alarm: Mapping[str, Any], period: Period) -> float | None:
    """Return the datapoint of an alarm for a period, or None if there is none."""
    if "Metrics" not in alarm:
        return period.get(alarm["MetricName"])
    (result,) = (each for each in alarm["Metrics"] if each.get("ReturnData", True))
    data = {
        each["Id"]: period.get(each["MetricStat"]["Metric"]["MetricName"])
        for each in alarm["Metrics"]
        if "MetricStat" in each
    }
    functions = {
        "FILL": lambda given, other: other if given is None else given,
        "IF": lambda condition, one, other: one if condition else other,
        "MAX": max,
    }
    names: dict[str, Any] = {"__builtins__": {}, **functions, **data}
    try:
        # The operators of the expressions are those of Python.
        return float(eval(result["Expression"], names))  # noqa: S307 - the template is our own
    except (TypeError, ZeroDivisionError):  # no data, or no jobs
        return None


def pages(name: str, periods: Sequence[Period], **parameters: object) -> bool:
    """Return whether an alarm is in the state ALARM after the periods."""
    alarm = alarms(**parameters)[f"Monitoring/{name}"].properties
    assert alarm["TreatMissingData"] == "notBreaching"
    recent = [value(alarm, each) for each in periods][-alarm["EvaluationPeriods"] :]
    threshold = float(alarm["Threshold"])
    equal = str(alarm["ComparisonOperator"]) == "GreaterThanOrEqualToThreshold"
    breaching: int = sum(
        each is not None and (each > threshold or (equal and each == threshold)) for each in recent
    )
    return breaching >= int(alarm["DatapointsToAlarm"])


QUIET: Period = {}
BUSY: Period = {"Invocations": 100, "Count": 100, "NumberOfMessagesReceived": 100}


def test_every_alarm_notifies_the_topic_at_its_begin_and_end() -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:pager"
    for path, alarm in alarms(AlarmTopic=topic, ExistingBucket="archive").items():
        assert alarm.properties["AlarmActions"] == [topic], path
        assert alarm.properties["OKActions"] == [topic], path
    for path, alarm in alarms().items():
        assert not {"AlarmActions", "OKActions"} & set(alarm.properties), path


def test_every_alarm_has_a_runbook_line() -> None:
    for path, alarm in alarms(ExistingBucket="archive").items():
        meaning, _, runbook = alarm.properties["AlarmDescription"].partition(" Runbook: ")
        assert meaning.endswith("."), path
        assert runbook.endswith("."), path
        assert len(alarm.properties["AlarmDescription"]) <= 1024


def test_a_quiet_deployment_pages_nobody() -> None:
    for path in alarms(ExistingBucket="archive"):
        name = path.rpartition("/")[2]
        assert not pages(name, [QUIET] * 5, ExistingBucket="archive"), name
        assert not pages(name, [BUSY] * 5, ExistingBucket="archive"), name


@pytest.mark.parametrize("name", ["HttpErrors", "EventsErrors"])
def test_one_hostile_picture_pages_nobody_but_a_broken_function_does(name: str) -> None:
    once = [BUSY, {**BUSY, "Errors": 1}, BUSY]
    assert not pages(name, once)
    assert not pages(name, [QUIET, {"Invocations": 1, "Errors": 1}, QUIET])
    assert pages(name, [{**BUSY, "Errors": 60}] * 3)
    assert pages(name, [{"Invocations": 2, "Errors": 2}] * 3)


def test_face_detection_that_is_not_installed_pages_nobody() -> None:
    """The metric filter leaves out 501, and API Gateway's own metric of 5xx is not watched."""
    for alarm in alarms().values():
        assert ("AWS/ApiGateway", "5xx") not in {
            each[:2] for each in watched_metrics(alarm.properties)
        }
    assert not pages("ApiFailures", [BUSY] * 3)
    assert not pages("ApiFailures", [BUSY, {**BUSY, "ServerErrors": 100}, BUSY])
    assert pages("ApiFailures", [BUSY, {**BUSY, "ServerErrors": 100}, {**BUSY, "ServerErrors": 6}])


def test_failed_jobs_page_although_lambda_saw_no_error() -> None:
    broken = {**BUSY, "Errors": 0, "Faults": 100}
    assert not pages("EventsErrors", [broken] * 3)
    assert pages("EventsFaults", [broken] * 3)
    # Also those of S3 Batch Operations, which no queue sends.
    assert pages("EventsFaults", [{"Invocations": 10, "Faults": 10}] * 3)
    # A short disturbance of S3 is repaired by retries.
    assert not pages("EventsFaults", [BUSY, broken, BUSY])
    (faults,) = (
        each
        for each in watched_metrics(alarms()["Monitoring/EventsFaults"].properties)
        if each[0] == "SmartCrop"
    )
    assert faults == (
        "SmartCrop",
        "Faults",
        "service",
        "smart-crop",
        "function",
        "<EventsFunction>",
    )


def test_throttled_requests_page_and_throttled_events_do_not() -> None:
    """The queue tries events again; QueueAge pages if that takes too long."""
    assert pages("HttpThrottles", [{**BUSY, "Throttles": 50}] * 2)
    assert pages("HttpThrottles", [{"Throttles": 50}] * 2)
    for alarm in alarms().values():
        watched = set(watched_metrics(alarm.properties))
        assert ("AWS/Lambda", "Throttles", "FunctionName", "<EventsFunction>") not in watched


def test_slow_requests_page_only_if_there_are_many() -> None:
    slow = {"Duration": 9_000.0}
    assert pages("HttpDuration", [{**BUSY, **slow}] * 3)
    assert not pages("HttpDuration", [{"Invocations": 1, **slow}] * 3)
    assert not pages("HttpDuration", [{**BUSY, **slow}] * 3, HttpP95Alarm=10_000)


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("DeadLetters", "ApproximateNumberOfMessagesVisible"),
        ("Undelivered", "ApproximateNumberOfMessagesVisible"),
        ("EventsLost", "DeadLetterErrors"),
        ("EventRuleFailures", "FailedInvocations"),
        ("EventRuleFailures", "InvocationsFailedToBeSentToDlq"),
    ],
)
def test_one_event_that_nothing_tries_again_pages(name: str, metric: str) -> None:
    assert pages(name, [{metric: 1}], ExistingBucket="archive")


def test_each_queue_of_failed_events_has_an_alarm() -> None:
    stack = alarms()
    for name, queue in (("DeadLetters", "DeadLetterQueue"), ("Undelivered", "UndeliveredQueue")):
        (watched,) = watched_metrics(stack[f"Monitoring/{name}"].properties)
        assert watched[2:] == ("QueueName", f"<Storage/{queue}>.QueueName")


def test_the_rule_has_an_alarm_only_if_there_is_one() -> None:
    assert "Monitoring/EventRuleFailures" not in alarms()
    (failed, _) = watched_metrics(
        alarms(ExistingBucket="archive")["Monitoring/EventRuleFailures"].properties
    )
    assert failed == ("AWS/Events", "FailedInvocations", "RuleName", "<Storage/ObjectCreated>")


@pytest.mark.parametrize("timeout", [30, 60, 120, 300, 900])
def test_an_upload_that_fails_twice_does_not_page(timeout: int) -> None:
    """Its message is hidden for six times the timeout after each attempt."""
    twice = [{"ApproximateAgeOfOldestMessage": 2 * 6 * timeout + 60}] * 5
    assert not pages("QueueAge", twice, EventsTimeout=timeout)
    old = [{"ApproximateAgeOfOldestMessage": 4 * 6 * timeout}] * 5
    assert pages("QueueAge", old, EventsTimeout=timeout)
    assert not pages("QueueAge", old, EventsTimeout=timeout, QueueAgeAlarm=4 * 6 * timeout)


def test_a_full_account_pages_before_it_throttles() -> None:
    assert not pages("UsedConcurrency", [{"ConcurrentExecutions": 9}] * 3)
    assert pages("UsedConcurrency", [{"ConcurrentExecutions": 10}] * 3, AccountConcurrency=10)
    (watched,) = watched_metrics(alarms()["Monitoring/UsedConcurrency"].properties)
    assert watched == ("AWS/Lambda", "ConcurrentExecutions")
