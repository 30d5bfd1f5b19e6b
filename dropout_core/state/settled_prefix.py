"""Trials in the order they were begun, up to the first that is still in progress.

Failing answers are often short, so of the trials in flight the failing ones end first. The trials that have ended are
therefore a biased sample, and a decision based on them would be wrong more often than its error bound. The trials up to
the first that is still in progress are an unbiased sample, whatever comes after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dropout_core.state.trial_state import Status, TrialState
from dropout_core.verdict.verdict import Outcome


@dataclass(frozen=True, slots=True)
class SettledPrefix:
    """Counts of the first trials that have all ended."""

    trials: int = 0
    passed: int = 0
    failed: int = 0

    @property
    def graded(self) -> int:
        """Number of trials that passed or failed."""
        return self.passed + self.failed


EMPTY_PREFIX = SettledPrefix()


def counted_outcome(trial: TrialState) -> Outcome | None:
    """Outcome of the trial in the pass rate, or void when it ended without one; ``None`` before that."""
    counted = trial.counted
    if counted is not None and counted.verdict is not None:
        return counted.verdict.outcome
    return Outcome.VOID if trial.status is Status.VOID else None


def outcome_in_order(trial: TrialState) -> Outcome | None:
    """Outcome of the trial when its turn comes; ``None`` while it is in progress.

    A paused trial is skipped like a void one: whoever paused it did not know how it would end.
    """
    outcome = counted_outcome(trial)
    return Outcome.VOID if outcome is None and trial.status is Status.PAUSED else outcome


def prefix_of_outcomes(
    outcomes: Iterable[Outcome | None], known: SettledPrefix = EMPTY_PREFIX
) -> SettledPrefix:
    """Counts up to the first trial without an outcome; `known` are the trials before the given `outcomes`."""
    count, passed, failed = known.trials, known.passed, known.failed
    for outcome in outcomes:
        if outcome is None:
            break
        passed += outcome is Outcome.PASSED
        failed += outcome is Outcome.FAILED
        count += 1
    return known if count == known.trials else SettledPrefix(count, passed, failed)


def settled_prefix(trials: Sequence[TrialState], known: SettledPrefix = EMPTY_PREFIX) -> SettledPrefix:
    """Counts of the first of `trials` that have all ended; `known` are counts from before."""
    unknown = range(known.trials, len(trials))
    return prefix_of_outcomes((outcome_in_order(trials[place]) for place in unknown), known)


def prefix_holds(known: SettledPrefix, before: TrialState, after: TrialState) -> bool:
    """Whether `known` still holds after a trial changed from `before` to `after`."""
    return after.number > known.trials or outcome_in_order(before) is outcome_in_order(after)
