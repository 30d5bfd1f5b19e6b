"""What is so: the fold of an evaluation's events.

`evolve` is the one place that says what an event means. The live dashboard, the lines, the history and an
evaluation that goes on after an interruption all read its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dropout_core import events as happened
from dropout_core.config import EvaluationConfig
from dropout_core.in_order import NONE_IN_ORDER, InOrder, in_order_after, trials_in_order
from dropout_core.price import STATED, Price
from dropout_core.rows import Rows
from dropout_core.statistics import (
    Decision,
    confidence_sequence,
    decide,
    wilson_interval,
)
from dropout_core.tally import NOTHING_COUNTED, CheckTally, Tally, checks_moved, counted_at_once, tally_moved
from dropout_core.trial_state import AttemptState, Hold, Phase, Status, StepTaken, TrialState, Wait
from dropout_core.verdict import Outcome

__all__ = ["CheckTally", "EvaluationState", "Tally", "begin", "evolve", "replay", "replay_trial"]

OF_EVERY_TRIAL = (happened.EvaluationReopened, happened.StoreHealed)
"""The events of an evaluation that change its trials."""


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """What is so in one evaluation."""

    config: EvaluationConfig
    started_at: float
    trials: Rows[TrialState]
    limit: int
    """How many trials may be in flight at once."""
    allowed: int
    """How many requests may be at present: fewer than `limit` while the server turns them away."""
    latest_at: float = 0.0
    """When the latest stored event happened that changed anything."""
    price: Price | None = None
    """What tokens cost; ``None`` when that is not known."""
    ended_at: float | None = None
    stop_reason: str | None = None
    idle_seconds: float = 0.0
    """Time it had ended and was not yet taken up again, as by a late rerun, or nothing could be stored."""
    tally: Tally = NOTHING_COUNTED
    in_order: InOrder = NONE_IN_ORDER
    """The trials up to the first that is still under way, which alone decide."""
    checks: tuple[tuple[str, CheckTally], ...] = ()
    """Per check id (or cause of failure without checks), in the order they first appeared."""

    def trial(self, number: int) -> TrialState:
        """The trial with this number.

        Raises:
            IndexError: there is none.
        """
        return _numbered(self.trials, number)

    @property
    def settled(self) -> bool:
        """Whether every trial has ended."""
        return sum(self.tally.count(status) for status in Status if status.settled) == len(self.trials)

    @property
    def pass_rate(self) -> float | None:
        """Passed over graded trials; ``None`` before the first."""
        return self.tally.passed / self.tally.graded if self.tally.graded else None

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson 95 % interval of the pass rate."""
        return wilson_interval(self.tally.passed, self.tally.graded)

    @property
    def sequence(self) -> tuple[float, float]:
        """The confidence sequence of the pass rate, valid at any time: of the trials `in_order`."""
        return confidence_sequence(self.in_order.passed, self.in_order.graded)

    @property
    def decision(self) -> Decision:
        """Where the rate lies relative to the band, by the trials `in_order`."""
        return decide(self.in_order.passed, self.in_order.graded, self.config.band)

    def seconds(self, now: float) -> float:
        """How long it has been under way; the time between an end and going on does not count."""
        until = now if self.ended_at is None else self.ended_at
        return max(0.0, until - self.started_at - self.idle_seconds)

    @property
    def outcomes_in_order(self) -> tuple[Outcome, ...]:
        """The counted outcomes, in the order of the trials."""
        counted = (trial.counted for trial in self.trials)
        return tuple(a.verdict.outcome for a in counted if a is not None and a.verdict is not None)

    def seconds_left(self, now: float) -> float | None:
        """About how long the unfinished trials will take at the present pace; ``None`` when nothing tells."""
        tally = self.tally
        waiting = tally.count(Status.QUEUED)
        running = tally.count(Status.RUNNING) + tally.count(Status.PAUSING)
        if not tally.timed or not (waiting or running):
            return None
        each = tally.seconds / tally.timed
        in_flight = (trial.attempts[-1] for trial in self.trials if trial.attempts)
        under_way = sum(
            max(0.0, each - attempt.seconds(now)) for attempt in in_flight if attempt.busy_since is not None
        )
        return (each * waiting + under_way) / max(1, min(self.limit, waiting + running))


def begin(event: happened.EvaluationStarted) -> EvaluationState:
    """The state right after an evaluation was set up."""
    config = event.config
    trials = Rows(TrialState(number) for number in range(1, config.runs + 1))
    return EvaluationState(
        config=config,
        started_at=event.at,
        trials=trials,
        limit=config.slots,
        allowed=config.slots,
        latest_at=event.at,
        price=config.price,
        tally=Tally(statuses=((Status.QUEUED, len(trials)),)),
    )


