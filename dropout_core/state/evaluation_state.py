"""What is so: the fold of an evaluation's events.

`Folding` is the one place that says what an event means: of what it means for a trial, `trial_fold` knows. The live
dashboard, the lines, the history and an evaluation that goes on after an interruption all read its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dropout_core.state import events as happened
from dropout_core.state.duplicate_replies import NO_COPIES, Copies, copies_of
from dropout_core.state.end_reasons import reason_still
from dropout_core.state.fast_replace import altered
from dropout_core.state.persistent_list import PersistentList
from dropout_core.state.settled_prefix import NONE_IN_ORDER, SettledPrefix, stays_in_order, trials_in_order
from dropout_core.state.tally import (
    NOTHING_COUNTED,
    CheckTally,
    Tally,
    checks_moved,
    counted_at_once,
    tally_moved,
    with_queued,
)
from dropout_core.state.trial_fold import held_up, idle_since, trial_after
from dropout_core.state.trial_state import Status, TrialState
from dropout_core.statistics.band_decision import decide
from dropout_core.statistics.pass_rate import Decision, confidence_sequence, wilson_interval
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.plan import Plan
from dropout_core.values.price import STATED, Price

__all__ = ["CheckTally", "EvaluationState", "Folding", "Tally", "begin", "evolve", "evolve_all", "replay"]


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """What is so in one evaluation."""

    config: EvaluationConfig
    started_at: float
    trials: PersistentList[TrialState]
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
    in_order: SettledPrefix = NONE_IN_ORDER
    """The trials up to the first that is still under way, which alone decide."""
    checks: tuple[tuple[str, CheckTally], ...] = ()
    """Per check id (or cause of failure without checks), in the order they first appeared."""

    copies: Copies = NO_COPIES
    """How many replies of the counted attempts are the same."""
    foreseen: Plan | None = None
    """The plan that stood before any run was graded."""
    replanned_after: int = 0
    """How many runs were graded when the plan was last changed."""
    damage: tuple[str, ...] = ()
    """What of it could not be read from the store: a line for each run, which is void, and for what else there was."""

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
        """The confidence sequence of the pass rate, valid at any time: of the trials `in_order`."""
        return confidence_sequence(self.in_order.passed, self.in_order.graded)

    @property
    def decision(self) -> Decision:
        """Where the rate lies relative to the band, by the trials `in_order`. Copies decide nothing."""
        if self.has_copies:
            return Decision.UNDECIDED
        return decide(self.in_order.passed, self.in_order.graded, self.config.band, self.config.tolerance)

    @property
    def band_chosen_after(self) -> int:
        """How many runs were graded when this band and tolerance were chosen; 0 where they stood before any was.

        What is decided about a band that was chosen after a look at the rate is not as safe as it says.
        """
        foreseen = self.foreseen is None or self.foreseen.decides_as(Plan.of(self.config))
        return 0 if foreseen else self.replanned_after

    @property
    def has_copies(self) -> bool:
        """Whether too many replies are the same for them to be a sample. The built-in ones are said to be none."""
        return self.copies.are_many and not self.config.is_sample

    def seconds(self, now: float) -> float:
        """How long it has been under way; the time between an end and going on does not count."""
        until = now if self.ended_at is None else self.ended_at
        return max(0.0, until - self.started_at - self.idle_seconds)

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
    trials = PersistentList(TrialState(number) for number in range(1, config.runs + 1))
    return EvaluationState(
        config=config,
        started_at=event.at,
        trials=trials,
        limit=config.slots,
        allowed=config.slots,
        latest_at=event.at,
        price=config.price,
        tally=Tally(statuses=((Status.QUEUED, len(trials)),)),
        foreseen=Plan.of(config),
    )


def evolve(state: EvaluationState, event: happened.Event) -> EvaluationState:
    """The state after `event`. Pure; events about trials that do not exist raise `IndexError`."""
    return evolve_all(state, (event,))


def evolve_all(state: EvaluationState, events: Iterable[happened.Event]) -> EvaluationState:
    """The state after all of `events`, sooner than `evolve` one by one gives it."""
    folding = Folding(state)
    for event in events:
        folding.add(event)
    return folding.state


class Folding:
    """A state that events are added to as they happen. What is the same after each of many is worked out once."""

    def __init__(self, state: EvaluationState) -> None:
        self._state = state
        self._changed: dict[int, TrialState] = {}
        """The trials that are no longer as `_state` has them."""
        self._tally = state.tally
        self._checks = state.checks
        self._copies = state.copies
        self._latest_at = state.latest_at
        self._order_broken = False
        """Whether one of those that are known in order is no longer what it was."""

    @property
    def config(self) -> EvaluationConfig:
        """What is evaluated, and how."""
        return self._state.config

    @property
    def ended(self) -> bool:
        """Whether the evaluation has ended, and has not gone on since."""
        return self._state.ended_at is not None

    @property
    def state(self) -> EvaluationState:
        """What is so after all events so far."""
        if self._changed:
            trials = self._state.trials.with_rows(
                {number - 1: trial for number, trial in self._changed.items()}
            )
            known = NONE_IN_ORDER if self._order_broken else self._state.in_order
            self._state = altered(
                self._state,
                latest_at=self._latest_at,
                trials=trials,
                tally=self._tally,
                in_order=trials_in_order(trials, known),
                checks=self._checks,
                copies=self._copies,
            )
            self._changed.clear()
            self._order_broken = False
        return self._state

    def trial(self, number: int) -> TrialState:
        """How the trial with this number stands.

        Raises:
            IndexError: there is none.
        """
        return self._changed.get(number) or self._state.trial(number)

    def add(self, event: happened.Event) -> None:
        """The next event.

        Raises:
            IndexError: there is no such trial.
        """
        if not isinstance(event, happened.TrialEvent):
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
        self._order_broken = self._order_broken or not stays_in_order(known, before, after)
        if not isinstance(event, happened.FLEETING):
            self._latest_at = event.at


def _beside_trials(state: EvaluationState, event: happened.Event) -> EvaluationState:
    """The state after an event that is not about one trial."""
    match event:
        case happened.EvaluationEnded(reason=reason):
            return replace(state, latest_at=event.at, ended_at=event.at, stop_reason=reason)
        case happened.EvaluationReopened(cut_off_at=cut_off_at):
            # What was cut off with its program has held no slot since.
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
        case happened.StoreHealed(since=since):
            trials = PersistentList(held_up(trial, since, event.at) for trial in state.trials)
            idle = state.idle_seconds + max(0.0, event.at - since)
            return replace(state, latest_at=event.at, idle_seconds=idle, trials=trials)
        case happened.ConcurrencyChanged(limit=limit):
            held_back = state.allowed < state.limit
            allowed = min(state.allowed, limit) if held_back else limit
            return replace(state, latest_at=event.at, limit=limit, allowed=allowed)
        case happened.ConcurrencyAdapted(allowed=allowed):
            return replace(state, allowed=allowed)
        case happened.ReplyLimitKnown(max_tokens=tokens, source=source):
            config = replace(state.config, max_tokens=tokens, max_tokens_from=source)
            return replace(state, latest_at=event.at, config=config)
        case happened.PriceKnown(price=price):
            stated = price if price.source == STATED else state.config.price
            return replace(state, latest_at=event.at, price=price, config=replace(state.config, price=stated))
        case happened.PlanChanged(plan=plan, graded=graded):
            return replace(_replanned(state, plan, graded), latest_at=event.at)
        case _:
            return state


def _replanned(state: EvaluationState, plan: Plan, graded: int) -> EvaluationState:
    """`state` with another plan. More runs wait; a reason to have ended that holds no longer is taken back."""
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
    return evolve_all(_with_ended(begin(first), ended), stream)


def _with_ended(state: EvaluationState, ended: Sequence[TrialState]) -> EvaluationState:
    """`state`, in which nothing has happened yet, with trials that have ended."""
    most = max((trial.number for trial in ended), default=0)
    # Those beyond the first ones were added later; the event that says so is still to come.
    trials = [*state.trials, *(TrialState(number) for number in range(len(state.trials) + 1, most + 1))]
    for trial in ended:
        trials[trial.number - 1] = trial
    tally, checks = counted_at_once(ended, queued=len(trials) - len(ended))
    rows = PersistentList(trials)
    counted = (trial.counted for trial in ended)
    copies = copies_of(attempt.digest for attempt in counted if attempt is not None)
    return replace(
        state, trials=rows, tally=tally, in_order=trials_in_order(rows), checks=checks, copies=copies
    )
