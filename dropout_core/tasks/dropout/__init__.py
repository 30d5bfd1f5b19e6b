"""Implement dropout in NumPy.

Its requirements share their calls, and a fault that several of their checks see is held against the first of them.
Draws and checks are imported when an answer is graded, so that showing a prompt does not import NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_core.task.definition import Task
from dropout_core.task.requirement import Explicitness, Requirement
from dropout_core.tasks.dropout.clauses import ALL
from dropout_core.tasks.dropout.clauses.basic import BASIC
from dropout_core.tasks.dropout.clauses.hard import ADDED_BY_HARD
from dropout_core.tasks.dropout.clauses.strict import ADDED_BY_STRICT
from dropout_core.tasks.dropout.observations.headline import headline
from dropout_core.tasks.dropout.suite_changes import SUITE_CHANGES, VERSION

if TYPE_CHECKING:
    from dropout_core.sandbox import Prepared
    from dropout_core.tasks.dropout.observations.observed import Observed

__all__ = ["BASIC", "HARD", "STRICT", "task"]

STRICT = (*BASIC, *ADDED_BY_STRICT)
HARD = (*STRICT, *ADDED_BY_HARD)


def _observe(requirements: Sequence[Requirement], seed: int, code: str) -> Prepared[Observed]:
    from dropout_core.tasks.dropout.observations.observing import observe

    return observe(requirements, seed, code)


_HERE = Path(__file__).parent

task = Task(
    name="dropout",
    function="dropout",
    opening={
        Explicitness.EXPLICIT: "Implement dropout from scratch in NumPy.",
        Explicitness.PLAIN: "",
        Explicitness.TERSE: "",
    },
    requirements=ALL,
    suites={
        name: tuple(one.id for one in suite)
        for name, suite in (("basic", BASIC), ("strict", STRICT), ("hard", HARD))
    },
    signature="dropout(x, p, training)",
    answers=_HERE / "answers",
    samples=_HERE / "samples",
    version=VERSION,
    false_reject=1e-6,
    changes=SUITE_CHANGES,
    observe=_observe,
    headline=headline,
)
