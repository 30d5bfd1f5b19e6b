"""Tasks of one's own: what a model is asked, and how its answers are judged.

    from dropout_core.task import Call, Requirement, Task, matches

A task file has a module-level `task`. See `Task` and `Requirement`. Names are imported when first used, so that
choosing dropout does not import NumPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dropout_core.task.call import Call as Call
    from dropout_core.task.call import seeded as seeded
    from dropout_core.task.changes import SuiteChange as SuiteChange
    from dropout_core.task.definition import Task as Task
    from dropout_core.task.made import Made as Made
    from dropout_core.task.made import MadeCall as MadeCall
    from dropout_core.task.ready_made.checks import all_of as all_of
    from dropout_core.task.ready_made.checks import drawn_at_rate as drawn_at_rate
    from dropout_core.task.ready_made.checks import finite as finite
    from dropout_core.task.ready_made.checks import input_untouched as input_untouched
    from dropout_core.task.ready_made.checks import keeps_dtype as keeps_dtype
    from dropout_core.task.ready_made.checks import matches as matches
    from dropout_core.task.ready_made.checks import only_imports as only_imports
    from dropout_core.task.ready_made.checks import raises as raises
    from dropout_core.task.ready_made.checks import result_kept as result_kept
    from dropout_core.task.ready_made.checks import same_shape as same_shape
    from dropout_core.task.ready_made.differing import difference_map as difference_map
    from dropout_core.task.requirement import Requirement as Requirement
    from dropout_core.task.requirement import TaskInvalid as TaskInvalid
    from dropout_core.task.result import CheckResult as CheckResult
    from dropout_core.task.result import failed as failed
    from dropout_core.task.result import not_reached as not_reached
    from dropout_core.task.result import passed as passed
    from dropout_core.task.sources.loading import load_task as load_task
    from dropout_core.verdict.evidence import Evidence as Evidence
    from dropout_core.verdict.evidence import Example as Example

_NAMES = {
    "dropout_core.verdict.evidence": ("Evidence", "Example"),
    "dropout_core.task.call": ("Call", "seeded"),
    "dropout_core.task.changes": ("SuiteChange",),
    "dropout_core.task.definition": ("Task",),
    "dropout_core.task.ready_made.differing": ("difference_map",),
    "dropout_core.task.sources.loading": ("load_task",),
    "dropout_core.task.made": ("Made", "MadeCall"),
    "dropout_core.task.ready_made.checks": (
        *("all_of", "drawn_at_rate", "finite", "input_untouched", "keeps_dtype", "matches"),
        *("only_imports", "raises", "result_kept", "same_shape"),
    ),
    "dropout_core.task.requirement": ("Requirement", "TaskInvalid"),
    "dropout_core.task.result": ("CheckResult", "failed", "not_reached", "passed"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
