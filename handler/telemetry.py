"""Logs and metrics: one line and one set of values per job, without pixels and signed links."""

import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from handler.core.plan import Plan
from handler.errors import SmartCropError

# The name of the logger, and of the service where the template does not set another.
SERVICE = "smart-crop"
NAMESPACE = "SmartCrop"

_SERVER_ERROR = 500
_NOT_IMPLEMENTED = 501

# Fields of a job's line in the log.
Facts = dict[str, object]

# The first job of this process removes the item.
_cold_start = [True]


def on_lambda() -> bool:
    """Return whether this process runs in a Lambda execution environment, real or emulated."""
    return "AWS_LAMBDA_RUNTIME_API" in os.environ


def _service() -> str:
    """Return the name of the service: that of the stack, so that two stacks have two services."""
    return os.environ.get("POWERTOOLS_SERVICE_NAME") or SERVICE


class _ReadableFormatter(logging.Formatter):
    """A formatter for terminals: the message, followed by the fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        shown = " ".join(f"{name}={value}" for name, value in fields.items())
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname:<7} {record.getMessage()}"
        text = f"{line}  {shown}" if shown else line
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


@cache
def _logger() -> Logger | logging.Logger:
    if on_lambda():
        return Logger(service=_service())
    local = logging.getLogger(SERVICE)
    local.setLevel(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO"))
    local.propagate = False
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(_ReadableFormatter())
    local.handlers = [terminal]
    return local


def log(message: str, *, failure: BaseException | None = None, **fields: object) -> None:
    """Write one structured line, and count a failure.

    Args:
        message: the message.
        failure: an unexpected error, whose traceback is logged and never sent to a client.
        fields: further fields of the line.
    """
    _write(message, failure, fields)
    if failure is not None:
        count_fault()


def _write(message: str, failure: BaseException | None, fields: Mapping[str, object]) -> None:
    extra: Mapping[str, object] = fields if on_lambda() else {"fields": fields}
    if failure is None:
        _logger().info(message, extra=extra)
    else:
        _logger().error(message, exc_info=failure, extra=extra)


def count(mode: str, amounts: Mapping[str, tuple[MetricUnit, float]]) -> None:
    """Emit a job's metrics in CloudWatch's embedded metric format. Outside Lambda, do nothing.

    Args:
        mode: mode of the job, the dimension of the metrics.
        amounts: unit and value of each metric.
    """
    if not on_lambda():
        return
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=_service())
    metrics.add_dimension("mode", mode)
    for name, (unit, value) in amounts.items():
        metrics.add_metric(name, unit, value)
    if _cold_start:
        # Its duration is in Lambda's own report. The first job may come much later.
        _cold_start.clear()
        metrics.add_metric("ColdStarts", MetricUnit.Count, 1)
    metrics.flush_metrics()


def count_fault() -> None:
    """Emit the metric of failures that the service or the deployment causes, not a client.

    An alarm compares it with the jobs of the function. Lambda does not see these failures, because
    the invocation succeeds: the response is 503, or the queue delivers the message again. A job of
    a message can count twice, by its own line and by that of the message.
    """
    if not on_lambda():
        return
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=_service())
    metrics.add_dimension("function", os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "unknown"))
    metrics.add_metric("Faults", MetricUnit.Count, 1)
    metrics.flush_metrics()


def facts_of(plan: Plan) -> Facts:
    """Return the fields of a plan that are logged."""
    size = plan.output
    return {
        "strategy": plan.strategy,
        "fallback": plan.fallback,
        "source": f"{plan.source.width}x{plan.source.height}",
        "output": f"{size.width}x{size.height}",
    }


@contextmanager
def log_job(
    mode: str, bytes_in: int, request_id: str | None, steps: Mapping[str, float]
) -> Iterator[Facts]:
    """Write a line to the log and emit the metrics of a job when the context is left.

    Args:
        mode: the requested mode.
        bytes_in: bytes of the file.
        request_id: id of the request.
        steps: milliseconds by step; read when the job ends.

    Yields:
        The fields of the line, to which the job adds its own.
    """
    start = time.perf_counter()
    facts: Facts = {"mode": mode, "bytes_in": bytes_in}
    failure: BaseException | None = None
    is_fault = False
    try:
        yield facts
        facts["outcome"] = "done"
    except SmartCropError as error:
        facts["outcome"] = error.code
        # Face detection that is not installed is the choice of the deployment.
        is_fault = error.status >= _SERVER_ERROR and error.status != _NOT_IMPLEMENTED
        raise
    except BaseException as error:
        failure = error
        is_fault = True
        facts["outcome"] = "INTERNAL"
        raise
    finally:
        duration = (time.perf_counter() - start) * 1000
        measured = {"duration_ms": round(duration, 1), "steps_ms": steps}
        _write(
            "job",
            failure,
            {**({"request_id": request_id} if request_id else {}), **facts, **measured},
        )
        count(mode, _metrics(facts, duration))
        if is_fault:
            count_fault()


def _metrics(facts: Facts, duration: float) -> dict[str, tuple[MetricUnit, float]]:
    done = facts["outcome"] == "done"
    amounts = {
        "Crops": (MetricUnit.Count, float(done)),
        "Errors": (MetricUnit.Count, float(not done)),
        "Fallbacks": (MetricUnit.Count, float(facts.get("fallback") is not None)),
        "Duration": (MetricUnit.Milliseconds, duration),
    }
    for name, fact in (("BytesIn", "bytes_in"), ("BytesOut", "bytes_out")):
        if isinstance(amount := facts.get(fact), int):
            amounts[name] = (MetricUnit.Bytes, float(amount))
    return amounts
