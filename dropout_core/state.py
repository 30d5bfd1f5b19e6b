"""What is so: the fold of an evaluation's events.

`evolve` is the one place that says what an event means. The live dashboard, the lines, the history and an
evaluation that goes on after an interruption all read its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dropout_core import events as happened
from dropout_core.config import EvaluationConfig
from dropout_core.price import Price
from dropout_core.statistics import (
    Decision,
    confidence_sequence,
    decide,
    wilson_interval,
)
from dropout_core.trial_state import AttemptState, Hold, Phase, Status, TrialState, Wait
from dropout_core.verdict import CheckStatus, Outcome


@dataclass(frozen=True, slots=True)
class CheckTally:
    """How often one check was reached, and how it went, over the counted attempts."""

    reached: int = 0
    failed: int = 0
    first: int = 0
    """How often it was the first to fail."""

    @property
    def passed(self) -> int:
        """How often it passed."""
        return self.reached - self.failed


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over all trials."""

    statuses: tuple[tuple[Status, int], ...] = ()
    passed: int = 0
    """Trials whose counted attempt passed."""
    failed: int = 0
    """Trials whose counted attempt failed."""
    void: int = 0
    """Trials that have ended without a graded attempt."""
    input_tokens: int = 0
    output_tokens: int = 0
    ended: int = 0
    """Ended attempts."""
    timed: int = 0
    """Graded attempts, whose time tells how long others will take."""
    seconds: float = 0.0
    """Slot time of the graded attempts."""

    @property
    def graded(self) -> int:
        """The denominator of the pass rate."""
        return self.passed + self.failed

    def count(self, status: Status) -> int:
        """How many rows read `status`."""
        return dict(self.statuses).get(status, 0)


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """What is so in one evaluation."""

    config: EvaluationConfig
    started_at: float
    trials: tuple[TrialState, ...]
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
    tally: Tally = Tally()
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
        """The confidence sequence of the pass rate, valid at any time."""
        return confidence_sequence(self.tally.passed, self.tally.graded)

    @property
    def decision(self) -> Decision:
        """Where the rate lies relative to the band."""
        return decide(self.tally.passed, self.tally.graded, self.config.band)

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
    trials = tuple(TrialState(number) for number in range(1, config.runs + 1))
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
        case happened.EvaluationReopened():
            # What was cut off with its program has held no slot since.
            trials = tuple(_idle(trial, state.latest_at) for trial in state.trials)
            return replace(state, latest_at=event.at, ended_at=None, stop_reason=None, trials=trials)
        case happened.ConcurrencyChanged(limit=limit):
            held_back = state.allowed < state.limit
            allowed = min(state.allowed, limit) if held_back else limit
            return replace(state, latest_at=event.at, limit=limit, allowed=allowed)
        case happened.ConcurrencyAdapted(allowed=allowed):
            return replace(state, allowed=allowed)
        case happened.PriceKnown(price=price):
            return replace(state, latest_at=event.at, price=price)
        case happened.BudgetChanged(budget=budget, max_total_tokens=tokens):
            config = replace(state.config, budget=budget, max_total_tokens=tokens)
            return replace(state, latest_at=event.at, config=config)
        case _:
            return state


def replay(events: Iterable[happened.Event]) -> EvaluationState:
    """The state after all of `events`, the first of which is the `EvaluationStarted`.

    Raises:
        ValueError: there is no such first event.
    """
    stream = iter(events)
    first = next(stream, None)
    if not isinstance(first, happened.EvaluationStarted):
        raise ValueError("an evaluation's events begin with EvaluationStarted")
    return _continued(begin(first), stream)


