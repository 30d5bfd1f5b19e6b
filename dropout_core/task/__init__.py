"""A task of one's own: what is asked of a model, and how what it answers is judged.

    from dropout_core.task import Call, Requirement, Task, matches

A task file has a module-level `task`. See `Task` and `Requirement`.
"""

from dropout_core.evidence import Evidence, Example
from dropout_core.task.call import Call, seeded
from dropout_core.task.definition import Requirement, Task, TaskInvalid
from dropout_core.task.made import Made, MadeCall
from dropout_core.task.ready_checks import (
    all_of,
    drawn_at_rate,
    finite,
    input_untouched,
    keeps_dtype,
    matches,
    only_imports,
    raises,
    result_kept,
    same_shape,
)
from dropout_core.task.result import CheckResult, failed, not_reached, passed

__all__ = [
    "Call",
    "CheckResult",
    "Evidence",
    "Example",
    "Made",
    "MadeCall",
    "Requirement",
    "Task",
    "TaskInvalid",
    "all_of",
    "drawn_at_rate",
    "failed",
    "finite",
    "input_untouched",
    "keeps_dtype",
    "matches",
    "not_reached",
    "only_imports",
    "passed",
    "raises",
    "result_kept",
    "same_shape",
    "seeded",
]
