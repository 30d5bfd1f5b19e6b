"""What evaluations that run beside each other may spend together, counted from when each was taken in."""

from __future__ import annotations

from dropout_core.costs.budget import Spender
from dropout_core.costs.purse import Purse
from dropout_core.models import Usage
from dropout_core.running.sweep.shared_purse import Amount, SharedPurse
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.values.price import Price
from tests.core.costs.test_purse import cell
from tests.core.costs.test_spending import began, ended, replied

MILLION = 1_000_000


def after(state: EvaluationState, trial: int, tokens: int) -> EvaluationState:
    """`state` once a trial has ended that took so many tokens, all of them in."""
    return ended(replied(began(state, trial), trial, Usage(tokens, 0)), trial)


def may_begin(purse: SharedPurse, number: int, states: dict[int, EvaluationState]) -> bool:
    spenders = {each: Spender(state) for each, state in states.items()}
    return purse.why_none_may_begin(number, spenders) is None


def test_what_was_spent_earlier_does_not_count_and_what_was_spent_here_counts_on() -> None:
    grown, new = after(cell(Price(1.0, 1.0)), 1, 5_000), cell(Price(2.0, 2.0))
    purse = SharedPurse(Purse(0.004, 4_000))
    purse.take_in(1, grown)
    purse.take_in(2, new)
    assert purse.spent({1: grown, 2: new, 3: grown}) == Amount()
    assert may_begin(purse, 2, {1: grown, 2: new})

    grown, new = after(grown, 2, 1_000), after(new, 1, 1_500)
    assert purse.spent({1: grown, 2: new}) == Amount(0.004, 2_500)
    assert not may_begin(purse, 2, {1: grown, 2: new})
    purse.limits = Purse(None, 4_000)
    assert may_begin(purse, 2, {1: grown, 2: new})

    purse.leave(1, grown)
    assert purse.spent({2: new}) == Amount(0.004, 2_500)
    purse.limits = Purse(None, 2_500)
    assert not may_begin(purse, 2, {2: new})
    # Opened again, it has spent nothing since then.
    purse.take_in(1, grown)
    assert purse.spent({1: grown, 2: new}) == Amount(0.004, 2_500)


def test_what_has_no_price_is_not_free_and_what_is_free_is_never_held_back() -> None:
    unpriced, free = cell(None, model="mine"), cell(Price(0.0, 0.0))
    purse = SharedPurse(Purse(1.0))
    for number, state in ((1, unpriced), (2, free)):
        purse.take_in(number, state)
    why = purse.why_none_may_begin(1, {1: Spender(unpriced), 2: Spender(free)})
    assert why is not None
    assert "mine" in why
    assert "--price" in why
    assert purse.is_shut_to(unpriced)
    assert not purse.is_shut_to(free)

    purse.limits = Purse()
    unpriced = after(unpriced, 1, 700)
    assert purse.spent({1: unpriced, 2: free}) == Amount(0.0, 700, is_all_priced=False)

    dear = cell(Price(MILLION, MILLION))
    purse.take_in(3, dear)
    dear = after(dear, 1, 2)
    purse.limits = Purse(1.0)
    assert may_begin(purse, 2, {1: unpriced, 2: free, 3: dear})
    assert not may_begin(purse, 3, {1: unpriced, 2: free, 3: dear})
