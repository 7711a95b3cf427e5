"""Windows compared with sharp's, on the pictures next to the checkout."""

import pytest

from tests.bench.parity import compare_windows
from tests.bench.peers import Unavailable


@pytest.mark.shared
def test_windows_equal_those_of_sharp() -> None:
    try:
        parity = compare_windows()
    except Unavailable as absent:
        pytest.skip(str(absent))

    for strategy, found in parity.items():
        assert found["rows"] >= 100
        assert found["same"] >= found["budget"], (strategy, found["misses"])
