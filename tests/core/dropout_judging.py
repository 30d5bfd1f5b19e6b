"""Judges results of dropout's calls that a test has made up, or made in its own process."""

from __future__ import annotations

from collections.abc import Sequence

from dropout_core.grading.grader import outcome_of
from dropout_core.grading.task_grading import judge_shared, reason_of
from dropout_core.sandbox import Observation
from dropout_core.task.requirement import Requirement
from dropout_core.tasks.dropout import task
from dropout_core.tasks.dropout.observations.observed import Observed
from dropout_core.tasks.dropout.probes import Probes
from dropout_core.verdict.check import Check
from dropout_core.verdict.verdict import Outcome


def judge(
    requirements: Sequence[Requirement], probes: Probes, observation: Observation, code: str = ""
) -> tuple[Check, ...]:
    """The check of every requirement, in order."""
    return judge_shared(task, requirements, Observed(probes, observation, code))


def headline(requirements: Sequence[Requirement], checks: tuple[Check, ...]) -> tuple[Outcome, str]:
    """The outcome, and what a verdict with these checks says."""
    named = {one.id: one for one in requirements}
    return outcome_of(checks, lambda failed: reason_of(task, named[failed.id], failed))
