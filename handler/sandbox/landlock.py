"""Linux's Landlock: a process gives up files, networks and signals for good (landlock(7))."""

import ctypes
import os
import struct

# Numbers of the calls, the same on all machines (asm-generic/unistd.h).
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_CREATE_RULESET_VERSION = 1
# Version of Landlock -> number of the rights to files that it knows (linux/landlock.h).
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NEWEST_FILE_RIGHTS = 16
# Rights to bind and to connect TCP sockets, since version 4.
_NETWORK_RIGHTS = 0b11
# No abstract UNIX sockets and no signals to processes outside, since version 6.
_SCOPES = 0b11


def version() -> int:
    """Return the version of the kernel's Landlock, or 0 if it has none."""
    libc = ctypes.CDLL(None)
    # -1 stands for ENOSYS, or for EOPNOTSUPP if Landlock is switched off at boot.
    return max(0, int(libc.syscall(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)))


def restrict() -> bool:
    """Give up all rights that Landlock controls, and return whether the kernel accepts that.

    The process must have set ``no_new_privs``. Descriptors that are open stay usable.
    """
    known = version()
    if known == 0:
        return False
    libc = ctypes.CDLL(None)
    files = (1 << _FILE_RIGHTS.get(known, _NEWEST_FILE_RIGHTS)) - 1
    # A kernel rejects fields that it does not know.
    networks, scopes = _NETWORK_RIGHTS * (known >= 4), _SCOPES * (known >= 6)
    attributes = struct.pack("=QQQ", files, networks, scopes)
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    rules = libc.syscall(_CREATE_RULESET, attributes, size, 0)
    if rules < 0:
        return False
    try:
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)
