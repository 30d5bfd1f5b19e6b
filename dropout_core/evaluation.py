"""Many trials: slots, pause, resume, cancel, rerun and the stopping rule.

The evaluation records events and takes commands; what is shown is folded from its events elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from dropout_core import events as happened
from dropout_core.budget import BUDGET, is_limited, may_begin
from dropout_core.config import LimitSource
from dropout_core.costs import request_at_most, typical_attempt
from dropout_core.event_log import log_event
from dropout_core.journal import Journal
from dropout_core.models import Model, ModelUnusable
from dropout_core.models.allowance import ATTEMPT_SECONDS
from dropout_core.models.asking import MAX_TRIES, Asking
from dropout_core.models.gate import Clock
from dropout_core.price import Price
from dropout_core.seeds import derived_seed
from dropout_core.slots import Slots
from dropout_core.state import EvaluationState, Folding
from dropout_core.statistics import Decision
from dropout_core.store_faults import StoreBlocked
from dropout_core.trial import Attempt, Interpreter, Surroundings, Ungraded
from dropout_core.trial_state import AttemptState, Hold, Status, TrialState
from dropout_core.ungraded import TOO_MANY, UngradedAnswers
from dropout_core.verdict import Grading, Verdict
from dropout_core.void_attempt import reason_of, void

COMPLETED = "completed"
DECIDED = "decided"
STOPPED = "stopped"
CANCELLED = "cancelled by the user"
REPLACED = "replaced by a rerun"


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
        self._asking = Asking(
            model,
            limit=state.limit,
            adapted=self._adapted,
            max_tries=state.config.tries or MAX_TRIES,
            clock=waits,
            first_alone=first_alone,
        )
        self._tasks: dict[int, asyncio.Task[Verdict]] = {}
        self._parked: dict[int, asyncio.Future[None]] = {}
        self._void_reasons: dict[int, str] = {}
        self._reruns: set[int] = set()
        self._cut_short: set[asyncio.Task[Verdict]] = set()
        self._ungraded = UngradedAnswers()
        self._stopping: str | None = None
        self._reopened = reopened
        self._closing = False
        self._failure: Exception | None = None
        self._idle = asyncio.Event()
        self._broken = asyncio.Event()
        self._surroundings = Surroundings(
            config=state.config,
            asking=self._asking,
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
        journal.on_failure = self._storing_failed
        journal.standing = self._fold.trial
        journal.listen_for_blockage(self._store_blocked)

    @property
    def number(self) -> int:
        """The evaluation's number in the store."""
        return self._journal.evaluation

    def start(self) -> None:
        """Start the trials that wait.

        An attempt that was cut off goes on from its last stored turn; one whose first request was unanswered is
        made anew. Paused trials stay paused, and one that was about to pause is.
        """
        self._stopping = None
        self._ungraded.clear()
        self._asking.reopen()
        idle = [trial for trial in self._fold.state.trials if trial.number not in self._tasks]
        cut_off = [trial for trial in idle if trial.status in (Status.RUNNING, Status.PAUSING)]
        waiting = [trial for trial in idle if trial.status is Status.QUEUED]
        reopened, self._reopened = self._reopened, False
        if cut_off or (reopened if self._fold.state.ended_at is None else waiting):
            self._record(happened.EvaluationReopened(at=self._clock(), cut_off_at=self._fold.state.latest_at))
        for trial in cut_off:
            self._count_what_was_in_flight(trial)
            self._set_back(trial.number)
        for trial in waiting:
            self._queue(trial.number)
        self._stop_if_decided()
        self._advance()

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
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._journal.close()

    def stop(self, reason: str = STOPPED) -> None:
        """Start no further attempts; what is in flight ends by itself."""
        if self._stopping is None:
            self._stopping = reason
            self._withdraw_waiting()
        self._advance()

    def cut_off(self, reason: str = STOPPED) -> None:
        """Stop, and end what is in flight without a verdict: `start` takes those attempts up.

        Paused trials stay paused.
        """
        self.stop(reason)
        for trial, task in self._tasks.items():
            if trial in self._slots.taken:
                self._cut_short.add(task)
                task.cancel()

    def set_reply_limit(self, max_tokens: int, source: LimitSource) -> None:
        """Say how many tokens one reply may have, and who says so. Before the first request: it holds for all."""
        self._record(happened.ReplyLimitKnown(at=self._clock(), max_tokens=max_tokens, source=source))
        self._surroundings = replace(self._surroundings, config=self._fold.config)

    def set_price(self, price: Price) -> None:
        """Say what tokens cost."""
        if price != self._fold.state.price:
            self._record(happened.PriceKnown(at=self._clock(), price=price))

    def set_budget(self, budget: float | None, max_total_tokens: int | None) -> None:
        """Change what the whole evaluation may cost, in dollars and in tokens; ``None`` is no limit."""
        config = self._fold.config
        if (budget, max_total_tokens) != (config.budget, config.max_total_tokens):
            self._record(
                happened.BudgetChanged(at=self._clock(), budget=budget, max_total_tokens=max_total_tokens)
            )

    def set_concurrency(self, limit: int) -> None:
        """Change how many trials may be in flight at once; at least one."""
        limit = max(1, limit)
        if limit != self._fold.state.limit:
            self._record(happened.ConcurrencyChanged(at=self._clock(), limit=limit))
            self._slots.limit = limit
            self._asking.set_limit(limit)
            self._advance()

    def pause(self, trial: int | None = None) -> None:
        """Hold a trial (or every unfinished one) at its next boundary."""
        for each in self._chosen(trial):
            if each.status is Status.QUEUED:
                self._slots.withdraw(each.number)
                self._record(happened.PauseAsked(at=self._clock(), trial=each.number))
                self._record(happened.Paused(at=self._clock(), trial=each.number))
            elif each.status is Status.RUNNING:
                self._record(happened.PauseAsked(at=self._clock(), trial=each.number))
        self._advance()

    def resume(self, trial: int | None = None) -> None:
        """End the pause of a trial, or of all."""
        for each in self._chosen(trial):
            if each.status is Status.PAUSING:
                self._record(happened.Resumed(at=self._clock(), trial=each.number))
            elif each.status is Status.PAUSED:
                self._record(happened.Resumed(at=self._clock(), trial=each.number))
                self._queue(each.number)
        self._reopen()
        self._advance()

    def cancel(self, trial: int | None = None) -> None:
        """End a trial's attempt (or all unfinished ones) as void."""
        for each in self._chosen(trial):
            if not each.status.settled:
                self._end_as_void(each, CANCELLED)
        self._advance()

    def rerun(self, trial: int | None = None) -> None:
        """Make a new attempt of a trial in any state, or of every settled one. Earlier attempts are kept.

        While a rerun is under way, asking for it again changes nothing.
        """
        for each in self._chosen(trial):
            if each.number in self._reruns or (trial is None and not each.status.settled):
                continue
            self._reruns.add(each.number)
            if each.number in self._tasks:
                self._void_reasons[each.number] = REPLACED
                self._tasks[each.number].cancel()
            else:
                if each.attempts and each.attempts[-1].verdict is None:
                    self._end_as_void(each, REPLACED)
                self._record(happened.TrialQueued(at=self._clock(), trial=each.number))
                self._queue(each.number)
        self._reopen()
        self._advance()

    def repeat_voids(self) -> None:
        """Make a new attempt of every trial that has ended without a graded one."""
        for trial in self._fold.state.trials:
            if trial.status is Status.VOID and trial.counted is None:
                self.rerun(trial.number)

    def _chosen(self, trial: int | None) -> list[TrialState]:
        return list(self._fold.state.trials) if trial is None else [self._fold.trial(trial)]

    def _record(self, event: happened.Event) -> None:
        self._fold.add(event)
        self._journal.record(event)
        log_event(event)

    def _adapted(self, allowed: int) -> None:
        self._record(happened.ConcurrencyAdapted(at=self._clock(), allowed=allowed))

    def _queue(self, trial: int) -> None:
        self._slots.ask(trial, lambda: self._granted(trial), under_way=self._under_way(trial))

    def _under_way(self, trial: int) -> bool:
        """Whether a trial without a slot has an attempt that was answered already, and goes on."""
        latest = self._fold.trial(trial).latest
        return trial in self._tasks or (
            latest is not None and latest.verdict is None and bool(latest.stop_reasons)
        )

    def _granted(self, trial: int) -> None:
        parked = self._parked.pop(trial, None)
        if parked is not None:
            if not parked.done():
                self._record(happened.AttemptContinued(at=self._clock(), trial=trial))
                parked.set_result(None)
            return
        latest = self._fold.trial(trial).latest
        goes_on = latest is not None and latest.may_go_on
        if latest is not None and goes_on:
            self._record(happened.AttemptContinued(at=self._clock(), trial=trial))
            begun = latest
        else:
            begun = self._new_attempt(trial)
        attempt = Attempt(
            self._surroundings,
            trial=trial,
            begun=begun,
            goes_on=goes_on,
            boundary=lambda: self._boundary(trial),
        )
        task = asyncio.get_running_loop().create_task(attempt.run(), name=f"trial {trial}.{begun.number}")
        self._tasks[trial] = task
        # A callback, because a task that is cancelled before its first step never runs its own clean-up.
        task.add_done_callback(lambda ended: self._attempt_ended(ended, trial, begun.number, begun.seed))

    def _new_attempt(self, trial: int) -> AttemptState:
        number = len(self._fold.trial(trial).attempts) + 1
        seed = derived_seed(self._fold.config.seed, trial, number)
        event = happened.AttemptStarted(at=self._clock(), trial=trial, attempt=number, seed=seed)
        self._record(event)
        return AttemptState(number, seed, started_at=event.at)

    def _count_what_was_in_flight(self, trial: TrialState) -> None:
        """A request was paid for that nobody waited for to the end: it has cost about what others have."""
        attempt = trial.latest
        if attempt is None or not attempt.is_asking or self._fold.config.is_sample:
            return
        each = typical_attempt(self._fold.state) or request_at_most(self._fold.config)
        self._record(
            happened.TryFailed(
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
            self._record(happened.Paused(at=self._clock(), trial=trial))
            return
        self._record(happened.TrialQueued(at=self._clock(), trial=trial))
        if self._stopping is None and trial not in self._ungraded:
            self._queue(trial)

    def _attempt_ended(self, task: asyncio.Task[Verdict], trial: int, number: int, seed: int) -> None:
        if self._closing:
            return
        verdict = self._verdict_of(task, trial, seed)
        self._tasks.pop(trial, None)
        self._parked.pop(trial, None)
        self._slots.withdraw(trial)
        self._slots.give_back(trial)
        if verdict is not None:
            self._record_verdict(trial, number, verdict)
        replaced = self._void_reasons.pop(trial, None) == REPLACED
        if not replaced:
            self._reruns.discard(trial)
        if replaced:
            self._record(happened.TrialQueued(at=self._clock(), trial=trial))
            if trial in self._reruns:
                self._queue(trial)
        elif verdict is None:
            self._set_back(trial)
        self._stop_if_decided()
        self._advance()

    def _verdict_of(self, task: asyncio.Task[Verdict], trial: int, seed: int) -> Verdict | None:
        """How the attempt ended; ``None`` when it was cut off and is to be made anew."""
        if task.cancelled():
            if task in self._cut_short:
                self._cut_short.discard(task)
                return None
            return void(self._fold.config, seed, self._void_reasons.get(trial, CANCELLED))
        error = task.exception()
        if error is None:
            self._ungraded.graded()
            return task.result().at_rest()
        if isinstance(error, Ungraded):
            self._ungraded.add(trial, str(error))
            if self._ungraded.too_many:
                self.stop(TOO_MANY)
            return None
        if isinstance(error, ModelUnusable):
            self.stop(str(error))
            return None
        return void(self._fold.config, seed, reason_of(error))

    async def _boundary(self, trial: int) -> None:
        """Where an attempt pauses: it gives its slot back and waits to be given one again."""
        if self._fold.trial(trial).hold is not Hold.ASKED:
            return
        self._record(happened.Paused(at=self._clock(), trial=trial))
        self._slots.give_back(trial)
        parked = self._parked[trial] = asyncio.get_running_loop().create_future()
        self._advance()
        await parked

    def _end_as_void(self, trial: TrialState, reason: str) -> None:
        task = self._tasks.get(trial.number)
        if task is not None:
            self._void_reasons[trial.number] = reason
            task.cancel()
            return
        self._slots.withdraw(trial.number)
        if reason != REPLACED:
            self._reruns.discard(trial.number)
        latest = trial.latest
        if latest is None or latest.verdict is not None:
            latest = self._new_attempt(trial.number)
        self._record_verdict(trial.number, latest.number, void(self._fold.config, latest.seed, reason))

    def _record_verdict(self, trial: int, attempt: int, verdict: Verdict) -> None:
        self._record(happened.VerdictReached(at=self._clock(), trial=trial, attempt=attempt, verdict=verdict))
        self._ungraded.discard(trial)

    def _stop_if_decided(self) -> None:
        if self._fold.config.until_decided and self._fold.state.decision is not Decision.UNDECIDED:
            self.stop(DECIDED)

    def _reopen(self) -> None:
        if self._fold.state.ended_at is not None and self._slots.waiting:
            self._record(happened.EvaluationReopened(at=self._clock(), cut_off_at=self._fold.state.latest_at))

    def _advance(self) -> None:
        """Hand out free slots, and notice when nothing is left to do."""
        if self._closing:
            return
        self._slots.hand_out(self._affordable)
        if not self._slots.idle:
            self._idle.clear()
            return
        if self._slots.waiting:
            # Nothing in flight, and still nothing may begin.
            self._withdraw_waiting()
            self._stopping = BUDGET
        why = self._why_ended
        if self._fold.state.ended_at is None and why is not None:
            self._record(happened.EvaluationEnded(at=self._clock(), reason=why))
        self._idle.set()

    @property
    def _why_ended(self) -> str | None:
        """With nothing left to do; ``None`` when some trials are paused and nothing else is in the way."""
        if self._fold.state.settled:
            return COMPLETED
        if self._ungraded and self._stopping in (None, TOO_MANY):
            return self._ungraded.why
        return self._stopping

    def _withdraw_waiting(self) -> None:
        """Begin no attempt that waits for a slot; those under way keep waiting for theirs."""
        for trial in self._slots.waiting:
            if trial not in self._tasks:
                self._slots.withdraw(trial)
                self._reruns.discard(trial)
        self._reruns -= {trial for trial, reason in self._void_reasons.items() if reason == REPLACED}

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
            self._record(happened.StoreHealed(at=self._clock(), since=self._blocked_since))

    def _storing_failed(self, error: Exception) -> None:
        """What cannot be stored must not be asked for: stop, and let `finished` say why."""
        self._failure = error
        self._closing = True
        for task in self._tasks.values():
            task.cancel()
        self._broken.set()
        self._idle.set()
