import platform
import subprocess
import sys

import pytest

from tests.template.stack import ROOT

_OPEN_SOCKETS = """
import socket
socket.socket().close()
try:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(
    (sys.platform, platform.machine()) not in {("linux", "x86_64"), ("linux", "aarch64")},
    reason="needs Linux on x86-64 or 64-bit ARM",
)
def test_a_program_is_refused_netlink_sockets_and_no_others() -> None:
    command = (sys.executable, "-m", "tests.page.without_netlink", sys.executable)

    output = subprocess.check_output([*command, "-c", _OPEN_SOCKETS], text=True, cwd=ROOT)

    assert output == "Address family not supported by protocol\n"
