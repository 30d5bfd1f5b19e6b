"""What the evaluations of one program may spend together, and have spent since each was opened in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

from dropout_core.costs.budget import Spender
from dropout_core.costs.costs import Tokens, in_dollars, spent, total_of
from dropout_core.costs.purse import Purse, lets_begin
from dropout_core.state.evaluation_state import EvaluationState

UNPRICED = (
    "The price of a token of {model} is not known, so the common budget in dollars cannot be applied. Resume it with"
    " a --price, or give the common budget in tokens."
)


@dataclass(frozen=True, slots=True)
class Amount:
    """What was spent, in the units of a purse."""

    dollars: float = 0.0
    tokens: float = 0.0
    is_all_priced: bool = True
    """Whether `dollars` is what all the tokens cost; a price that is not known is not zero."""

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(
            self.dollars + other.dollars,
            self.tokens + other.tokens,
            self.is_all_priced and other.is_all_priced,
        )


class SharedPurse:
    """A limit on what evaluations cost together. What they had cost before they were taken in does not count, and what
    they have cost since then counts on when they have left."""

    def __init__(self, limits: Purse) -> None:
        self.limits = limits
        """What it holds in all, including what was spent."""
        self._before: dict[int, Tokens] = {}
        self._of_those_left = Amount()

    def take_in(self, number: int, state: EvaluationState) -> None:
        """Count from now on what an evaluation spends."""
        self._before[number] = spent(state)

    def leave(self, number: int, state: EvaluationState) -> None:
        """Keep what an evaluation has spent that goes."""
        self._of_those_left = self.spent({number: state})
        del self._before[number]

    def spent(self, states: Mapping[int, EvaluationState]) -> Amount:
        """What was spent by evaluations that have left, and by those of these `states` that were taken in."""
        there = (self._spent_by(number, state) for number, state in states.items() if number in self._before)
        return reduce(Amount.plus, there, self._of_those_left)

    def _spent_by(self, number: int, state: EvaluationState) -> Amount:
        tokens = spent(state).plus(self._before[number].times(-1))
        return Amount(in_dollars(state, tokens), tokens.total, state.price is not None or tokens.total == 0)

    def is_shut_to(self, state: EvaluationState) -> bool:
        """Whether an evaluation can begin nothing, whatever comes back of what is reserved: its price is not known."""
        return self.limits.budget is not None and state.price is None

    def why_none_may_begin(self, number: int, spenders: Mapping[int, Spender]) -> str | None:
        """Message saying why an evaluation, one of these `spenders`, may begin no other attempt now; ``None`` when it
        may."""
        spender, limits = spenders[number], self.limits
        if self.is_shut_to(spender.state):
            return UNPRICED.format(model=spender.state.config.model)
        if lets_begin(self._as_if_from_the_start(spenders), spender, list(spenders.values())):
            return None
        amounts = []
        if limits.budget is not None:
            amounts.append(f"${limits.budget:g}")
        if limits.max_total_tokens is not None:
            amounts.append(f"{limits.max_total_tokens:,} tokens")
        amount = " and ".join(amounts)
        return f"The common budget of {amount} does not allow another attempt."

    def _as_if_from_the_start(self, spenders: Mapping[int, Spender]) -> Purse:
        """The purse that allows the same where all that the evaluations ever spent is held against it."""

        def before(measure: Callable[[EvaluationState, Tokens], float]) -> float:
            return sum(measure(each.state, self._before[number]) for number, each in spenders.items())

        dollars, tokens, gone = self.limits.budget, self.limits.max_total_tokens, self._of_those_left
        return Purse(
            None if dollars is None else dollars + before(in_dollars) - gone.dollars,
            None if tokens is None else int(tokens + before(total_of) - gone.tokens),
        )
