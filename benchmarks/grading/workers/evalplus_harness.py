"""EvalPlus's `untrusted_check`.

python -m benchmarks.grading.workers.evalplus_harness [preloaded]
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from evalplus.evaluate import untrusted_check

from benchmarks.grading import one_process
from benchmarks.grading.turns import preload_checks, serve

CHECKS = Path(one_process.__file__).read_text(encoding="utf-8")
GRADED = "\n\ndef graded(seed):\n    check(dropout, seed)\n    return True\n"


def grade(code: str, seed: int) -> bool:
    """Outputs are compared with expected values, which dropout has none of: so the function that is called is one
    that makes the checks, and `True` is expected."""
    status, _ = untrusted_check(
        dataset="dropout",
        code=code + CHECKS + GRADED,
        inputs=[[seed]],
        entry_point="graded",
        expected=[True],
        atol=0,
        ref_time=[30.0],
    )
    return bool(status == "pass")


if __name__ == "__main__":
    if "preloaded" in sys.argv:
        preload_checks()
    serve(f"EvalPlus {version('evalplus')}", grade)
