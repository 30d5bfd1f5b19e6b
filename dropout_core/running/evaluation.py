"""Evaluation of many trials: slots, pause, resume, cancel, rerun and the stopping rule.

An evaluation records events and takes commands; what is shown is computed from its events elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from dropout_core.attempts.attempt import AttemptContext, Interpreter
from dropout_core.costs.budget import BUDGET
from dropout_core.models import Model
from dropout_core.models.retry.gate import Clock
from dropout_core.models.retry.retrying import MAX_TRIES, RetryingClient
from dropout_core.models.retry.time_budget import ATTEMPT_SECONDS
from dropout_core.running.attempt_end import AttemptEnd
from dropout_core.running.attempt_queue import AttemptQueue
from dropout_core.running.attempt_runner import AttemptRunner
from dropout_core.running.beside import Beside
from dropout_core.running.command_refusals import CommandRefusals, concerned
from dropout_core.running.event_recorder import EventRecorder
from dropout_core.running.live_trial import LiveTrials
from dropout_core.running.plan_changes import refusal_of_plan
from dropout_core.running.slots import Slots
from dropout_core.running.stage import end_reason, stage_at_rest
from dropout_core.running.ungraded_answers import TOO_MANY, UngradedAnswers
from dropout_core.state import events
from dropout_core.state.command_table import CLOSED, Command, Stage
from dropout_core.state.end_reasons import COMPLETED, DECIDED, STOPPED
from dropout_core.state.evaluation_state import EvaluationState, Folding
from dropout_core.state.trial_state import AttemptState, Hold, Status, TrialState
from dropout_core.state.voided_by_user import CANCELLED, REPLACED
from dropout_core.statistics.pass_rate import Decision
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.journal import Journal
from dropout_core.values.config import LimitSource
from dropout_core.values.plan import Plan
from dropout_core.values.price import Price
from dropout_core.verdict.verdict import Grading

if TYPE_CHECKING:
    from dropout_core.running.batches.access import BatchAccess
    from dropout_core.running.batches.client import BatchClient


class Evaluation:
    """Runs the trials of one evaluation. Commands and `start` must be called from the event loop."""

    def __init__(
        self,
        state: EvaluationState,
        *,
        model: Model,
        grading: Grading,
        interpreter: Interpreter,
        journal: Journal,
        clock: Callable[[], float] = time.time,
        waits: Clock | None = None,
        attempt_seconds: float = ATTEMPT_SECONDS,
        reopened: bool = False,
        first_alone: bool = False,
        beside: Beside | None = None,
        batches: BatchAccess | None = None,
    ) -> None:
        """`state` is computed from the events stored so far, so an interrupted evaluation continues where it was.

        `reopened` says that it was begun by another `Evaluation`; the time since then does not count. `clock` gives the
        times of events, and `waits` that of waits between tries. The requests of one attempt may take
        `attempt_seconds`. With `first_alone` the others wait until the server has begun to answer the first request.
        `beside` is what it shares with other evaluations, if it does. Where it is asked in batches, `batches` is where
        they are submitted.
        """
        self._fold = Folding(state)
        self._journal = journal
        self._clock = clock
        self._recorder = EventRecorder(self._fold, journal, clock)
        self._record = self._recorder.record
        self._slots = Slots(state.limit)
        self._live = LiveTrials()
        max_tries = state.config.tries or MAX_TRIES
        self._batches = None if batches is None else self._batch_client(batches, beside, max_tries)
        self._client = self._batches or RetryingClient(
            model,
            limit=state.limit,
            adapted=self._adapted,
            max_tries=max_tries,
            clock=waits,
            first_alone=first_alone,
            gate=None if beside is None else beside.gate,
        )
        self._turns = None if beside is None else beside.turns
        self._ungraded = UngradedAnswers()
        self._refusals = CommandRefusals(
            state=lambda: self._fold.state,
            stage=lambda: self._stage,
            live=self._live,
            ungraded=self._ungraded,
        )
        self._started = False
        self._halting = False
        """Whether no attempt begins until those in flight have ended."""
        self._why: str | None = None if state.stop_reason == COMPLETED else state.stop_reason
        """Reason for a stop, now or before; ``None`` while there is none, or when everything was done."""
        self._decided = False
        self._reopened = reopened
        self._closing = False
        self._failure: Exception | None = None
        self._idle = asyncio.Event()
        self._broken = asyncio.Event()
        context = AttemptContext(
            config=state.config,
            client=self._client,
            grading=grading,
            interpreter=interpreter,
            record=self._record,
            stored=journal.flush,
            writable=journal.writable,
            conversation=journal.conversation,
            clock=clock,
            attempt_seconds=attempt_seconds,
        )
        self._attempts = AttemptRunner(
            context,
            live=self._live,
            slots=self._slots,
            fold=self._fold,
            recorder=self._recorder,
            ungraded=self._ungraded,
            parked=self._advance,
            ended=self._attempt_ended,
        )
        self._queue = AttemptQueue(
            self._slots,
            live=self._live,
            fold=self._fold,
            recorder=self._recorder,
            granted=self._attempts.run,
            may_take_turn=None if beside is None else self._may_take_turn,
        )
        self._blocked_since: float | None = None
        self._go_by_decision()
        journal.on_failure = self._storing_failed
        journal.state_of = self._fold.trial
        journal.listen_for_blockage(self._store_blocked)

    @property
    def number(self) -> int:
        """The evaluation's number in the store."""
        return self._journal.evaluation

    @property
    def state(self) -> EvaluationState:
        """State with what is not durable yet: to decide what is begun next, not to be shown."""
        return self._fold.state

    @property
    def wants_a_turn(self) -> bool:
        """Whether a trial waits for a slot."""
        return bool(self._slots.waiting) and not self._closing

    @property
    def waits_for_its_turn(self) -> bool:
        """Whether nothing of its own keeps a trial from a slot."""
        return self._queue.waits_for_its_turn and not self._closing

    @property
    def in_flight(self) -> tuple[AttemptState, ...]:
        """Attempts that hold a slot."""
        return self._queue.in_flight

    @property
    def goes_on_next(self) -> bool:
        """Whether an attempt that was answered in part waits for a slot. It comes before all others."""
        return self._queue.goes_on_next

    @property
    def is_answered(self) -> bool:
        """Whether the model has begun to answer one of the attempts in flight."""
        return any(attempt.is_answered for attempt in self.in_flight)

    def take_turn(self) -> None:
        """Begin the trials whose turn it is now."""
        self._advance()

    def refusal(self, command: Command, trial: int | None = None) -> str | None:
        """Message that refuses a command to a trial, or to all; ``None`` when it would have an effect."""
        if self._closing:
            return CLOSED
        return self._refusals.of(command, None if trial is None else self._fold.trial(trial))

    def start(self) -> str | None:
        """Start the waiting trials; returns why not, if there is nothing to start.

        An attempt that was cut off continues from its last stored turn; one whose first request was unanswered starts
        over. Paused trials stay paused, and those about to pause are paused.
        """
        why = self.refusal(Command.START)
        if why is not None:
            if self._slots.idle and not self._queue.waits_for_its_turn:
                self._idle.set()
            return why
        self._started, self._halting, self._why = True, False, None
        self._ungraded.clear()
        self._client.reopen()
        idle = [trial for trial in self._fold.state.trials if not self._live.has_attempt(trial.number)]
        cut_off = [trial for trial in idle if trial.status in (Status.RUNNING, Status.PAUSING)]
        waiting = [trial for trial in idle if trial.queued and trial.hold is not Hold.HELD]
        reopened, self._reopened = self._reopened, False
        if cut_off or (reopened if self._fold.state.ended_at is None else waiting):
            self._recorder.reopened()
        for trial in cut_off:
            self._recorder.request_cut_off(trial)
            self._set_back(trial.number)
        for trial in waiting:
            if trial.rerun_waits:
                self._live[trial.number].rerun_asked = True
            self._queue.add(trial.number)
        self._go_by_decision()
        self._advance()
        return None

    async def finished(self) -> None:
        """Wait until nothing is in flight and nothing waits for a slot. Paused trials do not keep it waiting.

        Raises:
            StoreUnusable: events could not be stored.
        """
        await self._idle.wait()
        if self._failure is not None:
            raise self._failure
        await self._journal.flush()

    async def until(self, leaving: asyncio.Event) -> None:
        """Go on taking commands until `leaving` is set.

        Raises:
            StoreUnusable: events could not be stored.
        """
        waits = [asyncio.ensure_future(leaving.wait()), asyncio.ensure_future(self._broken.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self._failure is not None:
            raise self._failure

    async def batches_told(self) -> None:
        """Wait until the servers of batches that were cancelled know it, as far as they can be reached."""
        if self._batches is not None:
            await self._batches.told()
        await self._journal.flush()

    async def close(self) -> None:
        """Cut off what is in flight and store the rest. `start` takes up what was cut off."""
        self._closing = True
        self._client.leave()
        await asyncio.gather(*self._live.stop_all(), return_exceptions=True)
        if self._batches is not None:
            await self._batches.close()
        await self._journal.close()

    def stop(self, reason: str = STOPPED) -> str | None:
        """Begin no further attempts; those in flight end by themselves. Returns why not, if there is nothing to
        stop."""
        why = self.refusal(Command.STOP)
        if why is None:
            self._halt(reason)
            self._advance()
        return why

    def cut_off(self, reason: str = STOPPED) -> None:
        """Stop, and end what is in flight without a verdict: `start` takes those attempts up.

        Paused trials stay paused.
        """
        self.stop(reason)
        for trial in self._slots.taken:
            self._live[trial].cut_short()

    def set_reply_limit(self, max_tokens: int, source: LimitSource) -> None:
        """Set the token limit of a reply, and where it comes from, before the first request."""
        self._record(events.ReplyLimitKnown(at=self._clock(), max_tokens=max_tokens, source=source))
        self._attempts.use_config(self._fold.config)

    def set_price(self, price: Price) -> None:
        """Set the price of tokens."""
        if price != self._fold.state.price:
            self._record(events.PriceKnown(at=self._clock(), price=price))

    def set_attempt_seconds(self, seconds: float) -> None:
        """Set the time that all requests of an attempt may take; for attempts that begin from now on."""
        self._attempts.use_attempt_seconds(seconds)

    def set_tries(self, tries: int) -> None:
        """Set the tries of one request before it is given up; for requests that are sent from now on."""
        self._client.set_max_tries(tries)

    def add_runs(self, count: int) -> str | None:
        """Add `count` trials, with the seeds they would have had from the start."""
        plan = Plan.of(self._fold.config)
        return self.change_plan(replace(plan, runs=plan.runs + count))

    def change_plan(self, plan: Plan) -> str | None:
        """Change the plan from now on; returns why not, if it is refused.

        It applies to waiting trials at once. An evaluation that has ended goes on when runs are added, and does not go
        on by itself otherwise.
        """
        stage, runs = self._stage, self._fold.config.runs
        why = CLOSED if self._closing else refusal_of_plan(self._fold.state, stage, plan)
        if why is not None:
            return why
        graded = self._fold.state.tally.graded
        self._record(events.PlanChanged(at=self._clock(), plan=plan, graded=graded))
        self._go_by_decision()
        if stage is Stage.RUNNING and plan.runs > runs and not self._decided:
            waiting = set(self._slots.waiting)
            for trial in range(runs + 1, plan.runs + 1):
                if trial not in waiting:
                    self._queue.add(trial)
        elif plan.runs > runs and stage is not Stage.READY:
            self.start()
        self._advance()
        return None

    def set_concurrency(self, limit: int) -> str | None:
        """Change how many trials may be in flight at once; at least one."""
        limit = max(1, limit)
        if self._closing:
            return CLOSED
        if limit == self._fold.state.limit:
            return f"{limit} at once is the limit already."
        self._record(events.ConcurrencyChanged(at=self._clock(), limit=limit))
        self._slots.limit = limit
        self._client.set_limit(limit)
        self._advance()
        return None

    def change_concurrency(self, by: int) -> int | str:
        """Let `by` more trials be in flight at once, or fewer; gives how many that are, or why nothing changes.

        The shown limit lags behind, so a caller that computed the new one from it would lose quick changes.
        """
        return self.set_concurrency(self._fold.state.limit + by) or self._fold.state.limit

    def pause(self, trial: int | None = None) -> str | None:
        """Pause a trial (or every unfinished one) at its next boundary; returns why not, if none can be paused."""

        def hold(each: TrialState) -> None:
            self._record(events.PauseAsked(at=self._clock(), trial=each.number))
            if each.status is Status.QUEUED:
                self._slots.cancel(each.number)
                self._record(events.Paused(at=self._clock(), trial=each.number))

        return self._do(Command.PAUSE, trial, hold)

    def resume(self, trial: int | None = None) -> str | None:
        """End the pause of a trial, or of all; returns why not, if none may go on."""

        def go_on(each: TrialState) -> None:
            self._record(events.Resumed(at=self._clock(), trial=each.number))
            # Before the start nothing begins; the start then begins all waiting trials.
            if each.status is Status.PAUSED and self._stage is not Stage.READY:
                self._queue.add(each.number)

        return self._do(Command.RESUME, trial, go_on)

    def cancel(self, trial: int | None = None) -> str | None:
        """End a trial's attempt (or all unfinished ones) as void; withdraw the waiting rerun of one that has ended."""

        batches: set[int] = set()

        def end(each: TrialState) -> None:
            if each.latest is not None and each.latest.batch is not None:
                batches.add(each.latest.batch)
            if each.rerun_waits:
                self._queue.withdraw(each.number, CANCELLED)
            else:
                self._attempts.end_as_void(each, CANCELLED)

        why = self._do(Command.CANCEL, trial, end)
        if self._batches is not None:
            self._batches.cancelled(batches)
        return why

    def rerun(self, trial: int | None = None) -> str | None:
        """Make a new attempt of a trial, or of every one that has ended; returns why not, if none is made.

        Earlier attempts are kept. The outcome of one that has ended stays until the new attempt begins.
        """
        return self._do(Command.RERUN, trial, self._make_anew)

    def repeat_voids(self) -> str | None:
        """Make a new attempt of every void trial."""
        return self._do(Command.REPEAT_VOIDS, None, self._make_anew)

    def _do(self, command: Command, trial: int | None, deed: Callable[[TrialState], None]) -> str | None:
        """Apply a command to a trial, or to each on which it has an effect."""
        why = self.refusal(command, trial)
        if why is not None:
            return why
        chosen = concerned(command, self._fold.state.trials) if trial is None else [self._fold.trial(trial)]
        for each in self._refusals.able(command, chosen):
            deed(each)
        self._reopen()
        self._advance()
        return None

    @property
    def _stage(self) -> Stage:
        state = self._fold.state
        if self._halting:
            return Stage.STOPPING
        if state.ended_at is None:
            return Stage.RUNNING if self._started else Stage.READY
        return stage_at_rest(state)

    def _make_anew(self, trial: TrialState) -> None:
        self._started = True
        live = self._live[trial.number]
        live.rerun_asked = True
        if live.has_attempt:
            live.end_as_void(REPLACED)
            return
        self._record(events.TrialQueued(at=self._clock(), trial=trial.number))
        if trial.latest is not None and trial.latest.verdict is None:
            self._attempts.end_as_void(trial, REPLACED)
        self._queue.add(trial.number)

    def _adapted(self, allowed: int) -> None:
        self._record(events.ConcurrencyAdapted(at=self._clock(), allowed=allowed))

    def _set_back(self, trial: int) -> None:
        """A trial that was cut off waits for a slot, or is held if it was about to pause. One whose answer could not be
        run waits for `start`."""
        if self._fold.trial(trial).hold is Hold.ASKED:
            self._record(events.Paused(at=self._clock(), trial=trial))
            return
        self._record(events.TrialQueued(at=self._clock(), trial=trial))
        if not self._halting and trial not in self._ungraded:
            self._queue.add(trial)

    def _attempt_ended(self, trial: int, attempt: int, end: AttemptEnd) -> None:
        if self._closing:
            return
        self._note_whether_graded(trial, end)
        again = end.is_to_be_replaced and not self._halting
        # A trial whose attempt was stopped for a new one has not ended: it is queued before the verdict. One that got
        # its verdict first has ended, and a new attempt waits only where there may be one.
        if end.was_replaced:
            self._record(events.TrialQueued(at=self._clock(), trial=trial))
        if end.verdict is not None:
            self._attempts.reach_verdict(trial, attempt, end.verdict)
            if again and not end.was_replaced:
                self._record(events.TrialQueued(at=self._clock(), trial=trial))
        if again:
            self._queue.add(trial)
        elif end.verdict is None:
            self._set_back(trial)
        self._go_by_decision()
        self._reopen()
        self._advance()

    def _note_whether_graded(self, trial: int, end: AttemptEnd) -> None:
        """Halt when answers cannot be graded, several in a row, or the model cannot be asked any more."""
        if end.was_graded:
            self._ungraded.graded()
        if end.not_run is not None:
            latest = self._fold.trial(trial).latest
            self._ungraded.add(trial, end.not_run, answered=latest is not None and latest.code is not None)
            if self._ungraded.too_many:
                self._halt(TOO_MANY)
        if end.unusable is not None:
            self._halt(end.unusable)

    def _halt(self, reason: str) -> None:
        """Begin nothing more."""
        if not self._halting:
            self._halting, self._why = True, reason
            self._queue.withdraw_all(reason)

    def _go_by_decision(self) -> None:
        """With ``--until-decided`` no trial begins for the first time while the rate is decided."""
        until_decided = self._fold.config.until_decided
        if not until_decided and not self._decided:
            return
        was, self._decided = (
            self._decided,
            until_decided and self._fold.state.decision is not Decision.UNDECIDED,
        )
        if self._decided:
            self._queue.hold_to_decision(DECIDED)
        elif was and self._started and not self._halting and self._why is None:
            for trial in self._fold.state.trials:
                if trial.status is Status.QUEUED and trial.number not in self._ungraded:
                    self._queue.add(trial.number)

    def _reopen(self) -> None:
        if self._fold.ended and self._slots.waiting:
            self._started = True
            self._recorder.reopened()

    def _advance(self) -> None:
        """Give out free slots, and end the evaluation when nothing is left to do."""
        if self._closing:
            return
        self._queue.dispatch()
        if self._turns is not None:
            self._turns.advanced()
        if self._batches is not None:
            self._batches.advanced()
        if not self._slots.idle or self._queue.waits_for_its_turn:
            self._idle.clear()
            return
        if self._slots.waiting:
            # Nothing is in flight, and yet nothing may begin.
            self._queue.withdraw_all(BUDGET)
            self._why = BUDGET
        why = end_reason(
            self._fold.state, decided=self._decided, stopped_for=self._why, ungraded=self._ungraded
        )
        if not self._fold.ended and why is not None:
            self._record(events.EvaluationEnded(at=self._clock(), reason=why))
            if why in (COMPLETED, DECIDED):
                self._why = DECIDED if why == DECIDED else None
        self._halting = False
        self._idle.set()

    def _batch_client(self, access: BatchAccess, beside: Beside | None, max_tries: int) -> BatchClient:
        from dropout_core.running.batches.client import BatchClient
        from dropout_core.running.batches.rounds import Rounds

        return BatchClient(
            access.context(
                record=self._record,
                stored=self._journal.flush,
                clock=self._clock,
                state=lambda: self._fold.state,
            ),
            rounds=Rounds() if beside is None else beside.rounds,
            in_flight=lambda: self._slots.taken,
            trials=lambda: self._fold.state.trials,
            trial=self._fold.trial,
            is_void=lambda trial: self._live[trial].void_reason is not None,
            max_tries=max_tries,
        )

    def _may_take_turn(self) -> bool:
        return self._turns is None or self._turns.may_begin(self.number)

    def _store_blocked(self, error: StoreBlocked | None) -> None:
        """Leave the time in which nothing could be stored out of all durations."""
        if error is not None:
            self._blocked_since = self._clock()
        elif self._blocked_since is not None and not self._closing:
            self._record(events.StoreHealed(at=self._clock(), since=self._blocked_since))

    def _storing_failed(self, error: Exception) -> None:
        """Stop, since nothing can be stored, and let `finished` raise the error."""
        self._failure = error
        self._closing = True
        self._live.stop_all()
        self._broken.set()
        self._idle.set()
