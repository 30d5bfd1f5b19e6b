"""Inspect AI's local sandbox: `sandbox().exec` inside a sample that lasts as long as this process."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import Sample
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from benchmarks.grading import one_process
from benchmarks.grading.turns import Orders, Turn

CHECKS = Path(one_process.__file__).read_text(encoding="utf-8")


async def grade(code: str, seed: int) -> bool:
    """A program that defines the function, checks it, and fails by its exit status."""
    result = await sandbox().exec(
        [sys.executable, "-c", f"{code}\n{CHECKS}\n\ncheck(dropout, {seed})\n"], timeout=60
    )
    return bool(result.success)


@solver  # type: ignore[untyped-decorator]
def graded_on_order(orders: Orders) -> Solver:
    """Grades what is ordered, until there are no more orders."""

    async def solve(state: TaskState, _: Generate) -> TaskState:
        orders.reply(f"Inspect AI {version('inspect-ai')}")
        while (order := await asyncio.to_thread(orders.next)) is not None:
            answers = order["grade"]
            assert isinstance(answers, list)
            each, passed = [], []
            began = time.perf_counter()
            for code, seed in answers:
                start = time.perf_counter()
                passed.append(await grade(code, seed))
                each.append(time.perf_counter() - start)
            orders.reply(asdict(Turn(time.perf_counter() - began, each, passed)))
        return state

    return solve


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as logs:
        task = Task(dataset=[Sample("grade")], solver=graded_on_order(Orders()), sandbox="local")
        evaluate(task, model="mockllm/model", display="none", log_dir=logs)
