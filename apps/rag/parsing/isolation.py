"""Take away from the current process what reading a document does not need. There is no way back."""

from __future__ import annotations

import ctypes
import errno
import platform
import resource
import struct
import sys

CPU_SECONDS = 30
MEMORY_BYTES = 1024 * 1024 * 1024

# System calls by number (x86-64, arm64): opening files, sockets, new processes, looking into other processes,
# changing the file system, and the side doors to all of these.
_DENIED = {
    "x86_64": (
        2, 85, 257, 437, 304,  # open, creat, openat, openat2, open_by_handle_at
        41, 42, 43, 44, 46, 49, 50, 53, 288, 299, 307,  # socket, connect, accept, sendto, sendmsg, bind, ...
        56, 57, 58, 435, 59, 322,  # clone, fork, vfork, clone3, execve, execveat
        62, 101, 200, 310, 311, 312, 434, 438, 424,  # kill, ptrace, tkill, process_vm_*, kcmp, pidfd_*
        76, 77, 82, 83, 84, 86, 87, 88, 90, 91, 92, 93, 94, 133, 155, 161, 165, 166, 258, 259, 260, 263, 264, 265,
        266, 268, 316, 428, 429, 442,  # truncate, rename, mkdir, link, unlink, chmod, chown, mount, chroot, ...
        105, 106, 113, 114, 116, 117, 119, 126, 160, 302, 308, 272,  # setuid and relatives, setrlimit, setns, unshare
        175, 246, 248, 249, 250, 298, 313, 319, 321, 323, 425, 426, 427,  # modules, keys, perf, memfd, bpf, io_uring
    ),
    "aarch64": (
        56, 437, 265,
        198, 199, 200, 201, 202, 203, 206, 211, 242, 243, 269,
        220, 435, 221, 281,
        129, 117, 130, 270, 271, 272, 434, 438, 424,
        33, 34, 35, 36, 37, 38, 40, 41, 39, 45, 46, 51, 52, 53, 54, 55, 276, 428, 429, 442,
        143, 144, 145, 146, 147, 149, 151, 152, 154, 159, 161, 164, 261, 268, 97, 91,
        104, 105, 217, 218, 219, 241, 273, 279, 280, 282, 425, 426, 427,
    ),
}  # fmt: skip
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_LOAD_WORD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_FIRST_X32_CALL = 0x40000000


class _Program(ctypes.Structure):
    """``struct sock_fprog`` of <linux/filter.h>."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


class CannotIsolate(Exception):
    """This system refused to take the rights away."""


def limit_resources() -> None:
    """Cap processor time and memory; no writing to files, no new processes, no core dump."""
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):
            if what != resource.RLIMIT_AS or sys.platform == "linux":  # macOS does not know a memory cap
                raise CannotIsolate from None


def close_the_doors() -> None:
    """
    Refuse every later attempt to open a file or socket, start a process or change the file system (Linux seccomp).

    Call it when everything needed is imported. Elsewhere than on Linux only the resource limits hold.

    :raises CannotIsolate: on a Linux that does not allow it.
    """
    if sys.platform != "linux":
        return
    machine = platform.machine()
    if machine not in _DENIED:
        raise CannotIsolate
    program = _filter(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    libc = ctypes.CDLL(None, use_errno=True)
    described = _Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise CannotIsolate
    if libc.prctl(_PR_SET_SECCOMP, _FILTER_MODE, ctypes.byref(described), 0, 0) != 0:
        raise CannotIsolate


def _filter(machine: str) -> bytes:
    """The filter in classic BPF: kill on a foreign architecture, refuse what is denied, allow the rest."""
    instructions = [
        (_LOAD_WORD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD_WORD, 0, 0, 0),
        (_JUMP_AT_LEAST, 0, 1, _FIRST_X32_CALL),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for number in sorted(_DENIED[machine]):
        instructions += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    instructions.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
