"""How often each check failed, out of the attempts in which it could have."""

from __future__ import annotations

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.verdict.verdict import Verdict

Share = tuple[int, int]
"""A count, and what it is out of."""


def failures(state: EvaluationState) -> dict[str, Share]:
    """Per check id, failures out of the counted attempts that reached it.

    A cause of failure without checks (no code, say) is out of all graded attempts: there is nothing to reach.
    """
    checks = check_ids(state)
    return {
        name: (tally.failed, tally.reached if name in checks else state.tally.graded)
        for name, tally in state.checks
    }


def check_ids(state: EvaluationState) -> frozenset[str]:
    """The checks that any counted verdict has."""
    return frozenset(id_ for verdict in counted_verdicts(state) for id_, _ in verdict.statuses)


def counted_verdicts(state: EvaluationState) -> tuple[Verdict, ...]:
    """The verdicts that make the pass rate, in the order of the trials."""
    counted = (trial.counted for trial in state.trials)
    return tuple(a.verdict for a in counted if a is not None and a.verdict is not None)
