"""What a process takes of the machine. Linux only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.grading.processor_time import processor_seconds

MEBIBYTE_IN_KIB = 1024


@dataclass(slots=True)
class Share:
    """The share of one processor used over a time, descendants included; in steps of 10 ms of processor time."""

    of_processor: float = 0.0


@contextmanager
def processor_share(process: int) -> Iterator[Share]:
    """Measures while the block runs; the result is there after it."""
    share = Share()
    began, before = time.perf_counter(), processor_seconds(process) or 0.0
    yield share
    share.of_processor = ((processor_seconds(process) or 0.0) - before) / (time.perf_counter() - began)


def memory(process: int) -> tuple[float, float]:
    """MiB of the process alone: resident now (VmRSS), and at most so far (VmHWM)."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    sizes = {
        name: rest.split()[0] for name, _, rest in (line.partition(":") for line in lines) if rest.split()
    }
    return int(sizes["VmRSS"]) / MEBIBYTE_IN_KIB, int(sizes["VmHWM"]) / MEBIBYTE_IN_KIB
