"""Runs a program as the user `nobody`, from tests that root runs."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dropout_core.sandbox.inside.unprivileged import NOBODY, open_to_all

PROJECT = Path(__file__).parents[2]
_READ_ALL = 1 << 2


def run_as_nobody(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in the project's folder.

    Where Python is installed in a folder closed to others, `nobody` may read every file there is.
    """
    closed = not open_to_all([os.__file__, sys.executable, __file__])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: _become_nobody(closed),
        capture_output=True,
        text=True,
        check=False,
    )


def _become_nobody(read_all: bool) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(8, 1, 0, 0, 0)  # keep capabilities
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    kept = (_READ_ALL if read_all else 0).to_bytes(4, "little")
    header = (0x20080522).to_bytes(4, "little") + bytes(4)
    assert libc.capset(header, kept * 3 + bytes(12)) == 0
    if read_all:
        assert libc.prctl(47, 2, 2, 0, 0) == 0  # ambient, so that it outlives the start of Python
