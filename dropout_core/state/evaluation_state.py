"""Evaluation state, computed by replaying its events.

`Folding` is the only place that defines what an event changes; for single trials it uses `trial_fold`. The dashboard,
the line output, the history and a resumed evaluation all read its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dropout_core.state import events
from dropout_core.state.batch_state import BatchState, batches_after
from dropout_core.state.duplicate_replies import NO_COPIES, Copies, copies_of
from dropout_core.state.end_reasons import reason_still
from dropout_core.state.persistent_list import PersistentList
from dropout_core.state.settled_prefix import EMPTY_PREFIX, SettledPrefix, prefix_holds, settled_prefix
from dropout_core.state.tally import (
    NOTHING_COUNTED,
    CheckTally,
    Tally,
    checks_moved,
    tally_moved,
    with_ended,
    with_queued,
)
from dropout_core.state.trial_fold import held_up, idle_since, trial_after, without_batch
from dropout_core.state.trial_state import Status, TrialState
from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.pass_rate import Decision, confidence_sequence, wilson_interval
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.plan import Plan
from dropout_core.values.price import STATED, Price

__all__ = ["CheckTally", "EvaluationState", "Folding", "Tally", "begin", "evolve", "evolve_all", "replay"]


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """State of one evaluation."""

    config: EvaluationConfig
    started_at: float
    trials: PersistentList[TrialState]
    limit: int
    """Most trials in flight at once."""
    allowed: int
    """Most requests in flight at present: fewer than `limit` while the server is overloaded."""
    latest_at: float = 0.0
    """Time of the latest stored event that changed anything."""
    price: Price | None = None
    """Price of the model's tokens; ``None`` when it is not known."""
    ended_at: float | None = None
    stop_reason: str | None = None
    idle_seconds: float = 0.0
    """Time between an end and a continuation, such as a late rerun, or in which nothing could be stored."""
    tally: Tally = NOTHING_COUNTED
    in_order: SettledPrefix = EMPTY_PREFIX
    """Counts of the trials up to the first that is still in progress, on which the band decision is based."""
    checks: tuple[tuple[str, CheckTally], ...] = ()
    """Counts per check id (or cause of failure without checks), in the order they first appeared."""

    copies: Copies = NO_COPIES
    """Number of equal replies among the counted attempts."""
    foreseen: Plan | None = None
    """Plan that stood before any run was graded."""
    replanned_after: int = 0
    """Number of graded runs when the plan was last changed."""
    batches: tuple[BatchState, ...] = ()
    """Batches of requests, in the order in which they were planned."""
    damage: tuple[str, ...] = ()
    """What could not be read from the store: a line for each damaged run, which is void, and for everything else."""

    def trial(self, number: int) -> TrialState:
        """The trial with this number.

        Raises:
            IndexError: there is none.
        """
        if not 1 <= number <= len(self.trials):
            raise IndexError(f"there is no trial {number}")
        return self.trials[number - 1]

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
        """Confidence sequence of the pass rate, valid at any time, by the trials `in_order`."""
        return confidence_sequence(self.in_order.passed, self.in_order.graded)

    @property
    def decision(self) -> Decision:
        """Whether the rate lies inside the band, by the trials `in_order`. Undecided when there are too many duplicate
        replies."""
        if self.has_copies:
            return Decision.UNDECIDED
        config, counts = self.config, self.in_order
        return decide(counts.passed, counts.graded, config.band, config.tolerance, config.decision_error)

    @property
    def band_chosen_after(self) -> int:
        """How many runs were graded when this band and tolerance were chosen; 0 where they stood before any was.

        What is decided about a band that was chosen after a look at the rate is not as safe as it says.
        """
        if self.foreseen is None:
            return 0
        return band_chosen_after(self.foreseen, Plan.of(self.config), self.replanned_after)

    @property
    def has_copies(self) -> bool:
        """Whether too many replies are equal for them to be a sample. Built-in answers are exempt."""
        return self.copies.are_many and not self.config.is_sample

    @property
    def open_batches(self) -> tuple[BatchState, ...]:
        """Batches that requests still wait for."""
        if not self.batches:
            return ()
        awaited = {trial.latest.batch for trial in self.trials if trial.latest is not None}
        return tuple(batch for batch in self.batches if batch.number in awaited)

    def seconds(self, now: float) -> float:
        """Seconds in progress; the time between an end and a continuation does not count."""
        until = now if self.ended_at is None else self.ended_at
        return max(0.0, until - self.started_at - self.idle_seconds)

    def seconds_left(self, now: float) -> float | None:
        """Estimated seconds until all trials have ended; ``None`` when there is no basis for an estimate, as there is
        none of how long a server takes for a batch."""
        tally = self.tally
        waiting = tally.count(Status.QUEUED)
        running = tally.count(Status.RUNNING) + tally.count(Status.PAUSING)
        if self.config.batch or not tally.timed or not (waiting or running):
            return None
        each = tally.seconds / tally.timed
        in_flight = (trial.attempts[-1] for trial in self.trials if trial.attempts)
        under_way = sum(
            max(0.0, each - attempt.seconds(now)) for attempt in in_flight if attempt.busy_since is not None
        )
        return (each * waiting + under_way) / max(1, min(self.limit, waiting + running))


