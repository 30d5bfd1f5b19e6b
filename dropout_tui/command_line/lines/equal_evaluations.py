"""What the evaluations of a store that ask the same come to together, for pipes, CI and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dropout_core.analysis.band_terms import chosen_after_words
from dropout_core.analysis.comparison.equal_evaluations import Together, asked_of, together
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.pass_rate import Band
from dropout_core.storage.errors import DamagedEvaluation
from dropout_core.storage.store import Store, UnknownEvaluation


def pool_of(store: Store, number: int, state: EvaluationState) -> Together | None:
    """Evaluation `number` together with those that ask the same; ``None`` when it is the only one."""
    asked = asked_of(state.config)
    others = []
    for line in store.history():
        if line.number != number and asked_of(line.config) == asked:
            try:
                others.append((line.number, store.state(line.number)))
            except (DamagedEvaluation, UnknownEvaluation):
                continue  # it was deleted meanwhile, or cannot be read, which the history says
    return together((number, state), others)


def pool_lines(pool: Together, number: int, band: Band) -> Iterator[str]:
    """Which evaluations they are, and what they come to."""
    others = [f"{other}" for other in pool.numbers if other != number]
    which = " and ".join(filter(None, (", ".join(others[:-1]), others[-1])))
    kind = "evaluation" if len(others) == 1 else "evaluations"
    yield f"Together with {kind} {which} (the same task, prompt, suite, model and settings):"
    if pool.rate is None:
        yield "  no trial was graded"
        return
    lo, hi = pool.interval
    counts = (
        f"{pool.passed}/{pool.graded} passed, {pool.rate:.1%}, 95% interval {lo * 100:.1f}-{hi * 100:.1f}%"
    )
    terms = "".join(f" ({words})" for words in chosen_after_words(pool.band_chosen_after))
    yield f"  {counts}; band {band}%{terms}: {pool.decision}"


def pool_object(pool: Together) -> dict[str, Any]:
    """The same as a JSON object."""
    return {
        "type": "together",
        "ids": list(pool.numbers),
        "passed": pool.passed,
        "graded": pool.graded,
        "pass_rate": pool.rate,
        "interval": list(pool.interval),
        "decision": str(pool.decision),
        **({"band_chosen_after": pool.band_chosen_after} if pool.band_chosen_after else {}),
    }
