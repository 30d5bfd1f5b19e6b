"""Counts over the trials of an evaluation, kept up to date event by event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dropout_core.models.stop_reasons import TOKEN_LIMIT
from dropout_core.state.settled_prefix import counted_outcome
from dropout_core.state.trial_state import AttemptState, Status, TrialState
from dropout_core.verdict.causes import CUT_OFF
from dropout_core.verdict.isolation_levels import NOT_RUN, weaker
from dropout_core.verdict.verdict import CheckStatus, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class CheckTally:
    """How often one check was reached, passed and failed, over the counted attempts."""

    reached: int = 0
    failed: int = 0
    first: int = 0
    """How often it was the first check to fail."""

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
    """Attempts that the user voided and repeated before the trial had a graded one."""
    task_unrelated: int = 0
    """Failed trials whose cause is not a check of the task."""
    cut_off: int = 0
    """Graded trials that ended with, or failed because of, a reply cut off at the token limit."""
    input_tokens: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0
    """Part of the output tokens."""
    cache_read_input_tokens: int = 0
    """Part of the input tokens, as are `cache_creation_input_tokens`."""
    cache_creation_input_tokens: int = 0
    estimated: int = 0
    """Attempts for which some token counts are estimates."""
    ended: int = 0
    """Attempts that have ended."""
    timed: int = 0
    """Graded attempts, whose duration is used to estimate the time left."""
    seconds: float = 0.0
    """Slot time of the graded attempts."""
    isolation: str = NOT_RUN
    """Weakest isolation that any answer was run with."""

    @property
    def graded(self) -> int:
        """The denominator of the pass rate."""
        return self.passed + self.failed

    def count(self, status: Status) -> int:
        """Number of trials with this `status`."""
        return dict(self.statuses).get(status, 0)


NOTHING_COUNTED = Tally()
_STATUSES = tuple(Status)
_NO_ATTEMPT = AttemptState(0, 0, 0.0)

Checks = tuple[tuple[str, CheckTally], ...]
"""Counts by check id, or by cause of failure without checks, in the order they first appeared."""


def with_queued(tally: Tally, added: int) -> Tally:
    """`tally` with `added` more queued trials."""
    counts = dict(tally.statuses)
    counts[Status.QUEUED] = counts.get(Status.QUEUED, 0) + added
    return replace(
        tally, statuses=tuple((status, counts[status]) for status in _STATUSES if counts.get(status))
    )


def with_ended(tally: Tally, checks: Checks, ended: Iterable[TrialState]) -> tuple[Tally, Checks]:
    """Counts with trials added that have ended, each of which counts as queued so far."""
    counts = _counts_of(checks)
    for trial in ended:
        before, last = TrialState(trial.number), len(trial.attempts)
        for attempts in range(1, last + 1):
            after = trial if attempts == last else replace(trial, attempts=trial.attempts[:attempts])
            tally, before = tally_moved(tally, before, after), after
        if (counted := trial.counted) is not None and counted.verdict is not None:
            _count_checks(counts, counted.verdict)
    return tally, _checks_of(counts)


def tally_moved(tally: Tally, before: TrialState, after: TrialState) -> Tally:
    """`tally` after an event of a trial, which added an attempt, changed the latest, or neither."""
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
    old_outcome, new_outcome = counted_outcome(before), counted_outcome(after)
    return Tally(
        statuses=statuses,
        passed=tally.passed + (new_outcome is Outcome.PASSED) - (old_outcome is Outcome.PASSED),
        failed=tally.failed + (new_outcome is Outcome.FAILED) - (old_outcome is Outcome.FAILED),
        void=tally.void + (new_outcome is Outcome.VOID) - (old_outcome is Outcome.VOID),
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
    """Whether the counted attempt failed for a cause that is not a check of the task."""
    counted = trial.counted
    return counted is not None and counted.verdict is not None and counted.verdict.task_related is False


def _cut_off(trial: TrialState) -> bool:
    """Whether the counted attempt ended with, or failed because of, a reply that was cut off."""
    counted = trial.counted
    return counted is not None and (
        counted.stop_reason == TOKEN_LIMIT
        or (counted.verdict is not None and counted.verdict.cause == CUT_OFF)
    )


def checks_moved(checks: Checks, before: TrialState, after: TrialState) -> Checks:
    """`checks` after a trial changed."""
    latest = after.latest
    if latest is None or latest.verdict is None:
        return checks
    counted = after.counted
    if counted is None or counted.verdict is None or before.counted is not None:
        return checks
    counts = _counts_of(checks)
    _count_checks(counts, counted.verdict)
    return _checks_of(counts)


def _counts_of(checks: Checks) -> dict[str, list[int]]:
    return {name: [tally.reached, tally.failed, tally.first] for name, tally in checks}


def _checks_of(counts: Mapping[str, list[int]]) -> Checks:
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
