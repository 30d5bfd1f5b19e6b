"""Failure rate of each check, out of the attempts that reached it."""

from __future__ import annotations

from collections.abc import Sequence

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.verdict.verdict import Verdict

Share = tuple[int, int]
"""A count, and the total that it is out of."""


def failures(state: EvaluationState) -> dict[str, Share]:
    """Failures per check id, out of the counted attempts that reached it. A cause without checks, such as no code, is
    out of all graded attempts."""
    checks = check_ids(state)
    return {
        name: (tally.failed, tally.reached if name in checks else state.tally.graded)
        for name, tally in state.checks
    }


def failure_shares(states: Sequence[EvaluationState]) -> dict[str, tuple[Share, ...]]:
    """Failures, in each of `states`, of every check and every cause without checks that failed in any of them.

    Where a check was not made it is 0 of 0; where a cause did not occur, 0 of all graded attempts.
    """
    counts = [failures(state) for state in states]
    checks = frozenset[str]().union(*map(check_ids, states))
    names = dict.fromkeys(name for each in counts for name, (failed, _) in each.items() if failed)
    return {
        name: tuple(
            each.get(name, (0, 0 if name in checks else state.tally.graded))
            for each, state in zip(counts, states, strict=True)
        )
        for name in names
    }


def check_ids(state: EvaluationState) -> frozenset[str]:
    """Ids of all checks in the counted verdicts."""
    return frozenset(id_ for verdict in counted_verdicts(state) for id_, _ in verdict.statuses)


def counted_verdicts(state: EvaluationState) -> tuple[Verdict, ...]:
    """Verdicts that make up the pass rate, in the order of the trials."""
    counted = (trial.counted for trial in state.trials)
    return tuple(a.verdict for a in counted if a is not None and a.verdict is not None)


def suite_versions(state: EvaluationState) -> frozenset[int]:
    """Versions of the suite that judged its runs."""
    return frozenset(verdict.suite_version for verdict in counted_verdicts(state) if verdict.checks)
