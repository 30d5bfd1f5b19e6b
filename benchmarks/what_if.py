"""How long a what-if over stored answers takes, beside grading the same answers by the hardest suite.

``python -m benchmarks.what_if [--answers 1000]`` has built-in answers graded by the easiest suite into a store of their
own, and prints seconds on the clock: to the first figures, to all of them, to all of them once more from what was kept,
and of a plain grading of the same answers by the hardest suite.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from dropout_core.running.graders.open_grader import opened_grader
from dropout_core.running.graders.open_graders import opened_graders
from dropout_core.running.graders.regrading import regrade
from dropout_core.running.graders.what_if_grading import WhatIfGrading
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.store import Store
from dropout_core.task.definition import Task
from dropout_core.tasks.chosen import task_of


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=1_000)
    answers = parser.parse_args().answers
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite3"
        made = ("run", "--model", "sample", "--runs", str(answers), "--seed", "1", "--store", str(path))
        subprocess.run([sys.executable, "-m", "dropout_tui", *made], check=True, stdout=subprocess.DEVNULL)
        store = Store(path)
        try:
            asyncio.run(_measured(store))
        finally:
            store.close()


async def _measured(store: Store) -> None:
    began = time.perf_counter()
    state = store.state(1)
    task = task_of(state.config)
    read = time.perf_counter() - began
    plain = await _graded(store, state, task)
    first, whole = await _asked(store, state, task)
    _, again = await _asked(store, state, task)
    count = sum(1 for trial in state.trials if trial.counted is not None)
    print(f"{count:,} answers, read in {read:.2f} s; by the hardest suite alone: {plain:.1f} s")
    print(f"what-if: first figures after {first:.2f} s, all after {whole:.1f} s, once more in {again:.2f} s")


async def _graded(store: Store, state: EvaluationState, task: Task) -> float:
    """Seconds for one grading of each answer by the hardest suite."""
    began = time.perf_counter()
    async with opened_grader(task.suite_names[-1], task=task, allow_weak_sandbox=False) as grader:
        async for _ in regrade(state, grader, partial(store.conversation, 1)):
            pass
    return time.perf_counter() - began


async def _asked(store: Store, state: EvaluationState, task: Task) -> tuple[float, float]:
    """Seconds to the first figures that come of a grading, or from what was kept, and to all."""
    began = time.perf_counter()
    asked = WhatIfGrading(store, 1, state, task)
    first: float | None = None
    left = asked.left

    def graded() -> None:
        nonlocal first
        if first is None and asked.left < left:
            first = time.perf_counter() - began

    await asked.grade(opened_graders(task, allow_weak_sandbox=False), on_graded=graded)
    if not all(row.graded for row in asked.rows):
        raise RuntimeError("a row has no figures")
    whole = time.perf_counter() - began
    return first or whole, whole


if __name__ == "__main__":
    main()
