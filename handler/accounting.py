"""What is written down of each job: one line in the log and one set of metrics."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aws_lambda_powertools.metrics import MetricUnit

from handler.core.plan import Plan
from handler.errors import SmartCropError
from handler.telemetry import count, log


def facts_of(plan: Plan) -> dict[str, object]:
    """What is worth knowing of a decision, a week later."""
    size = plan.output
    return {
        "strategy": plan.strategy,
        "fallback": plan.fallback,
        "source": f"{plan.source.width}x{plan.source.height}",
        "output": f"{size.width}x{size.height}",
    }


@contextmanager
def accounted(
    mode: str, bytes_in: int, request_id: str | None, steps: Mapping[str, float]
) -> Iterator[dict[str, object]]:
    """Account for a job, however it ends.

    Args:
        mode: that was asked for.
        bytes_in: size of the file.
        request_id: ties the line to its request.
        steps: milliseconds by step, as they are when the job ends.

    Yields:
        The facts that go into the line; the job adds what it learns.
    """
    start = time.perf_counter()
    facts: dict[str, object] = {"mode": mode, "bytes_in": bytes_in}
    failure: BaseException | None = None
    try:
        yield facts
        facts["outcome"] = "done"
    except SmartCropError as error:
        facts["outcome"] = error.code
        raise
    except BaseException as error:
        failure = error
        facts["outcome"] = "INTERNAL"
        raise
    finally:
        duration = (time.perf_counter() - start) * 1000
        log(
            "job",
            failure=failure,
            **{"request_id": request_id} if request_id else {},
            **facts,
            duration_ms=round(duration, 1),
            steps_ms=steps,
        )
        count(mode, _metrics(facts, duration))


def _metrics(facts: dict[str, object], duration: float) -> dict[str, tuple[MetricUnit, float]]:
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
