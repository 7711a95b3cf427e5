import json
import logging
from collections.abc import Callable

import pytest

from handler.telemetry import log


@pytest.fixture
def on_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")


def test_at_a_terminal_a_line_is_a_time_the_message_and_the_fields(
    logged: Callable[[], str],
) -> None:
    log("job", mode="subject", bytes_in=12, steps_ms={"open": 0.5})

    time, rest = logged().split(" ", 1)
    assert time.count(":") == 2
    assert rest == "INFO    job  mode=subject bytes_in=12 steps_ms={'open': 0.5}\n"


def test_a_message_can_have_no_fields(logged: Callable[[], str]) -> None:
    log("started")

    assert logged().endswith(" INFO    started\n")


def test_a_failure_is_logged_with_its_traceback(logged: Callable[[], str]) -> None:
    log("unexpected error", failure=failure(), path="/")

    first, *trace = logged().splitlines()
    assert first.endswith(" ERROR   unexpected error  path=/")
    assert trace[0] == "Traceback (most recent call last):"
    assert trace[-1] == "ZeroDivisionError: integer division or modulo by zero"


def test_the_level_can_be_set(logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "ERROR")

    log("job")

    assert logged() == ""


def test_the_root_logger_is_not_changed(
    logged: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    log("job")

    assert caplog.records == []
    assert not logging.getLogger().isEnabledFor(logging.INFO)


def test_on_lambda_a_line_is_one_json_object(
    on_lambda: None, logged: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    log("job", request_id="8b39b1a6", mode="subject", steps_ms={"open": 0.5})

    (line,) = capsys.readouterr().out.splitlines()
    fields = json.loads(line)
    assert fields["message"] == "job"
    assert fields["level"] == "INFO"
    assert fields["service"] == "smart-crop"
    assert fields["request_id"] == "8b39b1a6"
    assert fields["mode"] == "subject"
    assert fields["steps_ms"] == {"open": 0.5}
    assert fields["timestamp"]


def test_on_lambda_a_failure_s_traceback_is_in_the_same_object(
    on_lambda: None, logged: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    log("unexpected error", failure=failure())

    line, _ = capsys.readouterr().out.splitlines()
    fields = json.loads(line)
    assert fields["level"] == "ERROR"
    assert fields["exception_name"] == "ZeroDivisionError"
    assert "modulo by zero" in fields["exception"]


def failure() -> ZeroDivisionError:
    with pytest.raises(ZeroDivisionError) as caught:
        divmod(1, 0)
    return caught.value
