from collections.abc import Callable, Iterator

import pytest

from handler.sandbox.client import ForkServer


@pytest.fixture
def fork_server_of() -> Iterator[Callable[..., ForkServer]]:
    """Yield a function that makes a fork server of a program.

    The lines of ``code``, if any, take the place of `{code}` in a function of the program.
    """
    servers: list[ForkServer] = []

    def make(program: str, code: str | None = None) -> ForkServer:
        if code is not None:
            program = program.format(code=code.strip().replace("\n", "\n" + " " * 8))
        servers.append(ForkServer(program=program))
        return servers[-1]

    yield make
    for server in servers:
        server.close()
