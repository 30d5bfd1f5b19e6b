"""The seccomp filter, run on made-up calls by an interpreter of the few instructions that it has: so that it
can be tested for processors that are not at hand, too."""

from __future__ import annotations

import errno
import struct
from functools import cache

import pytest

from dropout_core.sandbox.inside import syscalls
from dropout_core.sandbox.inside.seccomp import Filter
from dropout_core.sandbox.inside.syscalls import ARCHITECTURES

OWN, OTHER = 4242, 1
ALLOW, KILL = 0x7FFF0000, 0x80000000
REFUSE, UNKNOWN = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS

X86, ARM = "x86_64", "aarch64"
NUMBERS = {
    "read": (0, 63),
    "write": (1, 64),
    "futex": (202, 98),
    "getrandom": (318, 278),
    "exit_group": (231, 94),
    "openat": (257, 56),
    "openat2": (437, 437),
    "kill": (62, 129),
    "tgkill": (234, 131),
    "ioctl": (16, 29),
    "fcntl": (72, 25),
    "prlimit64": (302, 261),
    "clone3": (435, 435),
    "clone": (56, 220),
    "execve": (59, 221),
    "execveat": (322, 281),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "unlinkat": (263, 35),
    "mkdirat": (258, 34),
    "renameat2": (316, 276),
    "fchmodat": (268, 53),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "memfd_create": (319, 279),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "setuid": (105, 146),
    "capset": (126, 91),
    "prctl": (157, 167),
    "seccomp": (317, 277),
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282),
    "shmget": (29, 194),
    "keyctl": (250, 219),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "tkill": (200, 130),
    "setpriority": (141, 140),
    "open_by_handle_at": (304, 265),
}


@cache
def instructions(architecture: str) -> list[tuple[int, int, int, int]]:
    return list(struct.iter_unpack("<HBBI", Filter(architecture).program(OWN)))


def verdict(architecture: str, number: int, *arguments: int, by: int | None = None) -> int:
    """What the filter says of a call; `by` is the architecture by whose rules it is made."""
    by = ARCHITECTURES[architecture] if by is None else by
    data = struct.pack("<IIQ6Q", number, by, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    program = instructions(architecture)
    accumulator, position = 0, 0
    while True:
        code, if_true, if_false, constant = program[position]
        position += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif code == 0x15:
            position += if_true if accumulator == constant else if_false
        elif code == 0x45:
            position += if_true if accumulator & constant else if_false
        else:
            assert code == 0x06
            return int(constant)


@pytest.fixture(params=[X86, ARM])
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def number(name: str, architecture: str) -> int:
    return NUMBERS[name][[X86, ARM].index(architecture)]


@pytest.mark.parametrize("name", ["read", "write", "futex", "getrandom", "exit_group"])
def test_what_all_code_needs_is_allowed(architecture: str, name: str) -> None:
    assert verdict(architecture, number(name, architecture), 2**64 - 1) == ALLOW


@pytest.mark.parametrize("name", list(NUMBERS)[list(NUMBERS).index("clone") :])
def test_what_reaches_outside_is_refused(architecture: str, name: str) -> None:
    assert verdict(architecture, number(name, architecture), OWN, OWN, OWN) == REFUSE


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("openat", (2**64 - 100, 0, 0o2000000), ALLOW),
        ("openat", (3, 0, 0o1), REFUSE),
        ("openat", (3, 0, 0o2), REFUSE),
        ("openat", (3, 0, 0o3), REFUSE),
        ("openat", (3, 0, 0o100), REFUSE),
        ("openat", (3, 0, 0o1000), REFUSE),
        ("openat", (3, 0, 0o20200000), REFUSE),
        ("openat", (3, 0, 0o1 | 1 << 40), REFUSE),
        ("openat2", (), UNKNOWN),
        ("clone3", (), UNKNOWN),
        ("kill", (OWN, 9), ALLOW),
        ("kill", (OTHER, 0), REFUSE),
        ("kill", (0, 9), REFUSE),
        ("kill", (2**64 - 1, 9), REFUSE),
        ("kill", (2**32 - 1, 9), REFUSE),
        ("kill", (2**64 - OWN, 9), REFUSE),
        ("tgkill", (OWN, OWN, 6), ALLOW),
        ("tgkill", (OTHER, OWN, 6), REFUSE),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), REFUSE),
        ("fcntl", (5, 3), ALLOW),
        ("fcntl", (5, 1030), ALLOW),
        ("fcntl", (5, 8), REFUSE),
        ("fcntl", (5, 1033), REFUSE),
        ("prlimit64", (0, 7, 0, 1), ALLOW),
        ("prlimit64", (0, 7, 1), REFUSE),
        ("prlimit64", (0, 7, 1 << 32), REFUSE),
        ("prlimit64", (OTHER, 7, 0), REFUSE),
    ],
)
def test_arguments_decide(architecture: str, name: str, arguments: tuple[int, ...], expected: int) -> None:
    assert verdict(architecture, number(name, architecture), *arguments) == expected


def test_calls_by_other_rules_kill() -> None:
    assert verdict(X86, 20, by=0x40000003) == KILL  # those of 32 bits
    assert verdict(ARM, 63, by=ARCHITECTURES[X86]) == KILL
    assert verdict(X86, 0 | 0x40000000) == REFUSE  # x32


def test_an_unknown_processor_has_no_filter() -> None:
    with pytest.raises(OSError, match="riscv64"):
        Filter("riscv64")


def test_every_call_number_is_allowed_or_refused_as_listed(architecture: str) -> None:
    allowed = set(syscalls.allowed(architecture))
    let_through = {
        number for number in range(2048) if verdict(architecture, number, *[2**64 - 1] * 6) == ALLOW
    }
    assert let_through == allowed
    assert max(allowed) < 512
