"""The processor time of a process and all that it started. Linux only.

On a machine that others use as well, times on the clock mean little, and this still means something.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def processor_seconds(process: int) -> float | None:
    """Of the process, those of its descendants that run, and those that have been waited for; in steps of 10 ms.

    `None` where the system does not tell.
    """
    if sys.platform != "linux":
        return None
    return sum(_own_ticks(one) for one in _tree(process)) / os.sysconf("SC_CLK_TCK")


def children(process: int) -> list[int]:
    """The processes that it started, of those that run."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def _tree(process: int) -> list[int]:
    return [process, *(below for child in children(process) for below in _tree(child))]


def _own_ticks(process: int) -> int:
    """utime, stime, cutime and cstime of proc_pid_stat(5)."""
    after_name = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, after_name[11:15]))
