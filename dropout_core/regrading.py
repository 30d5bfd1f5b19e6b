"""Judge stored answers again under today's checks, without asking any model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from dropout_core.state import EvaluationState
from dropout_core.trial import Grading
from dropout_core.trial_state import AttemptState
from dropout_core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Regraded:
    """A stored verdict beside today's, on the same code with the same seed."""

    trial: int
    attempt: int
    counted: bool
    """It is the attempt that counts."""
    before: Verdict
    after: Verdict

    @property
    def outcome_changed(self) -> bool:
        """Whether today's grading gives another outcome."""
        return self.before.outcome is not self.after.outcome

    @property
    def changed_checks(self) -> tuple[str, ...]:
        """The ids of the checks that went another way, among those both gradings have; then those only one has."""
        before = {check.id: check.status for check in self.before.checks}
        after = {check.id: check.status for check in self.after.checks}
        return tuple(name for name in {**before, **after} if before.get(name) is not after.get(name))


async def regrade(state: EvaluationState, grading: Grading) -> AsyncIterator[Regraded]:
    """Grade every stored answer again, many at once, and give the results in the order of the trials."""
    stored = [
        (trial.number, attempt, attempt is trial.counted, verdict, code)
        for trial in state.trials
        for attempt in trial.attempts
        if (verdict := _graded(attempt)) is not None and (code := attempt.code) is not None
    ]
    # Gradings wait for a free worker by themselves; a task each keeps all workers busy.
    tasks = [asyncio.create_task(grading.grade(code, seed=attempt.seed)) for _, attempt, _, _, code in stored]
    try:
        for (trial, attempt, counted, before, _), task in zip(stored, tasks, strict=True):
            yield Regraded(trial, attempt.number, counted, before, await task)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _graded(attempt: AttemptState) -> Verdict | None:
    """The verdict, when there was code to judge."""
    verdict = attempt.verdict
    return verdict if verdict is not None and verdict.checks else None
