"""Fixtures: an account in ministack, and a deployment in it."""

from collections.abc import Iterator

import pytest

from tests.cloud.account import Account, emulated_account
from tests.cloud.deployment import Deployment, deploy


@pytest.fixture(scope="session")
def account(
    bare_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Account]:
    """An empty account."""
    with emulated_account(tmp_path_factory.mktemp("ministack")) as account:
        yield account


@pytest.fixture(scope="session")
def deployed(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The stack with the defaults of all parameters."""
    return deploy(account, tmp_path_factory.mktemp("deployed") / "sam", "smart-crop")
