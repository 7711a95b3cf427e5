"""Requirements of some tests on the machine: marks that skip them, and the list of skipped tests.

The reason of a skip begins with "needs" and names what is missing. Where the machine can get it,
the reason then states how. People read these reasons who have only the repository.
"""

import shutil
import sys
from collections import Counter
from collections.abc import Iterable

import pytest

needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None, reason="needs curl: apt-get install curl"
)
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


def optional_data(name: str) -> str:
    """Return the reason of a skip for want of a file or folder that no clone has."""
    return (
        f"needs the optional data set {name} in ../shared, "
        "which is not distributed with the repository"
    )


def skipped(reports: Iterable[pytest.TestReport]) -> list[str]:
    """Return a line for each reason: how many tests were skipped for it, and the reason itself."""
    # The text of a skip's report is its file, its line and "Skipped: " with the reason.
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in reports
        if isinstance(report.longrepr, tuple)
    )
    return [f"{count:5}  {reason}" for reason, count in reasons.most_common()]