def begin(event: events.EvaluationStarted) -> EvaluationState:
    """State of an evaluation that was just set up."""
    config = event.config
    trials = PersistentList(TrialState(number) for number in range(1, config.runs + 1))
    return EvaluationState(
        config=config,
        started_at=event.at,
        trials=trials,
        limit=config.slots,
        allowed=config.slots,
        latest_at=event.at,
        price=config.price_paid,
        tally=Tally(statuses=((Status.QUEUED, len(trials)),)),
        foreseen=Plan.of(config),
    )


def evolve(state: EvaluationState, event: events.Event) -> EvaluationState:
    """State after `event`. Pure; events about trials that do not exist raise `IndexError`."""
    return evolve_all(state, (event,))


def evolve_all(state: EvaluationState, history: Iterable[events.Event]) -> EvaluationState:
    """State after all events of `history`, faster than by `evolve` one by one."""
    folding = Folding(state)
    for event in history:
        folding.add(event)
    return folding.state


class Folding:
    """State that events are added to one by one; values that many of them change are computed when the state is
    read."""

    def __init__(self, state: EvaluationState) -> None:
        self._state = state
        self._changed: dict[int, TrialState] = {}
        """Trials that changed since `_state` was computed."""
        self._tally = state.tally
        self._checks = state.checks
        self._copies = state.copies
        self._latest_at = state.latest_at
        self._order_broken = False
        """Whether a trial counted in `in_order` has changed its outcome."""

    @property
    def config(self) -> EvaluationConfig:
        """Configuration of the evaluation."""
        return self._state.config

    @property
    def ended(self) -> bool:
        """Whether the evaluation has ended and not gone on since."""
        return self._state.ended_at is not None

    @property
    def state(self) -> EvaluationState:
        """State after all events so far."""
        if self._changed:
            trials = self._state.trials.with_rows(
                {number - 1: trial for number, trial in self._changed.items()}
            )
            known = EMPTY_PREFIX if self._order_broken else self._state.in_order
            self._state = replace(
                self._state,
                latest_at=self._latest_at,
                trials=trials,
                tally=self._tally,
                in_order=settled_prefix(trials, known),
                checks=self._checks,
                copies=self._copies,
            )
            self._changed.clear()
            self._order_broken = False
        return self._state

    def trial(self, number: int) -> TrialState:
        """State of the trial with this number.

        Raises:
            IndexError: there is none.
        """
        return self._changed.get(number) or self._state.trial(number)

    def add(self, event: events.Event) -> None:
        """Add the next event.

        Raises:
            IndexError: there is no such trial.
        """
        if not isinstance(event, events.TrialEvent):
            self._state = _beside_trials(self.state, event)
            self._tally = self._state.tally
            self._latest_at = self._state.latest_at
            return
        before = self.trial(event.trial)
        after = trial_after(before, event)
        if after is before:
            return
        self._changed[event.trial] = after
        self._tally = tally_moved(self._tally, before, after)
        self._checks = checks_moved(self._checks, before, after)
        if before.counted is None and after.counted is not None:
            self._copies = self._copies.with_reply(after.counted.digest)
        known = self._state.in_order
        self._order_broken = self._order_broken or not prefix_holds(known, before, after)
        if not isinstance(event, events.FLEETING):
            self._latest_at = event.at


