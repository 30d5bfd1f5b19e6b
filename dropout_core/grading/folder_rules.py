"""Rules of a task in a folder: its own grader judges answers, beside the answer in the sandbox."""

from __future__ import annotations

from dropout_core.grading.task_grading import TaskFault
from dropout_core.grading.task_rules import Judged
from dropout_core.sandbox import Fault, Sandbox
from dropout_core.sandbox.function_calls import (
    CallsToMake,
    FunctionCall,
    FunctionObservation,
    NotSendable,
    PreparedCalls,
    ReturnedValue,
)
from dropout_core.sandbox.printable import printable
from dropout_core.static_analysis.flags import flags_of
from dropout_core.task.requirement import RUNS
from dropout_core.task.sources.grader_folder import ACCEPTED, GRADER, GraderFolder
from dropout_core.values.seeds import derived_seed
from dropout_core.verdict.check import Check, CheckStatus
from dropout_core.verdict.flag import Flag

SHARED_PROCESS = Flag(
    "shared_process", "its grader runs in one process with the answer, which could deceive it"
)
A_VERDICT = "a verdict"


class FolderRules:
    """A folder's grader says whether an answer passes."""

    def __init__(self, task: GraderFolder, suite: str | None = None) -> None:
        """`suite` is the task's only one unless given.

        Raises:
            UnknownSuite: the task has none of this name.
        """
        self._folder = task
        self._titles = {one.id: one.title for one in task.suite(suite)}
        self.task = task.name
        """See `TaskRules.task`."""
        self.suite = task.default_suite if suite is None else suite
        """See `TaskRules.suite`."""
        self.version = task.version
        """See `TaskRules.version`."""

    async def judged(self, sandbox: Sandbox, code: str, seed: int) -> Judged:
        """See `TaskRules.judged`."""

        def prepared() -> PreparedCalls[Judged]:
            return CallsToMake("graded", (FunctionCall((code,)),)), lambda seen: (
                self._checks(seen),
                (SHARED_PROCESS, *flags_of(code)),
            )

        try:
            grader = self._folder.code_for(GRADER)
            return await sandbox.call_function(grader, prepared, seed=derived_seed(seed, "answer"))
        except (OSError, ValueError) as error:
            if not isinstance(error, NotSendable):
                raise TaskFault(printable(f"{self._folder.place / GRADER} cannot be read: {error}")) from None
            return self._without_verdict("The answer is too long to be handed over"), (SHARED_PROCESS,)

    def reason(self, failed: Check) -> str:
        """See `TaskRules.reason`."""
        return failed.message

    def _checks(self, seen: FunctionObservation) -> tuple[Check, ...]:
        if seen.defining is not None:
            grader = self._folder.place / GRADER
            raise TaskFault(printable(f"{grader} cannot be run: {seen.defining.text}"))
        (result,) = seen.results
        fault = seen.ended or (result if isinstance(result, Fault) else None)
        if fault is not None:
            return self._without_verdict(f"The grader came to no verdict: {fault.text}")
        match result:
            case ReturnedValue(value=(bool(accepted), str(info))):
                status = CheckStatus.PASSED if accepted else CheckStatus.FAILED
                return (
                    self._check(RUNS, CheckStatus.PASSED, "The grader came to a verdict", A_VERDICT),
                    self._check(ACCEPTED, status, printable(info) or f"The grader says {accepted}"),
                )
        return self._without_verdict("The grader came to no verdict")

    def _without_verdict(self, why: str) -> tuple[Check, ...]:
        return (
            self._check(RUNS, CheckStatus.FAILED, printable(why), "none"),
            self._check(ACCEPTED, CheckStatus.NOT_REACHED, "There is no verdict."),
        )

    def _check(self, id_: str, status: CheckStatus, message: str, measured: str | None = None) -> Check:
        expected = A_VERDICT if id_ == RUNS else None
        return Check(id_, self._titles[id_], status, message, measured, expected)
