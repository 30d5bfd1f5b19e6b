"""What the prompt of an evaluation asked for: a check that it never stated says little about the model."""

from __future__ import annotations

from collections.abc import Iterable

from dropout_core.task.definition import Task
from dropout_core.task.prompt import quotes, states
from dropout_core.task.requirement import Explicitness, Requirement
from dropout_core.values.config import EvaluationConfig


def is_asked(config: EvaluationConfig, task: Task, clause: Requirement) -> bool | None:
    """Whether the prompt states a requirement of the task; `None` where nothing tells.

    A prompt that was assembled states the requirements of its suite, and no others. One that a person wrote states a
    requirement when it holds its wording, or one of the words that speak of it. What the grader of a folder checks,
    only its author knows.

    Raises:
        UnknownSuite: the task no longer has the evaluation's suite.
    """
    if task.whole_prompt is not None:
        return None
    if config.prompt in set(Explicitness):
        is_in_suite = any(one.id == clause.id for one in task.suite(config.suite))
        return is_in_suite or quotes(config.prompt_text, clause)
    return states(config.prompt_text, clause)


def never_asked(config: EvaluationConfig, task: Task, suite: str) -> tuple[str, ...]:
    """The ids of those checks of a suite that the prompt does not state.

    Raises:
        UnknownSuite: the task has no such suite, or no longer has the evaluation's.
    """
    return tuple(one.id for one in task.suite(suite) if is_asked(config, task, one) is False)


def are_asked(config: EvaluationConfig, task: Task, clauses: Iterable[Requirement]) -> bool | None:
    """Whether the prompt states all of these requirements; `None` where of one nothing tells, and of no other that it
    does not.

    Raises:
        UnknownSuite: the task no longer has the evaluation's suite.
    """
    found = [is_asked(config, task, clause) for clause in clauses]
    return False if False in found else None if None in found else True
