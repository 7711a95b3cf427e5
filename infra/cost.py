"""Cost of a deployment, from what a crop needs and the prices of AWS.

    .venv/bin/python -m infra.cost    # write the tables into infra/README.md

`make cost` measures seconds, requests and log lines of a crop, and writes them to measured.json.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.diagram import README, Stack

MEASURED = Path(__file__).with_name("measured.json")
BEGIN, END = "<!-- made by infra/cost.py -->\n", "<!-- end of the tables -->\n"

# Prices in us-east-1 for x86, without the free tier, in US dollars.
# https://aws.amazon.com/lambda/pricing/, /api-gateway/pricing/, /s3/pricing/, /sqs/pricing/,
# /eventbridge/pricing/, /cloudwatch/pricing/ and /ecr/pricing/
GB_SECOND = 0.0000166667
INVOCATIONS = 0.20  # a million
API_REQUESTS = 1.00  # a million, of 512 KB each
S3_WRITES, S3_READS = 5.00, 0.40  # a million
S3_STORAGE = 0.023  # a GB and month
QUEUE_REQUESTS = 0.40  # a million
BUS_EVENTS = 1.00  # a million, of 64 KB each
BATCH_TASKS, BATCH_JOB = 1.00, 0.25  # a million, and each job
LOGS = 0.50  # a GB
METRIC, ALARM = 0.30, 0.10  # a month
SNAPSHOT_SECOND = 0.0000015046  # a GB and second
RESTORE = 0.0001397998  # a GB
REPOSITORY = 0.10  # a GB and month

MEMORY_GB = 1769 / 1024
# The modes of handler.settings, each of which has its metrics.
MODES = 4
_MONTH = 30 * 24 * 3600
_API_UNIT = 512 * 1024
# Sending, receiving and deleting a message, in batches of one.
_QUEUE_REQUESTS = 3
# Time of a request to S3 in the region of the function. It is assumed, not measured.
S3_SECONDS = 0.015


@dataclass(frozen=True)
class Case:
    """A way to crop a photo.

    Attributes:
        name: its name in the table.
        seconds: measured CPU time of a warm crop.
        writes: requests of the function to S3 that write.
        reads: requests of the function to S3 that read.
        log_bytes: bytes of the log for a crop.
        request_bytes: bytes that arrive at the API; 0 for an event.
    """

    name: str
    seconds: float
    writes: int
    reads: int
    log_bytes: int
    request_bytes: int

    @property
    def is_event(self) -> bool:
        """True if the photo was uploaded to a bucket."""
        return self.request_bytes == 0

    @property
    def billed(self) -> float:
        """Billed seconds, if one CPU is as fast as that of the measurement."""
        return self.seconds + S3_SECONDS * (self.writes + self.reads)

    def parts(self) -> dict[str, float]:
        """Return the cost of a million crops by service, in dollars."""
        uploads = 1 if self.is_event else 0
        return {
            "Lambda": self.billed * MEMORY_GB * GB_SECOND * 1e6 + INVOCATIONS,
            "API": API_REQUESTS * math.ceil(self.request_bytes / _API_UNIT),
            "S3": S3_WRITES * (self.writes + uploads) + S3_READS * self.reads,
            "queue": QUEUE_REQUESTS * _QUEUE_REQUESTS if self.is_event else 0,
            "logs": LOGS * self.log_bytes * 1e6 / 1e9,
        }


def cases() -> list[Case]:
    """Return the measured cases."""
    return [Case(name, **values) for name, values in measured()["cases"].items()]


def measured() -> dict[str, Any]:
    """Return what `make cost` has measured."""
    content: dict[str, Any] = json.loads(MEASURED.read_text())
    return content


def table() -> str:
    """Return the table of a million crops."""
    rows: list[tuple[str, ...]] = [
        ("a million crops", "billed", "Lambda", "API", "S3", "queue", "logs", "together")
    ]
    for case in cases():
        parts = case.parts()
        shown = [f"${value:.2f}" if value else "–" for value in parts.values()]
        rows.append(
            (
                case.name,
                f"{case.billed * 1000:.0f} ms",
                *shown,
                f"**${sum(parts.values()):.2f}**",
            )
        )
    return _markdown(rows)


def fixed() -> str:
    """Return the table of costs that do not depend on the number of crops."""
    alarms, watched = alarm_metrics()
    by_mode, others = metrics()
    kinds = by_mode * MODES + others
    return _markdown(
        [
            ("a month", "", "cost"),
            (
                f"{alarms} alarms, which watch {watched} metrics",
                f"{watched} × ${ALARM:.2f}",
                f"${watched * ALARM:.2f}",
            ),
            (
                "metrics, in months with crops of all modes",
                f"({by_mode} × {MODES} modes + {others}) × ${METRIC:.2f}",
                f"${kinds * METRIC:.2f}",
            ),
            (
                "snapshot of the HTTP function (`SnapStart=on`)",
                f"{MEMORY_GB:.4f} GB × {_MONTH:,} s × ${SNAPSHOT_SECOND:.10f}",
                f"${MEMORY_GB * _MONTH * SNAPSHOT_SECOND:.2f}",
            ),
            ("a GB of images in ECR", "", f"${REPOSITORY:.2f}"),
            (
                "a million results of 200 KB, kept for 7 days",
                f"200 GB × 7/30 × ${S3_STORAGE}",
                f"${200 * 7 / 30 * S3_STORAGE:.2f}",
            ),
        ]
    )


def alarm_metrics() -> tuple[int, int]:
    """Return the number of alarms, and that of the metrics in them, which are billed."""
    alarms = [each for _, _, each in Stack().resources("AWS::CloudWatch::Alarm")]
    watched = 0
    for alarm in alarms:
        metrics = alarm["Properties"].get("Metrics", [])
        watched += sum("MetricStat" in each for each in metrics) or 1
    return len(alarms), watched


def metrics() -> tuple[int, int]:
    """Return the number of own metrics for each mode, and that of the others."""
    ((_, _, dashboard),) = Stack().resources("AWS::CloudWatch::Dashboard")
    body = json.dumps(dashboard["Properties"]["DashboardBody"])
    by_mode = set(re.findall(r"MetricName=\W+(\w+)", body))
    others = set(re.findall(r"\[\W{1,3}SmartCrop\W.*?stat", body))
    return len(by_mode), len(others)


def extras() -> str:
    """Return the table of costs of optional features."""
    return _markdown(
        [
            ("in addition", "cost"),
            ("a million crops with `JobRecords=all`: one more write", f"${S3_WRITES:.2f}"),
            ("a million notices (`EventBus`)", f"${BUS_EVENTS:.2f}"),
            (
                "S3 Batch Operations: a million objects, and each job",
                f"${BATCH_TASKS:.2f} + ${BATCH_JOB:.2f}",
            ),
            (
                f"a thousand cold starts from the snapshot: {MEMORY_GB:.4f} GB × ${RESTORE:.10f}",
                f"${MEMORY_GB * RESTORE * 1000:.2f}",
            ),
            ("a GB of traffic to the internet", "$0.09"),
        ]
    )


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *body]) + "\n"


def text() -> str:
    """Return the three tables, and the measurement, as infra/README.md has them."""
    found = measured()
    measurement = (
        f"Measured on one core of this processor: {found['machine']}, on {found['date']}, as the "
        f"median of {found['rounds']} crops.\n"
    )
    return f"{table()}\n{measurement}\n{fixed()}\n{extras()}"


def main() -> None:
    """Write the tables into infra/README.md."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{text()}\n{END}{after}")


if __name__ == "__main__":
    main()
