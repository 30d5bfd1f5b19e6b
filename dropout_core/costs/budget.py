"""Budget of an evaluation: whether it lets another attempt begin.

An attempt is never broken off for its cost. For attempts in flight the highest possible cost is reserved, and a new
attempt begins if its own highest cost still fits. When nothing is in flight, one whose typical cost still fits may
begin. So a small budget is used up one attempt after the other, and exceeded at most by those in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dropout_core.costs.costs import Tokens, in_dollars, request_at_most, spent, total_of, typical_attempt
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState
from dropout_core.values.config import EvaluationConfig

BUDGET = "budget"
"""Stop reason of an evaluation that has used up its budget."""


@dataclass(frozen=True, slots=True)
class Spender:
    """An evaluation that spends from a budget, alone or with others."""

    state: EvaluationState
    in_flight: tuple[AttemptState, ...] = ()


def is_limited(config: EvaluationConfig) -> bool:
    """Whether a budget is set."""
    return config.max_total_tokens is not None or config.budget is not None


def may_begin(state: EvaluationState, in_flight: Iterable[AttemptState]) -> bool:
    """Whether the budget lets another attempt begin beside those `in_flight`."""
    return why_none_may_begin(state, in_flight) is None


def why_none_may_begin(state: EvaluationState, in_flight: Iterable[AttemptState] = ()) -> str | None:
    """Message saying which limit keeps further attempts from beginning, and what to do; ``None`` when one may begin."""
    config = state.config
    if not is_limited(config):
        return None
    alone = Spender(state, tuple(in_flight))
    if config.max_total_tokens is not None and not fits(config.max_total_tokens, alone, [alone], total_of):
        return _used_up(f"{config.max_total_tokens:,} tokens", "--max-total-tokens")
    if config.budget is None:
        return None
    if state.price is None:
        return "The price of a token is not known, so the budget cannot be applied. Resume with a --price."
    if not fits(config.budget, alone, [alone], in_dollars):
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


def fits(
    limit: float,
    spender: Spender,
    all_of_them: Sequence[Spender],
    measure: Callable[[EvaluationState, Tokens], float],
) -> bool:
    """Whether another attempt of `spender`, one of those that share a limit, fits into it."""
    used = sum(measure(each.state, spent(each.state)) for each in all_of_them)
    typical = typical_attempt(spender.state)
    usual = 0.0 if typical is None else measure(spender.state, typical)
    flying = [(each.state, attempt) for each in all_of_them for attempt in each.in_flight]
    if not flying:
        return used < limit and used + usual <= limit
    coming = sum(measure(state, reserved(state, attempt)) for state, attempt in flying)
    most = measure(spender.state, request_at_most(spender.state.config))
    return used + coming + max(most, usual) <= limit
