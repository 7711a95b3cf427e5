"""The filter of system calls, in Linux's seccomp mode 2.

The filter is a program of classic BPF (Linux, Documentation/userspace-api/seccomp_filter.rst). It
is assembled here, because the bindings of libseccomp need that library on the system. The numbers
of the calls are those of Linux's headers asm/unistd_64.h (x86_64) and asm-generic/unistd.h
(aarch64).
"""

import ctypes
import errno
import os
import struct

# Name -> number on x86_64 and on aarch64.
_NUMBERS = {
    "brk": (12, 214),
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "clone": (56, 220),
    "clone3": (435, 435),
    "close": (3, 57),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "fstat": (5, 80),
    "futex": (202, 98),
    "getpid": (39, 172),
    "getrandom": (318, 278),
    "gettid": (186, 178),
    "gettimeofday": (96, 169),
    "lseek": (8, 62),
    "madvise": (28, 233),
    "membarrier": (324, 283),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "munmap": (11, 215),
    "nanosleep": (35, 101),
    "openat": (257, 56),
    "prctl": (157, 167),
    "pread64": (17, 67),
    "read": (0, 63),
    "restart_syscall": (219, 128),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    "sigaltstack": (131, 132),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "write": (1, 64),
    "writev": (20, 66),
}
# Refused with an error instead of death: libraries call these and go on without.
_REFUSED = {
    # glibc starts a thread with `clone` instead, whose flags the filter can read.
    "clone3": errno.ENOSYS,
    # glibc counts the processors in a file of /sys, and asks `sched_getaffinity` instead.
    "openat": errno.EACCES,
    # A library's message to a standard error that is closed.
    "write": errno.EBADF,
    "writev": errno.EBADF,
    "sysinfo": errno.EPERM,
    "uname": errno.EPERM,
}
_CLONE_THREAD = 0x00010000
_PROT_EXEC = 4
_OPEN_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# The process is killed if some bits of an argument are set (True) or all clear (False). Call ->
# index of the argument, the bits, and that.
_KILLED_BY = {
    "clone": (0, _CLONE_THREAD, False),
    "mmap": (2, _PROT_EXEC, True),
    "mprotect": (2, _PROT_EXEC, True),
    "openat": (2, _OPEN_TO_WRITE, True),
}
_PR_SET_NAME = 15

# Machine -> column of the table, and the audit number of the architecture (linux/audit.h).
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
# Machine -> name of a call that the filter knows -> its number.
NUMBERS_BY_MACHINE = {
    machine: {name: numbers[column] for name, numbers in _NUMBERS.items()}
    for machine, (column, _) in _ARCHITECTURES.items()
}
# Calls of the x32 interface have this bit, and numbers of their own.
_X32 = 0x40000000

# Of linux/seccomp.h, linux/bpf_common.h and linux/prctl.h.
_KILL_PROCESS, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_OR_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENTS = 0, 4, 16
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_INSTRUCTION = struct.Struct("HBBI")


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def filter_program(machine: str) -> bytes | None:
    """Return the filter for a machine, or None if the machine is unknown.

    A call that the filter does not allow ends the process.

    Args:
        machine: as `platform.machine` names it.
    """
    if machine not in _ARCHITECTURES:
        return None
    architecture = _ARCHITECTURES[machine][1]
    program = [
        _instruction(_LOAD, _OFFSET_ARCHITECTURE),
        _instruction(_JUMP_EQUAL, architecture, 1, 0),
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD, _OFFSET_NUMBER),
    ]
    if machine == "x86_64":
        program += [
            _instruction(_JUMP_GREATER_OR_EQUAL, _X32, 0, 1),
            _instruction(_RETURN, _KILL_PROCESS),
        ]
    for name, number in NUMBERS_BY_MACHINE[machine].items():
        program += _rule(name, number)
    program.append(_instruction(_RETURN, _KILL_PROCESS))
    return b"".join(program)


def install(program: bytes) -> bool:
    """Filter the calls of this process from now on, and return whether the kernel accepts that.

    The process must have no other threads and must have set ``no_new_privs``.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    filter_ = _Program(len(program) // _INSTRUCTION.size, program)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filter_), 0, 0) == 0)


def _instruction(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return _INSTRUCTION.pack(code, if_true, if_false, operand)


def _rule(name: str, number: int) -> list[bytes]:
    """Return instructions that decide about one call, and go on with the next rule otherwise."""
    verdict = _verdict(name)
    return [_instruction(_JUMP_EQUAL, number, 0, len(verdict)), *verdict]


def _verdict(name: str) -> list[bytes]:
    kill = _instruction(_RETURN, _KILL_PROCESS)
    result = _ERRNO | _REFUSED[name] if name in _REFUSED else _ALLOW
    verdict = [_instruction(_RETURN, result)]
    if name == "prctl":
        # Threads give themselves a name. Nothing else may be changed.
        test = _instruction(_JUMP_EQUAL, _PR_SET_NAME, 1, 0)
        return [_instruction(_LOAD, _OFFSET_ARGUMENTS), test, kill, *verdict]
    if name in _KILLED_BY:
        argument, bits, if_set = _KILLED_BY[name]
        # The low half of the argument, on machines of little endian.
        load = _instruction(_LOAD, _OFFSET_ARGUMENTS + 8 * argument)
        test = _instruction(_JUMP_SET, bits, *((0, 1) if if_set else (1, 0)))
        return [load, test, kill, *verdict]
    return verdict
