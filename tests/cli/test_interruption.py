"""Ctrl-C is delayed while an outcome is counted."""

import os
import signal

import pytest

from handler.cli.interruption import uninterrupted
from tests.needs import needs_linux

pytestmark = needs_linux


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