def _continued(state: EvaluationState, events: Iterable[happened.Event]) -> EvaluationState:
    """What `evolve` gives, event after event; the trials are copied once in all instead of once an event."""
    trials, tally, checks, latest_at = list(state.trials), state.tally, state.checks, state.latest_at
    for event in events:
        if not isinstance(event, happened.TrialEvent):
            state = replace(state, trials=tuple(trials), latest_at=latest_at)
            state = evolve(state, event)
            trials, latest_at = list(state.trials), state.latest_at
            continue
        before = _numbered(trials, event.trial)
        after = _trial_after(before, event)
        if after is not before:
            trials[after.number - 1] = after
            tally, checks = _tally_moved(tally, before, after), _checks_moved(checks, before, after)
            latest_at = latest_at if isinstance(event, happened.TextArrived) else event.at
    return replace(state, trials=tuple(trials), tally=tally, checks=checks, latest_at=latest_at)


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
            return replace(
                attempt,
                phase=Phase.REPLYING,
                stop_reasons=(*attempt.stop_reasons, event.stop_reason),
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
    return replace(trial, attempts=(*trial.attempts[:-1], attempt), hold=hold)


def _idle(trial: TrialState, at: float) -> TrialState:
    latest = trial.latest
    if latest is None or latest.busy_since is None:
        return trial
    return replace(trial, attempts=(*trial.attempts[:-1], latest.idle_from(at)))


def _with_trial(state: EvaluationState, before: TrialState, after: TrialState, at: float) -> EvaluationState:
    trials = list(state.trials)
    trials[after.number - 1] = after
    return replace(
        state,
        latest_at=at,
        trials=tuple(trials),
        tally=_tally_moved(state.tally, before, after),
        checks=_checks_moved(state.checks, before, after),
    )


def _tally_moved(tally: Tally, before: TrialState, after: TrialState) -> Tally:
    statuses = tally.statuses
    if before.status is not after.status:
        counts = dict(statuses)
        counts[before.status] = counts.get(before.status, 0) - 1
        counts[after.status] = counts.get(after.status, 0) + 1
        statuses = tuple(counts.items())
    old, new = _standing(before), _standing(after)
    tokens_in = sum(a.input_tokens for a in after.attempts) - sum(a.input_tokens for a in before.attempts)
    tokens_out = sum(a.output_tokens for a in after.attempts) - sum(a.output_tokens for a in before.attempts)
    timed_now = _graded(after) - _graded(before)
    latest = after.latest
    return Tally(
        statuses=statuses,
        passed=tally.passed + (new is Outcome.PASSED) - (old is Outcome.PASSED),
        failed=tally.failed + (new is Outcome.FAILED) - (old is Outcome.FAILED),
        void=tally.void + (new is Outcome.VOID) - (old is Outcome.VOID),
        input_tokens=tally.input_tokens + tokens_in,
        output_tokens=tally.output_tokens + tokens_out,
        ended=tally.ended + _ended(after) - _ended(before),
        timed=tally.timed + timed_now,
        seconds=tally.seconds + (latest.busy_seconds if timed_now and latest is not None else 0.0),
    )


def _standing(trial: TrialState) -> Outcome | None:
    """What the trial adds to the rate: its counted outcome, or void when it ended without one."""
    counted = trial.counted
    if counted is not None and counted.verdict is not None:
        return counted.verdict.outcome
    return Outcome.VOID if trial.status is Status.VOID else None


def _ended(trial: TrialState) -> int:
    return sum(attempt.verdict is not None for attempt in trial.attempts)


def _graded(trial: TrialState) -> int:
    verdicts = (attempt.verdict for attempt in trial.attempts)
    return sum(verdict is not None and verdict.outcome is not Outcome.VOID for verdict in verdicts)


def _checks_moved(
    checks: tuple[tuple[str, CheckTally], ...], before: TrialState, after: TrialState
) -> tuple[tuple[str, CheckTally], ...]:
    counted = after.counted
    if counted is None or counted.verdict is None or before.counted is not None:
        return checks
    verdict = counted.verdict
    counts = dict(checks)
    for check in verdict.checks:
        tally = counts.get(check.id, CheckTally())
        counts[check.id] = CheckTally(
            reached=tally.reached + (check.status is not CheckStatus.NOT_REACHED),
            failed=tally.failed + (check.status is CheckStatus.FAILED),
            first=tally.first + (check.id == verdict.failing),
        )
    cause = verdict.failing
    if cause is not None and cause == verdict.cause:
        tally = counts.get(cause, CheckTally())
        counts[cause] = CheckTally(tally.reached + 1, tally.failed + 1, tally.first + 1)
    return tuple(counts.items())
