"""Rules that answers to a task are judged by: a suite of its requirements."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from dropout_core.grading.task_grading import (
    DrawnCalls,
    draw_calls,
    guarded,
    judge_calls,
    judge_shared,
    reason_of,
)
from dropout_core.sandbox import Observation, Prepared, Sandbox
from dropout_core.sandbox.function_calls import FunctionObservation, NotSendable, PreparedCalls
from dropout_core.static_analysis.flags import flags_of
from dropout_core.task.definition import Task
from dropout_core.values.seeds import derived_seed
from dropout_core.verdict.check import Check
from dropout_core.verdict.flag import Flag

if TYPE_CHECKING:
    from dropout_core.task.definition import Observe

T = TypeVar("T")

Judged = tuple[tuple[Check, ...], tuple[Flag, ...]]


class TaskRules(Protocol):
    """Rules that a grader applies."""

    @property
    def task(self) -> str:
        """Name of the task."""
        ...

    @property
    def suite(self) -> str:
        """Name of the suite."""
        ...

    @property
    def version(self) -> int:
        """Version of the suite."""
        ...

    async def judged(self, sandbox: Sandbox, code: str, seed: int) -> Judged:
        """Checks of one answer, in order, and its flags.

        Raises:
            SandboxBroken: the sandbox does not work.
            TaskFault: the task's own code does not.
        """
        ...

    def reason(self, failed: Check) -> str:
        """Headline when this check is the first that failed."""
        ...


class RequirementRules:
    """Rules of a task that is judged by the checks of its requirements."""

    def __init__(self, task: Task, suite: str | None = None) -> None:
        """`suite` is the task's first unless given.

        Raises:
            UnknownSuite: the task has none of this name.
        """
        self._task = task
        self._requirements = {one.id: one for one in task.suite(suite)}
        self.suite = task.default_suite if suite is None else suite
        """See `TaskRules.suite`."""

    @property
    def task(self) -> str:
        """See `TaskRules.task`."""
        return self._task.name

    @property
    def version(self) -> int:
        """See `TaskRules.version`."""
        return self._task.version

    async def judged(self, sandbox: Sandbox, code: str, seed: int) -> Judged:
        """See `TaskRules.judged`."""
        if self._task.observe is not None:
            return await self._judged_together(self._task.observe, sandbox, code, seed)
        drawn: list[DrawnCalls] = []

        def prepared() -> PreparedCalls[Judged]:
            drawn.append(draw_calls(self._task, self.suite, derived_seed(seed, "inputs")))

            def judge(observed: FunctionObservation) -> Judged:
                return judge_calls(drawn[0], observed, code), flags_of(code)

            return drawn[0].to_make(), judge

        try:
            return await sandbox.call_function(code, prepared, seed=derived_seed(seed, "answer"))
        except NotSendable as error:
            raise drawn[0].not_sendable(error) from None

    async def _judged_together(self, observe: Observe, sandbox: Sandbox, code: str, seed: int) -> Judged:
        """The same where requirements share their calls."""
        requirements = tuple(self._requirements.values())

        def of_its_own(step: Callable[[], T]) -> T:
            return guarded(self._task, requirements[0].id, "its observe", step)

        def prepared() -> Prepared[Judged]:
            calls, observed = of_its_own(lambda: observe(requirements, derived_seed(seed, "inputs"), code))

            def judge(results: Observation) -> Judged:
                seen = of_its_own(lambda: observed(results))
                return judge_shared(self._task, requirements, seen), flags_of(code)

            return calls, judge

        return await sandbox.call_prepared(code, prepared, seed=derived_seed(seed, "answer"))

    def reason(self, failed: Check) -> str:
        """See `TaskRules.reason`."""
        return reason_of(self._task, self._requirements[failed.id], failed)