def _beside_trials(state: EvaluationState, event: events.Event) -> EvaluationState:
    """State after an event that is not about a single trial."""
    match event:
        case events.EvaluationEnded(reason=reason):
            return replace(state, latest_at=event.at, ended_at=event.at, stop_reason=reason)
        case events.EvaluationReopened(cut_off_at=cut_off_at):
            # Attempts that were cut off with their program have held no slot since.
            since = state.latest_at if cut_off_at is None else cut_off_at
            trials = PersistentList(idle_since(trial, since) for trial in state.trials)
            ended_for = max(0.0, event.at - (since if state.ended_at is None else state.ended_at))
            return replace(
                state,
                latest_at=event.at,
                ended_at=None,
                stop_reason=None,
                idle_seconds=state.idle_seconds + ended_for,
                trials=trials,
            )
        case events.StoreHealed(since=since):
            trials = PersistentList(held_up(trial, since, event.at) for trial in state.trials)
            idle = state.idle_seconds + max(0.0, event.at - since)
            return replace(state, latest_at=event.at, idle_seconds=idle, trials=trials)
        case events.ConcurrencyChanged(limit=limit):
            held_back = state.allowed < state.limit
            allowed = min(state.allowed, limit) if held_back else limit
            return replace(state, latest_at=event.at, limit=limit, allowed=allowed)
        case events.ConcurrencyAdapted(allowed=allowed):
            return replace(state, allowed=allowed)
        case events.ReplyLimitKnown(max_tokens=tokens, source=source):
            config = replace(state.config, max_tokens=tokens, max_tokens_from=source)
            return replace(state, latest_at=event.at, config=config)
        case events.PriceKnown(price=price):
            stated = price if price.source == STATED else state.config.price
            return replace(state, latest_at=event.at, price=price, config=replace(state.config, price=stated))
        case events.PlanChanged(plan=plan, graded=graded):
            return replace(_replanned(state, plan, graded), latest_at=event.at)
        case events.BatchProgressed():
            return replace(state, batches=batches_after(state.batches, event))
        case events.BatchPlanned() | events.BatchSubmitted():
            return replace(state, latest_at=event.at, batches=batches_after(state.batches, event))
        case events.BatchDropped(batch=batch):
            trials = PersistentList(without_batch(trial, batch) for trial in state.trials)
            batches = batches_after(state.batches, event)
            return replace(state, latest_at=event.at, batches=batches, trials=trials)
        case _:
            return state


def band_chosen_after(foreseen: Plan, now: Plan, graded: int) -> int:
    """How many runs were graded when the band and the tolerance of `now` were chosen, the latest change having been
    made after `graded` of them; 0 where it was `foreseen` before any was."""
    return 0 if foreseen.decides_as(now) else graded


def _replanned(state: EvaluationState, plan: Plan, graded: int) -> EvaluationState:
    """`state` with another plan: added runs are queued; a reason to have ended that no longer holds is removed."""
    added = [TrialState(number) for number in range(len(state.trials) + 1, plan.runs + 1)]
    grown = replace(
        state,
        config=replace(plan.applied_to(state.config), runs=len(state.trials) + len(added)),
        trials=PersistentList((*state.trials, *added)) if added else state.trials,
        tally=with_queued(state.tally, len(added)),
        foreseen=state.foreseen if graded else plan,
        replanned_after=graded,
    )
    reason = reason_still(state.stop_reason, plan, settled=grown.settled, decision=grown.decision)
    return replace(grown, stop_reason=reason)


def replay(history: Iterable[events.Event], ended: Sequence[TrialState] = ()) -> EvaluationState:
    """State after all events of `history`, which begins with `EvaluationStarted`.

    `ended` are states of trials, in the order they ended; the events that led to them are not in `history`.

    Raises:
        ValueError: there is no such first event.
    """
    stream = iter(history)
    first = next(stream, None)
    if not isinstance(first, events.EvaluationStarted):
        raise ValueError("an evaluation's events begin with EvaluationStarted")
    return evolve_all(_with_ended(begin(first), ended), stream)


def _with_ended(state: EvaluationState, ended: Sequence[TrialState]) -> EvaluationState:
    """Initial `state`, with trials that have ended."""
    most = max((trial.number for trial in ended), default=0)
    # Trials beyond the first ones were added later; the event that says so is still to come.
    later = [TrialState(number) for number in range(len(state.trials) + 1, most + 1)]
    trials = [*state.trials, *later]
    for trial in ended:
        trials[trial.number - 1] = trial
    tally, checks = with_ended(with_queued(state.tally, len(later)), state.checks, ended)
    rows = PersistentList(trials)
    counted = (trial.counted for trial in ended)
    copies = copies_of(attempt.digest for attempt in counted if attempt is not None)
    return replace(
        state, trials=rows, tally=tally, in_order=settled_prefix(rows), checks=checks, copies=copies
    )
