"""Why the verdicts on screen can be trusted: the task's error budget, and gradings with fresh seeds.

The gradings are kept with the evaluation: those that another key press adds come on top of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import replace

from textual.screen import Screen
from textual.worker import Worker

from dropout_core.analysis.review.repeated_verdicts import Place, repeats_of
from dropout_core.running.graders.open_grader import opened_grader
from dropout_core.running.graders.repeat_grading import graded_again
from dropout_core.sandbox import SandboxBroken
from dropout_core.storage.errors import StoreUnusable
from dropout_core.storage.kept.gradings import rules_of
from dropout_core.storage.kept.repeats import KeptRepeat
from dropout_core.task.definition import Task
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.seeds import fresh_seed
from dropout_core.verdict.repeats import Repeats, said_of
from dropout_core.verdict.verdict import Outcome, Verdict
from dropout_tui.presenters.trial.current_answer import CurrentAnswer
from dropout_tui.presenters.trial.repeat_store import RepeatStore
from dropout_tui.text.words.trust import GradedAgain

TIMES = 20


class Trust:
    """What one screen knows of it. One answer at a time is graded again."""

    def __init__(
        self, screen: Screen[None], changed: Callable[[], object], store: RepeatStore | None = None
    ) -> None:
        """`changed` is called whenever there is something else to show; `store` keeps what is graded."""
        self._screen, self._changed, self._store = screen, changed, store
        self._kept: dict[Place, list[KeptRepeat]] = {}
        self.task: Task | None = None
        """The task as it is today; ``None`` where it is not there."""
        self._of: dict[Place, GradedAgain] = {}
        self._worker: Worker[None] | None = None
        self._at: Place | None = None

    async def find(self, number: int, config: EvaluationConfig) -> None:
        """Load the task of evaluation `number`, and what was graded again before."""
        if self._store is not None:
            with suppress(StoreUnusable):
                for one in await asyncio.to_thread(self._store.kept_repeats, number):
                    self._kept.setdefault((one.trial, one.attempt), []).append(one)
                self._changed()
        with suppress(TaskUnusable):
            self.task = await asyncio.to_thread(task_of, config)
            self._changed()

    def of(self, place: Place, verdict: Verdict | None, config: EvaluationConfig) -> GradedAgain | None:
        """What is known of an answer; ``None`` when it was not graded again."""
        if place not in self._of and place in self._kept and verdict is not None:
            repeats = repeats_of(place, verdict, config, self._kept[place])
            if repeats.said:
                self._of[place] = GradedAgain(repeats, len(repeats.said))
        return self._of.get(place)

    def begin(self, here: CurrentAnswer, *, allow_weak_sandbox: bool) -> None:
        """Grade an answer that has a verdict, in place of the one that is being graded."""
        attempt = here.attempt
        if attempt is None or attempt.code is None or attempt.verdict is None:
            return
        self.stop()
        self._at = (here.trial.number, attempt.number)
        before = self.of(self._at, attempt.verdict, here.config)
        repeats = Repeats.of(attempt.verdict) if before is None else before.repeats
        self._of[self._at] = GradedAgain(repeats, len(repeats.said) + TIMES, is_under_way=True)
        self._changed()
        self._worker = self._screen.run_worker(
            self._grade(self._at, here, attempt.code, attempt.verdict, allow_weak_sandbox),
            group="grading again",
            exit_on_error=False,
        )

    def stop(self) -> None:
        """Stop it; what was graded by then is kept."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
        if self._at is not None:
            self._end(self._at)

    async def _grade(
        self, at: Place, here: CurrentAnswer, code: str, verdict: Verdict, allow_weak_sandbox: bool
    ) -> None:
        try:
            task = await asyncio.to_thread(task_of, here.config)
            suite, seeds = verdict.suite, [fresh_seed() for _ in range(TIMES)]
            async with (
                opened_grader(suite, task=task, allow_weak_sandbox=allow_weak_sandbox) as grader,
                aclosing(graded_again(grader, code, seeds)) as verdicts,
            ):
                async for one in verdicts:
                    known = self._of[at]
                    repeats = known.repeats.with_one(one)
                    under_way = len(repeats.said) < known.planned
                    self._of[at] = replace(known, repeats=repeats, is_under_way=under_way)
                    self._changed()
                    await self._keep(here.evaluation, at, one, rules_of(task.version, task.digest))
        except (SandboxBroken, TaskUnusable, UnknownSuite) as error:
            self._screen.notify(
                f"The answer could not be graded again: {error}", severity="error", markup=False
            )
        finally:
            self._end(at)

    async def _keep(self, evaluation: int, at: Place, verdict: Verdict, rules: str) -> None:
        """Keep one grading; one without a verdict says nothing."""
        if self._store is None or verdict.outcome is Outcome.VOID:
            return
        trial, attempt = at
        repeat = KeptRepeat(trial, attempt, verdict.suite, rules, verdict.seed, said_of(verdict))
        try:
            await asyncio.to_thread(self._store.keep_repeats, evaluation, (repeat,))
        except StoreUnusable as error:
            self._store = None
            self._screen.notify(
                f"{error}; what is graded again is not kept", severity="warning", markup=False
            )

    def _end(self, at: Place) -> None:
        if self._of[at].is_under_way:
            self._of[at] = replace(self._of[at], is_under_way=False)
            self._changed()
