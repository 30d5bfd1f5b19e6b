"""How much longer many samples take Inspect AI than one. Runs in Inspect AI's environment.

    python -m benchmarks.inspect_samples SAMPLES AT_ONCE

It prints seconds, and seconds of processor time.
"""

from __future__ import annotations

import sys
import time
from tempfile import TemporaryDirectory

from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import Sample

from benchmarks.inspect_mock import mock_model, see_that_all_went_well


def took(samples: int, at_once: int) -> tuple[float, float]:
    """Of one evaluation."""
    task = Task(dataset=[Sample("Implement dropout.") for _ in range(samples)])
    with TemporaryDirectory() as logs:
        began, used = time.perf_counter(), time.process_time()
        done = evaluate(task, model=mock_model(), display="none", log_dir=logs, max_samples=at_once)
        seconds, processor = time.perf_counter() - began, time.process_time() - used
    see_that_all_went_well(done)
    return seconds, processor


if __name__ == "__main__":
    many, at_once = map(int, sys.argv[1:])
    took(1, at_once)  # what is imported late
    of_one, of_all = took(1, at_once), took(many, at_once)
    print(of_all[0] - of_one[0], of_all[1] - of_one[1])
