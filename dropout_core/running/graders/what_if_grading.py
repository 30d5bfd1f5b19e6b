"""Grades stored answers by the suites that a what-if asks about, once: what was graded is kept in the store."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from dropout_core.analysis.what_if import (
    Answer,
    Change,
    Known,
    Plan,
    WhatIf,
    answers_of,
    known_of,
    next_suite,
    plan_of,
    what_if,
)
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.kept.gradings import KeptGrading, rules_of
from dropout_core.storage.store import Store
from dropout_core.task.definition import Task
from dropout_core.verdict.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from dropout_core.grading.task_grader import Graders

_log = logging.getLogger(__name__)

STORED_EVERY = 0.5
"""Seconds between two writes. What is graded meanwhile is stored at the end, however it comes."""


@dataclass(slots=True)
class _Asked:
    """An answer and what is known of it."""

    answer: Answer
    graded: list[Known]
    """Gradings besides that by which it was judged."""
    tried: set[str] = field(default_factory=set)
    is_done: bool = False
    """Whether nothing is left to be graded: more is never known of it then."""

    @property
    def known(self) -> Sequence[Known]:
        """All of its gradings."""
        judged = self.answer.judged
        return self.graded if judged is None else (judged, *self.graded)

    def next(self, plan: Plan) -> str | None:
        if self.is_done:
            return None
        suite = None if self.answer.code is None else next_suite(plan, self.known, self.tried)
        self.is_done = suite is None
        return suite


class WhatIfGrading:
    """What is known of the answers of one evaluation, and the gradings that are still to be made."""

    def __init__(self, store: Store, number: int, state: EvaluationState, task: Task) -> None:
        """Read what was graded before. Blocking.

        Raises:
            UnknownSuite: the task no longer has the evaluation's suite.
            StoreUnusable: it cannot be read.
        """
        self._store, self._number = store, number
        self.task = task
        """The task whose suites are asked about."""
        self.state = state
        """The evaluation, as it was when its answers were read."""
        self.plan = plan_of(state.config, task)
        """The changes that are asked about."""
        kept = self._kept()
        self._asked = [
            _Asked(answer, list(kept.get((answer.trial, answer.attempt), ())))
            for answer in answers_of(state, task)
        ]
        self._unstored: list[KeptGrading] = []
        self._stored_at = monotonic()

    def _kept(self) -> Mapping[tuple[int, int], Sequence[Known]]:
        kept: dict[tuple[int, int], list[Known]] = {}
        suites = {one.suite: one.checks for one in self._suites}
        for one in self._store.kept_gradings(self._number):
            if one.suite in suites and one.rules == self._rules():
                said = known_of(suites[one.suite], one.statuses, passes=one.outcome is Outcome.PASSED)
                kept.setdefault((one.trial, one.attempt), []).append(said)
        return kept

    @property
    def _suites(self) -> tuple[Change, ...]:
        alone = () if self.plan.alone is None else (self.plan.alone,)
        return (*self.plan.changes, self.plan.whole, *alone)

    def _rules(self) -> str:
        return rules_of(self.task.version, self.task.digest)

    @property
    def rows(self) -> tuple[WhatIf, ...]:
        """What each change makes of the rate, by the answers of which nothing is left to be graded: to count the others
        as far as they are known would favour those that pass, of which more is known at once."""
        done = [one for one in self._asked if one.next(self.plan) is None]
        return what_if(
            self.state.config,
            self.plan.changes,
            [one.answer for one in done],
            {one.answer.trial: one.graded for one in done},
            may_decide=not self.state.has_copies,
        )

    @property
    def answers(self) -> int:
        """How many answers there are."""
        return len(self._asked)

    @property
    def left(self) -> int:
        """The answers that have still to be graded."""
        return sum(one.next(self.plan) is not None for one in self._asked)

    async def grade(
        self,
        graders: AbstractAsyncContextManager[Graders],
        *,
        on_graded: Callable[[], object] = lambda: None,
    ) -> None:
        """Grade what has to be graded, with graders that are opened for it. What is done when this is cancelled stays
        done, and is stored.

        Raises:
            SandboxBroken: code cannot be run, or this system could not be protected from it.
            StoreUnusable: nothing can be stored.
        """
        waiting = deque(one for one in self._asked if one.next(self.plan) is not None)
        if not waiting:
            if self._unstored:
                await self._store_new()
            return
        async with graders as opened:
            await self._grade(waiting, opened, on_graded)

    async def _grade(self, waiting: deque[_Asked], graders: Graders, on_graded: Callable[[], object]) -> None:
        workers = [
            asyncio.create_task(self._work(waiting, graders, on_graded))
            for _ in range(min(graders.at_once, len(waiting)))
        ]
        try:
            await asyncio.gather(*workers)
            await self._store_new()
        finally:
            for worker in workers:
                worker.cancel()
            try:
                if self._unstored:  # at once: whoever interrupts twice is not waited for
                    self._store.keep_gradings(self._number, self._unstored)
                    self._unstored.clear()
            finally:
                await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, waiting: deque[_Asked], graders: Graders, on_graded: Callable[[], object]) -> None:
        """Take one answer after the other, each to its end: those that are done are then no choice of the easy ones."""
        while waiting:
            one = waiting.popleft()
            while (code := one.answer.code) is not None and (suite := one.next(self.plan)) is not None:
                verdict = await graders.of(suite).grade(code, seed=one.answer.seed)
                one.tried.add(suite)
                if verdict.outcome is Outcome.VOID:
                    _log.warning(
                        "run %d could not be graded by %s: %s", one.answer.trial, suite, verdict.reason
                    )
                else:
                    self._note(one, suite, verdict)
                on_graded()
                if monotonic() - self._stored_at > STORED_EVERY:
                    self._stored_at = monotonic()
                    await self._store_new()

    def _note(self, one: _Asked, suite: str, verdict: Verdict) -> None:
        checks = (id_ for id_, _ in verdict.statuses)
        one.graded.append(known_of(checks, verdict.statuses, passes=verdict.passed))
        answer, rules = one.answer, self._rules()
        self._unstored.append(
            KeptGrading(answer.trial, answer.attempt, suite, rules, verdict.outcome, verdict.statuses)
        )

    async def _store_new(self) -> None:
        new = tuple(self._unstored)
        await asyncio.to_thread(self._store.keep_gradings, self._number, new)
        # Others may have been added meanwhile, and another worker may have stored some of these.
        self._unstored = [one for one in self._unstored if one not in new]
