"""Evaluation of many trials: the commands that it takes, from start and pause to rerun and stop.

What happens by itself between them is in `lifecycle`. Both record events, from which what is shown is computed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from dropout_core.attempts.attempt import AttemptContext, Interpreter
from dropout_core.models import Model
from dropout_core.models.retry.gate import Clock
from dropout_core.models.retry.retrying import MAX_TRIES, RetryingClient
from dropout_core.models.retry.time_budget import ATTEMPT_SECONDS
from dropout_core.running.beside import Beside
from dropout_core.running.command_refusals import CommandRefusals, concerned
from dropout_core.running.event_recorder import EventRecorder
from dropout_core.running.lifecycle import Lifecycle
from dropout_core.running.plan_changes import refusal_of_plan
from dropout_core.running.trials.live_trial import LiveTrials
from dropout_core.running.trials.slots import Slots
from dropout_core.running.trials.ungraded_answers import UngradedAnswers
from dropout_core.state import events
from dropout_core.state.command_table import CLOSED, Command, Stage
from dropout_core.state.end_reasons import STOPPED
from dropout_core.state.evaluation_state import EvaluationState, Folding
from dropout_core.state.trial_state import AttemptState, Hold, Status, TrialState
from dropout_core.state.voided_by_user import CANCELLED, REPLACED
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.journal import Journal
from dropout_core.values.config import LimitSource
from dropout_core.values.plan import Plan
from dropout_core.values.price import Price
from dropout_core.verdict.verdict import Grading

if TYPE_CHECKING:
    from dropout_core.running.batches.access import BatchAccess


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
        self._batches = None
        if batches is not None:
            self._batches = batches.client(
                self._fold,
                record=self._record,
                stored=journal.flush,
                clock=clock,
                rounds=None if beside is None else beside.rounds,
                in_flight=lambda: self._slots.taken,
                is_void=lambda trial: self._live[trial].void_reason is not None,
                max_tries=max_tries,
            )
        self._client = self._batches or RetryingClient(
            model,
            limit=state.limit,
            adapted=self._adapted,
            max_tries=max_tries,
            clock=waits,
            first_alone=first_alone,
            gate=None if beside is None else beside.gate,
        )
        self._ungraded = UngradedAnswers()
        self._reopened = reopened
        self._failure: Exception | None = None
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
        self._lifecycle = Lifecycle(
            context,
            number=self.number,
            fold=self._fold,
            recorder=self._recorder,
            slots=self._slots,
            live=self._live,
            ungraded=self._ungraded,
            turns=None if beside is None else beside.turns,
            batches=self._batches,
        )
        self._queue, self._attempts = self._lifecycle.queue, self._lifecycle.attempts
        self._refusals = CommandRefusals(
            state=lambda: self._fold.state,
            stage=lambda: self._lifecycle.stage,
            live=self._live,
            ungraded=self._ungraded,
        )
        self._blocked_since: float | None = None
        self._lifecycle.go_by_decision()
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
        return self._slots.next is not None and not self._lifecycle.is_closed

    @property
    def waits_for_its_turn(self) -> bool:
        """Whether nothing of its own keeps a trial from a slot."""
        return self._queue.waits_for_its_turn and not self._lifecycle.is_closed

    @property
    def in_flight(self) -> tuple[AttemptState, ...]:
        """Attempts that hold a slot."""
        return self._queue.in_flight

    @property
    def goes_on_next(self) -> bool:
        """Whether an attempt that was answered in part gets the next free slot. It comes before all others."""
        return self._queue.goes_on_next

    @property
    def is_answered(self) -> bool:
        """Whether the model has begun to answer one of the attempts in flight."""
        return any(attempt.is_answered for attempt in self.in_flight)

    def take_turn(self) -> None:
        """Begin the trials whose turn it is now."""
        self._lifecycle.advance()

    def refusal(self, command: Command, trial: int | None = None) -> str | None:
        """Message that refuses a command to a trial, or to all; ``None`` when it would have an effect."""
        if self._lifecycle.is_closed:
            return CLOSED
        return self._refusals.of(command, None if trial is None else self._fold.trial(trial))

    def start(self) -> str | None:
        """Start the waiting trials; returns why not, if there is nothing to start.

        An attempt that was cut off continues from its last stored turn; one whose first request was unanswered starts
        over. Paused trials stay paused, and those about to pause are paused.
        """
        why = self.refusal(Command.START)
        if why is not None:
            if not self._lifecycle.is_busy:
                self._lifecycle.idle.set()
            return why
        self._lifecycle.begin()
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
            self._lifecycle.set_back(trial.number)
        for trial in waiting:
            if trial.rerun_waits:
                self._live[trial.number].rerun_asked = True
            self._queue.add(trial.number)
        self._lifecycle.go_by_decision()
        self._lifecycle.advance()
        return None

    async def finished(self) -> None:
        """Wait until nothing is in flight and nothing waits for a slot. Paused trials do not keep it waiting.

        Raises:
            StoreUnusable: events could not be stored.
        """
        await self._lifecycle.idle.wait()
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
        self._lifecycle.close()
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
            self._lifecycle.halt(reason)
            self._lifecycle.advance()
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
        stage, runs = self._lifecycle.stage, self._fold.config.runs
        why = CLOSED if self._lifecycle.is_closed else refusal_of_plan(self._fold.state, stage, plan)
        if why is not None:
            return why
        graded = self._fold.state.tally.graded
        self._record(events.PlanChanged(at=self._clock(), plan=plan, graded=graded))
        self._lifecycle.go_by_decision()
        if stage is Stage.RUNNING and plan.runs > runs and not self._lifecycle.is_decided:
            waiting = set(self._slots.waiting)
            for trial in range(runs + 1, plan.runs + 1):
                if trial not in waiting:
                    self._queue.add(trial)
        elif plan.runs > runs and stage is not Stage.READY:
            self.start()
        self._lifecycle.advance()
        return None

    def set_concurrency(self, limit: int) -> str | None:
        """Change how many trials may be in flight at once; at least one."""
        limit = max(1, limit)
        if self._lifecycle.is_closed:
            return CLOSED
        if limit == self._fold.state.limit:
            return f"{limit} at once is the limit already."
        self._record(events.ConcurrencyChanged(at=self._clock(), limit=limit))
        self._slots.limit = limit
        self._client.set_limit(limit)
        self._lifecycle.advance()
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
            if each.status is Status.PAUSED and self._lifecycle.stage is not Stage.READY:
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
        self._lifecycle.go_on()
        return None

    def _make_anew(self, trial: TrialState) -> None:
        self._lifecycle.begin_for_rerun()
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

    def _store_blocked(self, error: StoreBlocked | None) -> None:
        """Leave the time in which nothing could be stored out of all durations."""
        if error is not None:
            self._blocked_since = self._clock()
        elif self._blocked_since is not None and not self._lifecycle.is_closed:
            self._record(events.StoreHealed(at=self._clock(), since=self._blocked_since))

    def _storing_failed(self, error: Exception) -> None:
        """Stop, since nothing can be stored, and let `finished` raise the error."""
        self._failure = error
        self._lifecycle.close()
        self._live.stop_all()
        self._broken.set()
        self._lifecycle.idle.set()
