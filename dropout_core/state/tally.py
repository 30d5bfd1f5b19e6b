"""Counts over the trials of an evaluation: kept along the way, or taken at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from dropout_core.models.stop_reasons import TOKEN_LIMIT
from dropout_core.state.settled_prefix import standing
from dropout_core.state.trial_state import AttemptState, Status, TrialState
from dropout_core.verdict.causes import CUT_OFF
from dropout_core.verdict.isolation_levels import NOT_RUN, weaker
from dropout_core.verdict.verdict import CheckStatus, Outcome, Verdict


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
    rerolled: int = 0
    """Attempts that the user voided and had made anew, of trials that had no graded one by then."""
    task_unrelated: int = 0
    """Of the failed ones, those that failed for a cause that is no check of the task."""
    cut_off: int = 0
    """Of the graded ones, those that ended with, or failed by, a reply cut off at the token limit."""
    input_tokens: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0
    """Of those that came out."""
    cache_read_input_tokens: int = 0
    """Of those that went in, as are `cache_creation_input_tokens`."""
    cache_creation_input_tokens: int = 0
    estimated: int = 0
    """Attempts of which the server has not counted all tokens."""
    ended: int = 0
    """Ended attempts."""
    timed: int = 0
    """Graded attempts, whose time tells how long others will take."""
    seconds: float = 0.0
    """Slot time of the graded attempts."""
    isolation: str = NOT_RUN
    """The weakest that any answer was run with."""

    @property
    def graded(self) -> int:
        """The denominator of the pass rate."""
        return self.passed + self.failed

    def count(self, status: Status) -> int:
        """How many rows read `status`."""
        return dict(self.statuses).get(status, 0)


NOTHING_COUNTED = Tally()
_STATUSES = tuple(Status)
_NO_ATTEMPT = AttemptState(0, 0, 0.0)

Checks = tuple[tuple[str, CheckTally], ...]
"""By check id, or cause of failure without checks, in the order they first appeared."""


def with_queued(tally: Tally, added: int) -> Tally:
    """`tally` with `added` more trials that wait."""
    counts = dict(tally.statuses)
    counts[Status.QUEUED] = counts.get(Status.QUEUED, 0) + added
    return replace(
        tally, statuses=tuple((status, counts[status]) for status in _STATUSES if counts.get(status))
    )


def counted_at_once(ended: Sequence[TrialState], *, queued: int) -> tuple[Tally, Checks]:
    """What `tally_moved` and `checks_moved` count one by one, which ten thousand trials would feel."""
    statuses, standings = Counter(trial.status for trial in ended), Counter(map(standing, ended))
    statuses[Status.QUEUED] += queued
    seconds: list[float] = []
    checks: dict[str, list[int]] = {}
    for trial in ended:
        seconds += _graded_seconds(trial)
        counted = trial.counted
        if counted is not None and counted.verdict is not None:
            _count_checks(checks, counted.verdict)
    attempts = [attempt for trial in ended for attempt in trial.attempts]
    tally = Tally(
        statuses=tuple((status, statuses[status]) for status in Status if statuses[status]),
        passed=standings[Outcome.PASSED],
        failed=standings[Outcome.FAILED],
        void=standings[Outcome.VOID],
        rerolled=sum(trial.rerolled for trial in ended),
        task_unrelated=sum(map(_failed_beside_task, ended)),
        cut_off=sum(map(_cut_off, ended)),
        input_tokens=sum(attempt.input_tokens for attempt in attempts),
        output_tokens=sum(attempt.output_tokens for attempt in attempts),
        thinking_tokens=sum(attempt.thinking_tokens for attempt in attempts),
        cache_read_input_tokens=sum(attempt.cache_read_input_tokens for attempt in attempts),
        cache_creation_input_tokens=sum(attempt.cache_creation_input_tokens for attempt in attempts),
        estimated=sum(attempt.estimated for attempt in attempts),
        ended=sum(attempt.verdict is not None for attempt in attempts),
        timed=len(seconds),
        seconds=sum(seconds, 0.0),
        isolation=reduce(
            weaker,
            (attempt.verdict.isolation for attempt in attempts if attempt.verdict is not None),
            NOT_RUN,
        ),
    )
    counts = tuple((name, CheckTally(*count)) for name, count in checks.items())
    return tally, counts


def tally_moved(tally: Tally, before: TrialState, after: TrialState) -> Tally:
    """`tally` after an event of a trial: it has one attempt more, or its latest has changed, or neither."""
    old, new = before.latest or _NO_ATTEMPT, after.latest or _NO_ATTEMPT
    if new.number != old.number:
        old = _NO_ATTEMPT
    if (
        new.verdict is old.verdict
        and new.output_tokens == old.output_tokens
        and new.input_tokens == old.input_tokens
        and before.queued is after.queued
        and before.hold is after.hold
        and len(before.attempts) == len(after.attempts)
    ):
        return tally  # most events change none of the counts
    was, now = before.status, after.status
    ended = new.verdict is not None and old.verdict is None
    timed = ended and new.verdict is not None and new.verdict.outcome is not Outcome.VOID
    statuses = tally.statuses
    if was is not now:
        counts = dict(statuses)
        counts[was] = counts.get(was, 0) - 1
        counts[now] = counts.get(now, 0) + 1
        statuses = tuple([(status, counts[status]) for status in _STATUSES if counts.get(status)])
    old_standing, new_standing = standing(before), standing(after)
    return Tally(
        statuses=statuses,
        passed=tally.passed + (new_standing is Outcome.PASSED) - (old_standing is Outcome.PASSED),
        failed=tally.failed + (new_standing is Outcome.FAILED) - (old_standing is Outcome.FAILED),
        void=tally.void + (new_standing is Outcome.VOID) - (old_standing is Outcome.VOID),
        rerolled=tally.rerolled + after.rerolled - before.rerolled,
        task_unrelated=tally.task_unrelated + _failed_beside_task(after) - _failed_beside_task(before),
        cut_off=tally.cut_off + _cut_off(after) - _cut_off(before),
        input_tokens=tally.input_tokens + new.input_tokens - old.input_tokens,
        output_tokens=tally.output_tokens + new.output_tokens - old.output_tokens,
        thinking_tokens=tally.thinking_tokens + new.thinking_tokens - old.thinking_tokens,
        cache_read_input_tokens=tally.cache_read_input_tokens
        + new.cache_read_input_tokens
        - old.cache_read_input_tokens,
        cache_creation_input_tokens=tally.cache_creation_input_tokens
        + new.cache_creation_input_tokens
        - old.cache_creation_input_tokens,
        estimated=tally.estimated + new.estimated - old.estimated,
        ended=tally.ended + ended,
        timed=tally.timed + timed,
        seconds=tally.seconds + (new.busy_seconds if timed else 0.0),
        isolation=weaker(tally.isolation, new.verdict.isolation)
        if ended and new.verdict
        else tally.isolation,
    )


def _failed_beside_task(trial: TrialState) -> bool:
    """Whether the counted attempt failed for a cause that is no check of the task."""
    counted = trial.counted
    return counted is not None and counted.verdict is not None and counted.verdict.task_related is False


def _cut_off(trial: TrialState) -> bool:
    """Whether a reply that was cut off ended the counted attempt, whatever its outcome, or is why it failed."""
    counted = trial.counted
    return counted is not None and (
        counted.stop_reason == TOKEN_LIMIT
        or (counted.verdict is not None and counted.verdict.cause == CUT_OFF)
    )


def _graded_seconds(trial: TrialState) -> list[float]:
    """The slot time of each graded attempt, in order."""
    return [
        attempt.busy_seconds
        for attempt in trial.attempts
        if attempt.verdict is not None and attempt.verdict.outcome is not Outcome.VOID
    ]


def checks_moved(checks: Checks, before: TrialState, after: TrialState) -> Checks:
    """`checks` after a trial changed."""
    latest = after.latest
    if latest is None or latest.verdict is None:
        return checks
    counted = after.counted
    if counted is None or counted.verdict is None or before.counted is not None:
        return checks
    counts = {name: [tally.reached, tally.failed, tally.first] for name, tally in checks}
    _count_checks(counts, counted.verdict)
    return tuple([(name, CheckTally(*count)) for name, count in counts.items()])


def _count_checks(checks: dict[str, list[int]], verdict: Verdict) -> None:
    """Add a verdict to the counts of reached, failed and first, by check or cause."""
    first = verdict.cause
    for id_, status in verdict.statuses:
        count = checks.setdefault(id_, [0, 0, 0])
        if status is not CheckStatus.NOT_REACHED:
            count[0] += 1
            count[1] += status is CheckStatus.FAILED
            count[2] += id_ == first
    if first is not None and not verdict.task_related:
        count = checks.setdefault(first, [0, 0, 0])
        for index in range(3):
            count[index] += 1
