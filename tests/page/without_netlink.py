"""A command that runs a program which is not notified when the network changes.

Usage: python -m tests.page.without_netlink PROGRAM [ARGUMENT ...]

Chromium cancels requests with ``ERR_NETWORK_CHANGED`` when an address of any network interface
changes, even requests to a server on this computer. The kernel notifies it through a netlink
socket. This command makes the kernel refuse such sockets. On another system than Linux on x86-64
or 64-bit ARM, the program runs unchanged.
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys

from handler.sandbox import system_calls

# Machine -> number of the system call `socket`, of Linux's asm/unistd_64.h and
# asm-generic/unistd.h.
_SOCKET_NUMBERS = {"x86_64": 41, "aarch64": 198}
# Of linux/prctl.h, linux/bpf_common.h and linux/seccomp.h.
_PR_SET_NO_NEW_PRIVS = 38
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_OFFSET_NUMBER, _OFFSET_FIRST_ARGUMENT = 0, 16
_ERRNO, _ALLOW = 0x00050000, 0x7FFF0000
_INSTRUCTION = struct.Struct("HBBI")


def main() -> None:
    """Replace this process with the program."""
    number = _SOCKET_NUMBERS.get(platform.machine())
    if sys.platform == "linux" and number is not None:
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        system_calls.install(_refusal_of_netlink(number))
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606


def _refusal_of_netlink(socket_number: int) -> bytes:
    """Return a filter (classic BPF) that refuses netlink sockets and allows all other calls."""
    instructions = (
        (_LOAD, 0, 0, _OFFSET_NUMBER),
        (_JUMP_EQUAL, 0, 3, socket_number),
        (_LOAD, 0, 0, _OFFSET_FIRST_ARGUMENT),
        (_JUMP_EQUAL, 0, 1, socket.AF_NETLINK),
        (_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    )
    return b"".join(_INSTRUCTION.pack(*each) for each in instructions)


if __name__ == "__main__":
    main()
