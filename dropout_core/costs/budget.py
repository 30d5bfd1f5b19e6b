"""Whether the budget of an evaluation lets another attempt begin.

An attempt is never broken off for its cost. What is in flight is reserved at the most it can cost, and a new attempt
begins when it fits in beside that at its most. Where nothing is in flight, one whose typical cost still fits may begin:
so a small budget is used up one attempt after the other, and exceeded by no more than what was in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dropout_core.costs.costs import Tokens, request_at_most, spent, typical_attempt
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState
from dropout_core.values.config import EvaluationConfig

BUDGET = "budget"
"""Why an evaluation stopped."""


def is_limited(config: EvaluationConfig) -> bool:
    """Whether there is a budget at all."""
    return config.max_total_tokens is not None or config.budget is not None


def may_begin(state: EvaluationState, in_flight: Iterable[AttemptState]) -> bool:
    """Whether another attempt may begin beside those `in_flight`."""
    return why_none_may_begin(state, in_flight) is None


def why_none_may_begin(state: EvaluationState, in_flight: Iterable[AttemptState] = ()) -> str | None:
    """The line that says which limit lets no further attempt begin, and what to do; ``None`` when one may."""
    config, price = state.config, state.price
    if not is_limited(config):
        return None
    flying = tuple(in_flight)
    if config.max_total_tokens is not None and not _fits(
        state, flying, config.max_total_tokens, lambda tokens: tokens.total
    ):
        return _used_up(f"{config.max_total_tokens:,} tokens", "--max-total-tokens")
    if config.budget is None:
        return None
    if price is None:
        return "What a token costs is not known, so the budget lets nothing begin. Resume with a --price."
    if not _fits(state, flying, config.budget, lambda tokens: tokens.cost(price)):
        return _used_up(f"${config.budget:g}", "--budget")
    return None


def _used_up(limit: str, option: str) -> str:
    return f"The budget of {limit} lets no further attempt begin. Raise it, or resume with a larger {option}."


def reserved(state: EvaluationState, attempt: AttemptState) -> Tokens:
    """What an attempt under way may still take: its next request at most, or the rest of a typical attempt.

    In agent mode what the last request held is asked again, with what has come since.
    """
    most = request_at_most(state.config)
    latest = Tokens(max(most.input, attempt.input_tokens), most.output)
    typical = typical_attempt(state)
    if typical is None:
        return latest
    return Tokens(
        max(latest.input, typical.input - attempt.input_tokens),
        max(latest.output, typical.output - attempt.output_tokens),
    )


def _fits(
    state: EvaluationState,
    in_flight: tuple[AttemptState, ...],
    limit: float,
    measure: Callable[[Tokens], float],
) -> bool:
    used = measure(spent(state))
    typical = typical_attempt(state)
    if not in_flight:
        return used < limit and used + (0.0 if typical is None else measure(typical)) <= limit
    most = measure(request_at_most(state.config))
    another = most if typical is None else max(most, measure(typical))
    return used + sum(measure(reserved(state, attempt)) for attempt in in_flight) + another <= limit
