"""Budget of an evaluation: whether it lets another attempt begin.

An attempt is never broken off for its cost. For attempts in flight the highest possible cost is reserved, and a new
attempt begins if its own highest cost still fits. When nothing is in flight, one whose typical cost still fits may
begin. So a small budget is used up one attempt after the other, and exceeded at most by those in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dropout_core.costs.costs import Tokens, request_at_most, spent, typical_attempt
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState
from dropout_core.values.config import EvaluationConfig

BUDGET = "budget"
"""Stop reason of an evaluation that has used up its budget."""


def is_limited(config: EvaluationConfig) -> bool:
    """Whether a budget is set."""
    return config.max_total_tokens is not None or config.budget is not None


def may_begin(state: EvaluationState, in_flight: Iterable[AttemptState]) -> bool:
    """Whether the budget lets another attempt begin beside those `in_flight`."""
    return why_none_may_begin(state, in_flight) is None


def why_none_may_begin(state: EvaluationState, in_flight: Iterable[AttemptState] = ()) -> str | None:
    """Message saying which limit keeps further attempts from beginning, and what to do; ``None`` when one may begin."""
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
        return "The price of a token is not known, so the budget cannot be applied. Resume with a --price."
    if not _fits(state, flying, config.budget, lambda tokens: tokens.cost(price)):
        return _used_up(f"${config.budget:g}", "--budget")
    return None


def _used_up(limit: str, option: str) -> str:
    return (
        f"The budget of {limit} does not allow another attempt. Raise it, or resume with a larger {option}."
    )


def reserved(state: EvaluationState, attempt: AttemptState) -> Tokens:
    """Most that an attempt in flight may still use: its next request at most, or the rest of a typical attempt. In
    agent mode the next request repeats what the last one held, and what came since."""
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