def evolve(state: EvaluationState, event: happened.Event) -> EvaluationState:
    """The state after `event`. Pure; events about trials that do not exist raise `IndexError`."""
    match event:
        case happened.TrialEvent():
            before = state.trial(event.trial)
            after = _trial_after(before, event)
            if after is before:
                return state
            shown_only = isinstance(event, happened.FLEETING)
            return _with_trial(state, before, after, state.latest_at if shown_only else event.at)
        case happened.EvaluationEnded(reason=reason):
            return replace(state, latest_at=event.at, ended_at=event.at, stop_reason=reason)
        case happened.EvaluationReopened(cut_off_at=cut_off_at):
            # What was cut off with its program has held no slot since.
            since = state.latest_at if cut_off_at is None else cut_off_at
            trials = Rows(_idle(trial, since) for trial in state.trials)
            idle = max(0.0, event.at - (since if state.ended_at is None else state.ended_at))
            return replace(
                state,
                latest_at=event.at,
                ended_at=None,
                stop_reason=None,
                idle_seconds=state.idle_seconds + idle,
                trials=trials,
            )
        case happened.StoreHealed(since=since):
            trials = Rows(_held_up(trial, since, event.at) for trial in state.trials)
            idle = state.idle_seconds + max(0.0, event.at - since)
            return replace(state, latest_at=event.at, idle_seconds=idle, trials=trials)
        case happened.ConcurrencyChanged(limit=limit):
            held_back = state.allowed < state.limit
            allowed = min(state.allowed, limit) if held_back else limit
            return replace(state, latest_at=event.at, limit=limit, allowed=allowed)
        case happened.ConcurrencyAdapted(allowed=allowed):
            return replace(state, allowed=allowed)
        case happened.PriceKnown(price=price):
            stated = price if price.source == STATED else state.config.price
            return replace(state, latest_at=event.at, price=price, config=replace(state.config, price=stated))
        case happened.BudgetChanged(budget=budget, max_total_tokens=tokens):
            config = replace(state.config, budget=budget, max_total_tokens=tokens)
            return replace(state, latest_at=event.at, config=config)
        case _:
            return state


def replay(events: Iterable[happened.Event], ended: Sequence[TrialState] = ()) -> EvaluationState:
    """The state after all of `events`, the first of which is the `EvaluationStarted`.

    `ended` are trials as some of their events left them, in the order they ended; those events are not among
    `events`.

    Raises:
        ValueError: there is no such first event.
    """
    stream = iter(events)
    first = next(stream, None)
    if not isinstance(first, happened.EvaluationStarted):
        raise ValueError("an evaluation's events begin with EvaluationStarted")
    return _continued(_with_ended(begin(first), ended), stream)


def replay_trial(number: int, events: Iterable[happened.Event]) -> TrialState:
    """One trial after its own events and those of `OF_EVERY_TRIAL`."""
    trial = TrialState(number)
    for event in events:
        match event:
            case happened.TrialEvent():
                trial = _trial_after(trial, event)
            case happened.EvaluationReopened(cut_off_at=float(cut_off_at)):
                trial = _idle(trial, cut_off_at)
            case happened.StoreHealed(since=since):
                trial = _held_up(trial, since, event.at)
    return trial


def _with_ended(state: EvaluationState, ended: Sequence[TrialState]) -> EvaluationState:
    """`state`, in which nothing has happened yet, with trials that have ended."""
    trials = list(state.trials)
    for trial in ended:
        trials[trial.number - 1] = trial
    tally, checks = counted_at_once(ended, queued=len(trials) - len(ended))
    return replace(state, trials=Rows(trials), tally=tally, checks=checks)


def _continued(state: EvaluationState, events: Iterable[happened.Event]) -> EvaluationState:
    """What `evolve` gives, event after event; the trials are copied once in all instead of once an event."""
    trials, tally, checks, latest_at = list(state.trials), state.tally, state.checks, state.latest_at
    for event in events:
        if not isinstance(event, happened.TrialEvent):
            state = replace(state, trials=Rows(trials), latest_at=latest_at)
            state = evolve(state, event)
            trials, latest_at = list(state.trials), state.latest_at
            continue
        before = _numbered(trials, event.trial)
        after = _trial_after(before, event)
        if after is not before:
            trials[after.number - 1] = after
            tally, checks = tally_moved(tally, before, after), checks_moved(checks, before, after)
            latest_at = latest_at if isinstance(event, happened.FLEETING) else event.at
    rows = Rows(trials)
    return replace(
        state, trials=rows, tally=tally, in_order=trials_in_order(rows), checks=checks, latest_at=latest_at
    )


