"""No protection at all: `exec` in this process."""

from __future__ import annotations

from typing import Any

from benchmarks.grading.one_process import check
from benchmarks.grading.turns import serve


def grade(code: str, seed: int) -> bool:
    """Define the function here and check it here."""
    module: dict[str, Any] = {}
    exec(compile(code, "<answer>", "exec"), module)
    try:
        check(module["dropout"], seed)
    except AssertionError:
        return False
    return True


if __name__ == "__main__":
    serve("nothing between the answer and the checks", grade)
