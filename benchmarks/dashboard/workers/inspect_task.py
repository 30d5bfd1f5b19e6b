"""Inspect AI's full display over samples that go on. Runs in Inspect AI's environment.

    python -m benchmarks.dashboard.workers.inspect_task SAMPLES IN_FLIGHT LOGS

Each sample asks the mock model every `BETWEEN` seconds, the samples one after the other rather than all at once.
"""

from __future__ import annotations

import asyncio
import itertools
import sys

from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import Sample
from inspect_ai.solver import Generate, Solver, TaskState, solver

from benchmarks.inspect_mock import mock_model

BETWEEN = 10.0
REPLIES = 30
"""More than are made while anyone watches, so that the list stays as it is."""


@solver  # type: ignore[untyped-decorator]
def slowly(in_flight: int) -> Solver:
    """Ask again and again."""
    begun = itertools.count()

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await asyncio.sleep(BETWEEN * (next(begun) % in_flight) / in_flight)
        for _ in range(REPLIES):
            await asyncio.sleep(BETWEEN)
            state = await generate(state)
        return state

    return solve


if __name__ == "__main__":
    samples, in_flight, logs = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    task = Task(dataset=[Sample("Implement dropout.") for _ in range(samples)], solver=slowly(in_flight))
    evaluate(
        task,
        model=mock_model(),
        display="full",
        log_dir=logs,
        max_samples=in_flight,
        max_connections=in_flight,
    )