def _numbered(trials: Sequence[TrialState], number: int) -> TrialState:
    if not 1 <= number <= len(trials):
        raise IndexError(f"there is no trial {number}")
    return trials[number - 1]


def _trial_after(trial: TrialState, event: happened.TrialEvent) -> TrialState:
    match event:
        case happened.AttemptStarted(attempt=number, seed=seed):
            attempt = AttemptState(number, seed, started_at=event.at, busy_since=event.at)
            earlier = tuple(old.idle_from(event.at) for old in trial.attempts)
            return replace(trial, attempts=(*earlier, attempt), queued=False)
        case happened.AttemptEvent():
            if trial.latest is None or event.attempt != trial.latest.number:
                return trial
            return _with_latest(trial, _attempt_after(trial.latest, event))
        case happened.TrialQueued():
            return _idle(replace(trial, queued=True, hold=Hold.NONE), event.at)
        case happened.PauseAsked():
            return replace(trial, hold=Hold.ASKED)
        case happened.Paused():
            return _idle(replace(trial, hold=Hold.HELD), event.at)
        case happened.Resumed():
            waits = trial.queued or trial.hold is Hold.HELD
            return replace(trial, hold=Hold.NONE, queued=waits)
        case happened.AttemptContinued():
            if trial.latest is None:
                return replace(trial, queued=False)
            return _with_latest(replace(trial, queued=False), replace(trial.latest, busy_since=event.at))
        case _:
            return trial


def _attempt_after(attempt: AttemptState, event: happened.AttemptEvent) -> AttemptState:
    match event:
        case happened.RequestSent(step=step):
            return replace(attempt, phase=Phase.ASKING, step=step, wait=None)
        case happened.RequestHeld(step=step, seconds=seconds):
            until = None if seconds is None else event.at + seconds
            wait = Wait(event.reason, until, event.failures, event.max_tries)
            return replace(attempt, phase=Phase.WAITING, step=step, wait=wait)
        case happened.TryFailed():
            return replace(
                attempt,
                phase=Phase.ASKING,
                failed_tries=attempt.failed_tries + 1,
                input_tokens=attempt.input_tokens + event.input_tokens,
                output_tokens=attempt.output_tokens + event.output_tokens,
            )
        case happened.TextArrived():
            return attempt if attempt.phase is Phase.REPLYING else replace(attempt, phase=Phase.REPLYING)
        case happened.ReplyFinished():
            taken = StepTaken(event.input_tokens, event.output_tokens, event.seconds, event.stop_reason)
            return replace(
                attempt,
                steps=(*attempt.steps, taken),
                phase=Phase.REPLYING,
                model=event.model,
                input_tokens=attempt.input_tokens + event.input_tokens,
                output_tokens=attempt.output_tokens + event.output_tokens,
            )
        case happened.ToolCalled():
            return replace(attempt, phase=Phase.TOOL)
        case happened.CodeFound(code=code, origin=origin):
            return replace(attempt, code=code, origin=origin)
        case happened.GradingStarted():
            return replace(attempt, phase=Phase.GRADING)
        case happened.VerdictReached(verdict=verdict):
            return replace(attempt.idle_from(event.at), phase=Phase.ENDED, wait=None, verdict=verdict)
        case _:
            return attempt


def _with_latest(trial: TrialState, attempt: AttemptState) -> TrialState:
    if attempt is trial.latest:
        return trial
    hold = Hold.NONE if attempt.verdict is not None else trial.hold
    return TrialState(trial.number, (*trial.attempts[:-1], attempt), trial.queued, hold)


def _held_up(trial: TrialState, since: float, until: float) -> TrialState:
    latest = trial.latest
    if latest is None or latest.busy_since is None:
        return trial
    return replace(trial, attempts=(*trial.attempts[:-1], latest.held_up(since, until)))


def _idle(trial: TrialState, at: float) -> TrialState:
    latest = trial.latest
    if latest is None or latest.busy_since is None:
        return trial
    return replace(trial, attempts=(*trial.attempts[:-1], latest.idle_from(at)))


def _with_trial(state: EvaluationState, before: TrialState, after: TrialState, at: float) -> EvaluationState:
    trials = state.trials.with_row(after.number - 1, after)
    return replace(
        state,
        latest_at=at,
        trials=trials,
        tally=tally_moved(state.tally, before, after),
        in_order=in_order_after(state.in_order, trials, before, after),
        checks=checks_moved(state.checks, before, after),
    )
