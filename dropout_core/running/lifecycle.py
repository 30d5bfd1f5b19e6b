"""Lifecycle of an evaluation: which attempts begin, what follows when one has ended, and when nothing is left to do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dropout_core.attempts.attempt import AttemptContext
from dropout_core.costs.budget import BUDGET
from dropout_core.running.beside import Turns
from dropout_core.running.event_recorder import EventRecorder
from dropout_core.running.trials.attempt_end import AttemptEnd
from dropout_core.running.trials.attempt_queue import AttemptQueue
from dropout_core.running.trials.attempt_runner import AttemptRunner
from dropout_core.running.trials.live_trial import LiveTrials
from dropout_core.running.trials.slots import Slots
from dropout_core.running.trials.stage import end_reason, stage_at_rest
from dropout_core.running.trials.ungraded_answers import TOO_MANY, UngradedAnswers
from dropout_core.state import events
from dropout_core.state.command_table import Stage
from dropout_core.state.end_reasons import COMPLETED, DECIDED
from dropout_core.state.evaluation_state import Folding
from dropout_core.state.trial_state import Hold, Status
from dropout_core.statistics.pass_rate import Decision

if TYPE_CHECKING:
    from dropout_core.running.batches.client import BatchClient


class Lifecycle:
    """Where a running evaluation stands between its start and its end."""

    def __init__(
        self,
        context: AttemptContext,
        *,
        number: int,
        fold: Folding,
        recorder: EventRecorder,
        slots: Slots,
        live: LiveTrials,
        ungraded: UngradedAnswers,
        turns: Turns | None,
        batches: BatchClient | None,
    ) -> None:
        """Nothing of the evaluation `number` runs here yet. Where others run beside it, `turns` says whose turn it is;
        where it is asked in batches, `batches` collects its requests.
        """
        self._number = number
        self._fold = fold
        self._recorder = recorder
        self._slots = slots
        self._live = live
        self._ungraded = ungraded
        self._turns = turns
        self._batches = batches
        self._started = False
        self._halting = False
        """Whether no attempt begins until those in flight have ended."""
        stopped_for = fold.state.stop_reason
        self._why: str | None = None if stopped_for == COMPLETED else stopped_for
        """Reason for a stop, now or before; ``None`` while there is none, or when everything was done."""
        self._decided = False
        self._closed = False
        self.idle = asyncio.Event()
        """Set while nothing is in flight and nothing waits for a slot."""
        self.attempts = AttemptRunner(
            context,
            live=live,
            slots=slots,
            fold=fold,
            recorder=recorder,
            ungraded=ungraded,
            parked=self.advance,
            ended=self._attempt_ended,
        )
        self.queue = AttemptQueue(
            slots,
            live=live,
            fold=fold,
            recorder=recorder,
            granted=self.attempts.run,
            may_take_turn=None if turns is None else self._may_take_turn,
        )

    @property
    def stage(self) -> Stage:
        """Where it stands, as the command table has it."""
        state = self._fold.state
        if self._halting:
            return Stage.STOPPING
        if state.ended_at is None:
            return Stage.RUNNING if self._started else Stage.READY
        return stage_at_rest(state)

    @property
    def is_closed(self) -> bool:
        """Whether nothing is begun or recorded any more."""
        return self._closed

    @property
    def is_decided(self) -> bool:
        """Whether the rate is decided, where that is what it runs for."""
        return self._decided

    @property
    def is_busy(self) -> bool:
        """Whether something is in flight, or waits for nothing but its turn."""
        return not self._slots.idle or self.queue.waits_for_its_turn

    def begin(self) -> None:
        """Let attempts begin again, whatever it was stopped for."""
        self._started, self._halting, self._why = True, False, None

    def begin_for_rerun(self) -> None:
        """Let the attempts begin that the user asks for by their trials, whatever it was stopped for."""
        self._started = True

    def halt(self, reason: str) -> None:
        """Begin nothing more."""
        if not self._halting:
            self._halting, self._why = True, reason
            self.queue.withdraw_all(reason)

    def close(self) -> None:
        """Begin and record nothing more, and take no note of how attempts end."""
        self._closed = True

    def go_by_decision(self) -> None:
        """With ``--until-decided`` no trial begins for the first time while the rate is decided."""
        until_decided = self._fold.config.until_decided
        if not until_decided and not self._decided:
            return
        was, self._decided = (
            self._decided,
            until_decided and self._fold.state.decision is not Decision.UNDECIDED,
        )
        if self._decided:
            self.queue.hold_to_decision(DECIDED)
        elif was and self._started and not self._halting and self._why is None:
            for trial in self._fold.state.trials:
                if trial.status is Status.QUEUED and trial.number not in self._ungraded:
                    self.queue.add(trial.number)

    def go_on(self) -> None:
        """Have an evaluation that had ended run again, where something waits for a slot, and give out free slots."""
        if self._fold.ended and self._slots.waiting:
            self._started = True
            self._recorder.reopened()
        self.advance()

    def advance(self) -> None:
        """Give out free slots, and end the evaluation when nothing is left to do."""
        if self._closed:
            return
        self.queue.dispatch()
        if self._turns is not None:
            self._turns.advanced()
        if self._batches is not None:
            self._batches.advanced()
        if self.is_busy:
            self.idle.clear()
            return
        if self._slots.waiting:
            # Nothing is in flight, and yet nothing may begin.
            self.queue.withdraw_all(BUDGET)
            self._why = BUDGET
        why = end_reason(
            self._fold.state, decided=self._decided, stopped_for=self._why, ungraded=self._ungraded
        )
        if not self._fold.ended and why is not None:
            self._recorder.record(events.EvaluationEnded(at=self._recorder.now(), reason=why))
            if why in (COMPLETED, DECIDED):
                self._why = DECIDED if why == DECIDED else None
        self._halting = False
        self.idle.set()

    def set_back(self, trial: int) -> None:
        """A trial that was cut off waits for a slot, or is held if it was about to pause. One whose answer could not be
        run waits for the next start."""
        if self._fold.trial(trial).hold is Hold.ASKED:
            self._recorder.record(events.Paused(at=self._recorder.now(), trial=trial))
            return
        self._record_queued(trial)
        if not self._halting and trial not in self._ungraded:
            self.queue.add(trial)

    def _attempt_ended(self, trial: int, attempt: int, end: AttemptEnd) -> None:
        if self._closed:
            return
        self._note_whether_graded(trial, end)
        again = end.is_to_be_replaced and not self._halting
        # A trial whose attempt was stopped for a new one has not ended: it is queued before the verdict. One that got
        # its verdict first has ended, and a new attempt waits only where there may be one.
        if end.was_replaced:
            self._record_queued(trial)
        if end.verdict is not None:
            self.attempts.reach_verdict(trial, attempt, end.verdict)
            if again and not end.was_replaced:
                self._record_queued(trial)
        if again:
            self.queue.add(trial)
        elif end.verdict is None:
            self.set_back(trial)
        self.go_by_decision()
        self.go_on()

    def _note_whether_graded(self, trial: int, end: AttemptEnd) -> None:
        """Halt when answers cannot be graded, several in a row, or the model cannot be asked any more."""
        if end.was_graded:
            self._ungraded.graded()
        if end.not_run is not None:
            latest = self._fold.trial(trial).latest
            self._ungraded.add(trial, end.not_run, answered=latest is not None and latest.code is not None)
            if self._ungraded.too_many:
                self.halt(TOO_MANY)
        if end.unusable is not None:
            self.halt(end.unusable)

    def _record_queued(self, trial: int) -> None:
        self._recorder.record(events.TrialQueued(at=self._recorder.now(), trial=trial))

    def _may_take_turn(self) -> bool:
        return self._turns is None or self._turns.may_begin(self._number)
