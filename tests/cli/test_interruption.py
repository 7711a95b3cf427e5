"""Ctrl-C is delayed while an outcome is counted."""

import os
import signal
from collections.abc import Iterator

import pytest

from handler.cli.interruption import uninterrupted
from tests.needs import needs_linux

pytestmark = needs_linux


@pytest.fixture(autouse=True)
def usual_handler() -> Iterator[None]:
    """Python's own handler of Ctrl-C, which other tests may have replaced."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


def count(done: list[str]) -> None:
    """Press Ctrl-C, and then do something."""
    with uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
        done.append("counted")


def test_ctrl_c_waits_for_the_end_of_the_step() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        count(done)

    assert done == ["counted"]


def test_ctrl_c_interrupts_again_afterwards() -> None:
    with uninterrupted():
        pass

    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_an_error_of_the_step_is_raised() -> None:
    with pytest.raises(ValueError, match="wrong"), uninterrupted():
        raise ValueError("wrong")
