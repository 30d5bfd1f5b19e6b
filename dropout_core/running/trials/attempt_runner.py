"""Attempts of an evaluation: begun when their trial has a slot, parked where they are paused, ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from dropout_core.attempts.attempt import Attempt, AttemptContext
from dropout_core.attempts.voids import void
from dropout_core.running.event_recorder import EventRecorder
from dropout_core.running.trials.attempt_end import AttemptEnd, attempt_end
from dropout_core.running.trials.live_trial import LiveTrials
from dropout_core.running.trials.slots import Slots
from dropout_core.running.trials.ungraded_answers import UngradedAnswers
from dropout_core.state import events
from dropout_core.state.evaluation_state import Folding
from dropout_core.state.trial_state import AttemptState, Hold, TrialState
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.verdict import Verdict


class AttemptRunner:
    """Runs attempts as tasks of the event loop, one a trial at a time."""

    def __init__(
        self,
        context: AttemptContext,
        *,
        live: LiveTrials,
        slots: Slots,
        fold: Folding,
        recorder: EventRecorder,
        ungraded: UngradedAnswers,
        parked: Callable[[], None],
        ended: Callable[[int, int, AttemptEnd], None],
    ) -> None:
        """`parked` is called when a paused attempt has given its slot back, and `ended`, with the numbers of a trial
        and its attempt, when that has ended and its slot is free."""
        self._context = context
        self._live = live
        self._slots = slots
        self._fold = fold
        self._recorder = recorder
        self._ungraded = ungraded
        self._parked = parked
        self._ended = ended

    def use_config(self, config: EvaluationConfig) -> None:
        """Begin further attempts with a changed configuration."""
        self._context = replace(self._context, config=config)

    def use_attempt_seconds(self, seconds: float) -> None:
        """Begin further attempts with another time for all their requests."""
        self._context = replace(self._context, attempt_seconds=seconds)

    def run(self, trial: int) -> None:
        """Begin the attempt of a trial that has a slot now, or let it go on from where it was paused or cut off."""
        live, latest = self._live[trial], self._fold.trial(trial).latest
        if live.is_parked:
            if live.let_go_on():
                self._record_continued(trial)
            return
        goes_on = latest is not None and latest.may_go_on
        if latest is not None and goes_on:
            self._record_continued(trial)
            begun = latest
        else:
            begun = self._recorder.new_attempt(trial)
        attempt = Attempt(
            self._context,
            trial=trial,
            begun=begun,
            goes_on=goes_on,
            boundary=lambda: self._boundary(trial),
        )
        live.begin(
            attempt.run(),
            name=f"trial {trial}.{begun.number}",
            ended=lambda task: self._task_done(task, trial, begun),
        )

    def end_as_void(self, trial: TrialState, reason: str) -> None:
        """End the attempt of a trial as void: that in memory, or the one that waits, or was to be begun."""
        live = self._live[trial.number]
        if live.has_attempt:
            live.end_as_void(reason)
            return
        self._slots.cancel(trial.number)
        latest = trial.latest
        if latest is None or latest.verdict is not None:
            latest = self._recorder.new_attempt(trial.number)
        self.reach_verdict(trial.number, latest.number, void(self._fold.config, latest.seed, reason))

    def reach_verdict(self, trial: int, attempt: int, verdict: Verdict) -> None:
        """Record how an attempt ended; nothing of its trial waits to be graded any more."""
        self._recorder.record(
            events.VerdictReached(at=self._recorder.now(), trial=trial, attempt=attempt, verdict=verdict)
        )
        self._ungraded.discard(trial)

    def _record_continued(self, trial: int) -> None:
        self._recorder.record(events.AttemptContinued(at=self._recorder.now(), trial=trial))

    async def _boundary(self, trial: int) -> None:
        """Where an attempt pauses: it gives its slot back and waits to be given one again."""
        if self._fold.trial(trial).hold is not Hold.ASKED:
            return
        self._recorder.record(events.Paused(at=self._recorder.now(), trial=trial))
        self._slots.release(trial)
        await self._live[trial].park(self._parked)

    def _task_done(self, task: asyncio.Task[Verdict], trial: int, begun: AttemptState) -> None:
        live = self._live[trial]
        end = attempt_end(task, live, self._fold.config, begun.seed)
        live.forget_attempt()
        self._slots.cancel(trial)
        self._slots.release(trial)
        self._ended(trial, begun.number, end)
