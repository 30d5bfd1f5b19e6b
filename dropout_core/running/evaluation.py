"""Many trials: slots, pause, resume, cancel, rerun and the stopping rule.

The evaluation records events and takes commands; what is shown is folded from its events elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Container
from dataclasses import replace

from dropout_core.attempts.attempt import Attempt, AttemptContext, Interpreter, NotRun
from dropout_core.attempts.voids import reason_of, void
from dropout_core.costs.budget import BUDGET, is_limited, may_begin, why_none_may_begin
from dropout_core.costs.costs import request_at_most, typical_attempt
from dropout_core.models import Model, ModelUnusable
from dropout_core.models.retry.gate import Clock
from dropout_core.models.retry.retrying import MAX_TRIES, RetryingClient
from dropout_core.models.retry.time_budget import ATTEMPT_SECONDS
from dropout_core.running.attempt_tasks import AttemptTasks
from dropout_core.running.command_refusals import CommandRefusals, concerned
from dropout_core.running.event_log import log_event
from dropout_core.running.plan_changes import refusal_of_plan
from dropout_core.running.slots import Slots
from dropout_core.running.stage import stage_at_rest
from dropout_core.running.ungraded_answers import TOO_MANY, UngradedAnswers
from dropout_core.state import events
from dropout_core.state.command_table import CLOSED, Command, Stage
from dropout_core.state.end_reasons import COMPLETED, DECIDED, STOPPED
from dropout_core.state.evaluation_state import EvaluationState, Folding
from dropout_core.state.trial_state import AttemptState, Hold, Status, TrialState
from dropout_core.state.voided_by_user import CANCELLED, REPLACED, is_replaced
from dropout_core.statistics.pass_rate import Decision
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.journal import Journal
from dropout_core.values.config import LimitSource
from dropout_core.values.plan import Plan
from dropout_core.values.price import Price
from dropout_core.values.seeds import derived_seed
from dropout_core.verdict.verdict import Grading, Verdict


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
    ) -> None:
        """`state` is that of the stored events so far, so an interrupted evaluation goes on where it was.

        `reopened` says that it was begun by another `Evaluation`; the time since is nobody's. `clock` stamps the
        events; `waits` is what waits between tries go by. The requests of one attempt may take `attempt_seconds`. With
        `first_alone` the others wait until the server has begun to answer the first request.
        """
        self._fold = Folding(state)
        self._journal = journal
        self._clock = clock
        self._slots = Slots(state.limit)
        self._client = RetryingClient(
            model,
            limit=state.limit,
            adapted=self._adapted,
            max_tries=state.config.tries or MAX_TRIES,
            clock=waits,
            first_alone=first_alone,
        )
        self._tasks = AttemptTasks()
        self._asked_for: set[int] = set()
        """Waiting trials whose attempt the user asked for, whatever has been decided."""
        self._reruns: set[int] = set()
        """Trials of which an attempt is in flight that the user asked for."""
        self._ungraded = UngradedAnswers()
        self._refusals = CommandRefusals(
            state=lambda: self._fold.state,
            stage=lambda: self._stage,
            tasks=self._tasks,
            reruns=self._reruns,
            ungraded=self._ungraded,
        )
        self._started = False
        self._halting = False
        """Whether nothing more is begun until what is in flight has ended."""
        self._why: str | None = None if state.stop_reason == COMPLETED else state.stop_reason
        """Why nothing goes on, or went on when it ended before, if it is not that nothing is left to do."""
        self._decided = False
        self._reopened = reopened
        self._closing = False
        self._failure: Exception | None = None
        self._idle = asyncio.Event()
        self._broken = asyncio.Event()
        self._context = AttemptContext(
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
        self._blocked_since: float | None = None
        self._go_by_decision()
        journal.on_failure = self._storing_failed
        journal.standing = self._fold.trial
        journal.listen_for_blockage(self._store_blocked)

    @property
    def number(self) -> int:
        """The evaluation's number in the store."""
        return self._journal.evaluation

    def refusal(self, command: Command, trial: int | None = None) -> str | None:
        """Why a command would do nothing to a trial, or to any; ``None`` when it would do something."""
        if self._closing:
            return CLOSED
        return self._refusals.of(command, None if trial is None else self._fold.trial(trial))

    def start(self) -> str | None:
        """Start the trials that wait; the line that says why not, if nothing is to be started.

        An attempt that was cut off goes on from its last stored turn; one whose first request was unanswered is
        made anew. Paused trials stay paused, and one that was about to pause is.
        """
        why = self.refusal(Command.START)
        if why is not None:
            if self._slots.idle:
                self._idle.set()
            return why
        self._started, self._halting, self._why = True, False, None
        self._ungraded.clear()
        self._client.reopen()
        idle = [trial for trial in self._fold.state.trials if trial.number not in self._tasks]
        cut_off = [trial for trial in idle if trial.status in (Status.RUNNING, Status.PAUSING)]
        waiting = [trial for trial in idle if trial.queued and trial.hold is not Hold.HELD]
        reopened, self._reopened = self._reopened, False
        if cut_off or (reopened if self._fold.state.ended_at is None else waiting):
            self._record(events.EvaluationReopened(at=self._clock(), cut_off_at=self._fold.state.latest_at))
        for trial in cut_off:
            self._count_what_was_in_flight(trial)
            self._set_back(trial.number)
        for trial in waiting:
            if trial.rerun_waits:
                self._asked_for.add(trial.number)
            self._queue(trial.number)
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

    async def close(self) -> None:
        """Cut off what is in flight and store the rest. `start` takes up what was cut off."""
        self._closing = True
        await asyncio.gather(*self._tasks.stop_all(), return_exceptions=True)
        await self._journal.close()

    def stop(self, reason: str = STOPPED) -> str | None:
        """Start no further attempts; what is in flight ends by itself. Why not, if there is nothing to stop."""
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
        self._tasks.cut_short(self._slots.taken)

    def set_reply_limit(self, max_tokens: int, source: LimitSource) -> None:
        """Say how many tokens one reply may have, and who says so. Before the first request: it holds for all."""
        self._record(events.ReplyLimitKnown(at=self._clock(), max_tokens=max_tokens, source=source))
        self._context = replace(self._context, config=self._fold.config)

    def set_price(self, price: Price) -> None:
        """Say what tokens cost."""
        if price != self._fold.state.price:
            self._record(events.PriceKnown(at=self._clock(), price=price))

    def add_runs(self, count: int) -> str | None:
        """Make `count` more trials than were planned, with the seeds they would have had from the start."""
        plan = Plan.of(self._fold.config)
        return self.change_plan(replace(plan, runs=plan.runs + count))

    def change_plan(self, plan: Plan) -> str | None:
        """Go by another plan from now on; why not, if it is not taken on.

        What waits goes by it at once. An evaluation that has ended goes on where there are more runs, and does not go
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
                    self._queue(trial)
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
            return f"{limit} may be in flight at once already."
        self._record(events.ConcurrencyChanged(at=self._clock(), limit=limit))
        self._slots.limit = limit
        self._client.set_limit(limit)
        self._advance()
        return None

    def change_concurrency(self, by: int) -> int | str:
        """Let `by` more trials be in flight at once, or fewer; gives how many that are, or why nothing changes.

        What is shown lags behind what was asked for, so who counts from there would lose what came fast.
        """
        return self.set_concurrency(self._fold.state.limit + by) or self._fold.state.limit

    def pause(self, trial: int | None = None) -> str | None:
        """Hold a trial (or every unfinished one) at its next boundary; why not, if none can be held."""

        def hold(each: TrialState) -> None:
            self._record(events.PauseAsked(at=self._clock(), trial=each.number))
            if each.status is Status.QUEUED:
                self._slots.cancel(each.number)
                self._record(events.Paused(at=self._clock(), trial=each.number))

        return self._do(Command.PAUSE, trial, hold)

    def resume(self, trial: int | None = None) -> str | None:
        """End the pause of a trial, or of all; why not, if none may go on."""

        def go_on(each: TrialState) -> None:
            self._record(events.Resumed(at=self._clock(), trial=each.number))
            # Before the start nothing is begun: then all that waits is.
            if each.status is Status.PAUSED and self._stage is not Stage.READY:
                self._queue(each.number)

        return self._do(Command.RESUME, trial, go_on)

    def cancel(self, trial: int | None = None) -> str | None:
        """End a trial's attempt (or all unfinished ones) as void; of one that has ended, make no new attempt."""

        def end(each: TrialState) -> None:
            if each.rerun_waits:
                self._withdraw(each.number, CANCELLED)
            else:
                self._end_as_void(each, CANCELLED)

        return self._do(Command.CANCEL, trial, end)

    def rerun(self, trial: int | None = None) -> str | None:
        """Make a new attempt of a trial, or of every one that has ended; why not, if none is made.

        Earlier attempts are kept. One that has ended says what it came to until the new attempt begins.
        """
        return self._do(Command.RERUN, trial, self._make_anew)

    def repeat_voids(self) -> str | None:
        """Make a new attempt of every trial that has ended without a graded one."""
        return self._do(Command.REPEAT_VOIDS, None, self._make_anew)

    def _do(self, command: Command, trial: int | None, deed: Callable[[TrialState], None]) -> str | None:
        """Do something to a trial, or to each to which the command does something."""
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
        self._asked_for.add(trial.number)
        if trial.number in self._tasks:
            self._tasks.end_as_void(trial.number, REPLACED)
            return
        self._record(events.TrialQueued(at=self._clock(), trial=trial.number))
        if trial.latest is not None and trial.latest.verdict is None:
            self._end_as_void(trial, REPLACED)
        self._queue(trial.number)

    def _record(self, event: events.Event) -> None:
        self._fold.add(event)
        self._journal.record(event)
        log_event(event)

    def _adapted(self, allowed: int) -> None:
        self._record(events.ConcurrencyAdapted(at=self._clock(), allowed=allowed))

    def _queue(self, trial: int) -> None:
        self._slots.request(trial, lambda: self._granted(trial), under_way=self._under_way(trial))

    def _under_way(self, trial: int) -> bool:
        """Whether a trial without a slot has an attempt that was answered already, and goes on."""
        return trial in self._tasks or self._fold.trial(trial).is_under_way

    def _granted(self, trial: int) -> None:
        if self._tasks.is_parked(trial):
            if self._tasks.let_go_on(trial):
                self._record(events.AttemptContinued(at=self._clock(), trial=trial))
            return
        if trial in self._asked_for:
            self._asked_for.discard(trial)
            self._reruns.add(trial)
        latest = self._fold.trial(trial).latest
        goes_on = latest is not None and latest.may_go_on
        if latest is not None and goes_on:
            self._record(events.AttemptContinued(at=self._clock(), trial=trial))
            begun = latest
        else:
            begun = self._new_attempt(trial)
        attempt = Attempt(
            self._context,
            trial=trial,
            begun=begun,
            goes_on=goes_on,
            boundary=lambda: self._boundary(trial),
        )
        self._tasks.begin(
            trial,
            attempt.run(),
            name=f"trial {trial}.{begun.number}",
            ended=lambda task: self._attempt_ended(task, trial, begun.number, begun.seed),
        )

    def _new_attempt(self, trial: int) -> AttemptState:
        number = len(self._fold.trial(trial).attempts) + 1
        seed = derived_seed(self._fold.config.seed, trial, number)
        event = events.AttemptStarted(at=self._clock(), trial=trial, attempt=number, seed=seed)
        self._record(event)
        return AttemptState(number, seed, started_at=event.at)

    def _count_what_was_in_flight(self, trial: TrialState) -> None:
        """A request was paid for that nobody waited for to the end: it has cost about what others have."""
        attempt = trial.latest
        if attempt is None or not attempt.is_asking or self._fold.config.is_sample:
            return
        each = typical_attempt(self._fold.state) or request_at_most(self._fold.config)
        self._record(
            events.TryFailed(
                at=self._clock(),
                trial=trial.number,
                attempt=attempt.number,
                step=attempt.step,
                reason="in flight when the program was ended",
                discarded_text=False,
                input_tokens=round(each.input),
                output_tokens=round(each.output),
                estimated=True,
            )
        )

    def _set_back(self, trial: int) -> None:
        """A trial that was cut off waits for a slot, or is held if it was about to pause. One whose answer could not be
        run waits for `start`."""
        if self._fold.trial(trial).hold is Hold.ASKED:
            self._record(events.Paused(at=self._clock(), trial=trial))
            return
        self._record(events.TrialQueued(at=self._clock(), trial=trial))
        if not self._halting and trial not in self._ungraded:
            self._queue(trial)

    def _attempt_ended(self, task: asyncio.Task[Verdict], trial: int, number: int, seed: int) -> None:
        if self._closing:
            return
        verdict = self._verdict_of(task, trial, seed)
        replaced = self._tasks.void_reason(trial) == REPLACED
        self._tasks.forget(trial)
        self._reruns.discard(trial)
        self._slots.cancel(trial)
        self._slots.release(trial)
        # A trial that is to be made anew has not ended by that: it is queued before the verdict. One that got its
        # verdict first has, and a new attempt waits only where there may be one.
        if replaced and verdict is not None and is_replaced(verdict):
            self._record(events.TrialQueued(at=self._clock(), trial=trial))
            self._record_verdict(trial, number, verdict)
        elif verdict is not None:
            self._record_verdict(trial, number, verdict)
            if replaced and not self._halting:
                self._record(events.TrialQueued(at=self._clock(), trial=trial))
        if replaced and not self._halting:
            self._queue(trial)
        elif verdict is None:
            self._set_back(trial)
        self._go_by_decision()
        self._reopen()
        self._advance()

    def _verdict_of(self, task: asyncio.Task[Verdict], trial: int, seed: int) -> Verdict | None:
        """How the attempt ended; ``None`` when it was cut off and is to be made anew."""
        config, void_reason = self._fold.config, self._tasks.void_reason(trial)
        error = None if task.cancelled() else task.exception()
        if not task.cancelled() and error is None:
            self._ungraded.graded()
            return task.result().at_rest()
        if void_reason is not None or error is None:
            cut_short = self._tasks.was_cut_short(trial)
            return None if cut_short else void(config, seed, void_reason or CANCELLED)
        if isinstance(error, NotRun):
            latest = self._fold.trial(trial).latest
            self._ungraded.add(trial, str(error), answered=latest is not None and latest.code is not None)
            if self._ungraded.too_many:
                self._halt(TOO_MANY)
            return None
        if isinstance(error, ModelUnusable):
            self._halt(str(error))
            return None
        return void(config, seed, reason_of(error))

    async def _boundary(self, trial: int) -> None:
        """Where an attempt pauses: it gives its slot back and waits to be given one again."""
        if self._fold.trial(trial).hold is not Hold.ASKED:
            return
        self._record(events.Paused(at=self._clock(), trial=trial))
        self._slots.release(trial)
        await self._tasks.park(trial, self._advance)

    def _end_as_void(self, trial: TrialState, reason: str) -> None:
        if trial.number in self._tasks:
            self._tasks.end_as_void(trial.number, reason)
            return
        self._slots.cancel(trial.number)
        latest = trial.latest
        if latest is None or latest.verdict is not None:
            latest = self._new_attempt(trial.number)
        self._record_verdict(trial.number, latest.number, void(self._fold.config, latest.seed, reason))

    def _record_verdict(self, trial: int, attempt: int, verdict: Verdict) -> None:
        self._record(events.VerdictReached(at=self._clock(), trial=trial, attempt=attempt, verdict=verdict))
        self._ungraded.discard(trial)

    def _halt(self, reason: str) -> None:
        """Begin nothing more."""
        if not self._halting:
            self._halting, self._why = True, reason
            self._withdraw_waiting(reason)

    def _go_by_decision(self) -> None:
        """With ``--until-decided`` no trial is begun for the first time while the rate is decided."""
        until_decided = self._fold.config.until_decided
        if not until_decided and not self._decided:
            return
        was, self._decided = (
            self._decided,
            until_decided and self._fold.state.decision is not Decision.UNDECIDED,
        )
        if self._decided:
            under_way = {trial for trial in self._slots.waiting if self._under_way(trial)}
            self._withdraw_waiting(DECIDED, but=self._asked_for | under_way)
        elif was and self._started and not self._halting and self._why is None:
            for trial in self._fold.state.trials:
                if trial.status is Status.QUEUED and trial.number not in self._ungraded:
                    self._queue(trial.number)

    def _reopen(self) -> None:
        if self._fold.ended and self._slots.waiting:
            self._started = True
            self._record(events.EvaluationReopened(at=self._clock(), cut_off_at=self._fold.state.latest_at))

    def _advance(self) -> None:
        """Hand out free slots, and notice when nothing is left to do."""
        if self._closing:
            return
        self._slots.dispatch(self._affordable)
        if not self._slots.idle:
            self._idle.clear()
            return
        if self._slots.waiting:
            # Nothing in flight, and still nothing may begin.
            self._withdraw_waiting(BUDGET)
            self._why = BUDGET
        why = self._why_ended
        if not self._fold.ended and why is not None:
            self._record(events.EvaluationEnded(at=self._clock(), reason=why))
            if why in (COMPLETED, DECIDED):
                self._why = DECIDED if why == DECIDED else None
        self._halting = False
        self._idle.set()

    @property
    def _why_ended(self) -> str | None:
        """With nothing left to do; ``None`` when some trials are paused and nothing else is in the way."""
        if self._fold.state.settled:
            return COMPLETED
        if self._decided:
            return DECIDED
        if self._ungraded and self._why in (None, TOO_MANY):
            return self._ungraded.why
        if self._why == DECIDED or (self._why == BUDGET and why_none_may_begin(self._fold.state) is None):
            return STOPPED  # why it had ended before is so no longer
        return self._why

    def _withdraw_waiting(self, reason: str, *, but: Container[int] = ()) -> None:
        """Begin no attempt that waits for a slot; those under way keep waiting for theirs."""
        for trial in self._slots.waiting:
            if trial not in but and trial not in self._tasks:
                self._withdraw(trial, reason)

    def _withdraw(self, trial: int, reason: str) -> None:
        self._slots.cancel(trial)
        self._asked_for.discard(trial)
        if self._fold.trial(trial).rerun_waits:
            self._record(events.RerunWithdrawn(at=self._clock(), trial=trial, reason=reason))

    def _affordable(self, trial: int) -> bool:
        """Whether the budget lets the trial have a slot; an attempt under way always may go on."""
        if not is_limited(self._fold.config):
            return True
        if self._under_way(trial):
            return True
        in_flight = (self._fold.trial(number).latest for number in self._slots.taken)
        return may_begin(self._fold.state, (attempt for attempt in in_flight if attempt is not None))

    def _store_blocked(self, error: StoreBlocked | None) -> None:
        """Time in which nothing could be stored is nobody's."""
        if error is not None:
            self._blocked_since = self._clock()
        elif self._blocked_since is not None and not self._closing:
            self._record(events.StoreHealed(at=self._clock(), since=self._blocked_since))

    def _storing_failed(self, error: Exception) -> None:
        """What cannot be stored must not be asked for: stop, and let `finished` say why."""
        self._failure = error
        self._closing = True
        self._tasks.stop_all()
        self._broken.set()
        self._idle.set()
