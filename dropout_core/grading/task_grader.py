"""What a grader is, wherever it grades."""

from __future__ import annotations

from typing import Protocol

from dropout_core.task.definition import Task
from dropout_core.verdict.verdict import Grading


class TaskGrader(Grading, Protocol):
    """Judge of answers to one task by one suite: a `Grader`, or one that has other machines grade."""

    @property
    def task(self) -> Task:
        """The task that answers are judged by."""
        ...

    @property
    def suite(self) -> str:
        """Name of the suite."""
        ...


class Graders(Protocol):
    """Graders of one task by any of its suites, in one place."""

    @property
    def at_once(self) -> int:
        """Answers that are handed over at once: enough to keep the place busy."""
        ...

    def of(self, suite: str) -> TaskGrader:
        """The grader by a suite.

        Raises:
            UnknownSuite: the task has no suite of this name.
        """
        ...
