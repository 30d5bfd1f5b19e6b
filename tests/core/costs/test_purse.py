"""A budget that several evaluations share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.costs.budget import Spender
from dropout_core.costs.costs import request_at_most, spent
from dropout_core.costs.decision_budget import LOOKED_AT, affordable_runs, fewest_runs
from dropout_core.costs.purse import Purse, lets_begin
from dropout_core.models import Usage
from dropout_core.state import events as happened
from dropout_core.state.evaluation_state import EvaluationState, begin
from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.pass_rate import Band, Decision
from dropout_core.values.price import Price
from tests.core.bench import config
from tests.core.costs.test_spending import began, ended, replied

PRICES = (Price(1.0, 5.0), Price(10.0, 50.0))


def cell(price: Price | None = PRICES[0], **changes: object) -> EvaluationState:
    settings = {"runs": 20, "max_tokens": 500, "price": price, "model": "m", **changes}
    return begin(happened.EvaluationStarted(at=0.0, config=config(**settings)))


@given(st.data())
def test_no_more_is_spent_together_than_the_budget_and_what_was_in_flight_alone(data: st.DataObject) -> None:
    cells = [cell(price) for price in PRICES]
    most = [request_at_most(state.config) for state in cells]
    dearest = max(tokens.cost(price) for tokens, price in zip(most, PRICES, strict=True))
    budget = data.draw(st.floats(0.0001, 30 * dearest))
    tokens = data.draw(st.none() | st.integers(1, int(60 * most[0].total)))
    purse = Purse(budget, tokens)
    flying: list[tuple[int, int]] = []
    begun = [0, 0]
    while True:
        spenders = [
            Spender(state, tuple(state.trial(trial).attempts[-1] for at, trial in flying if at == place))
            for place, state in enumerate(cells)
        ]
        able = [
            place
            for place, spender in enumerate(spenders)
            if begun[place] < 20 and lets_begin(purse, spender, spenders)
        ]
        if able and len(flying) < 4:
            place = data.draw(st.sampled_from(able))
            begun[place] += 1
            cells[place] = began(cells[place], begun[place])
            flying.append((place, begun[place]))
        elif flying:
            place, trial = flying.pop(data.draw(st.integers(0, len(flying) - 1)))
            limit = most[place]
            used = Usage(data.draw(st.integers(0, int(limit.input))), data.draw(st.integers(0, 500)))
            cells[place] = ended(replied(cells[place], trial, used), trial)
        else:
            break
    assert (
        sum(spent(state).cost(state.price) for state in cells if state.price is not None) <= budget + dearest
    )


def test_a_cell_without_a_price_spends_nothing_of_a_budget_in_dollars() -> None:
    unpriced = Spender(cell(None))
    assert not lets_begin(Purse(budget=100.0), unpriced, [unpriced])
    assert lets_begin(Purse(max_total_tokens=100_000), unpriced, [unpriced])
    assert lets_begin(Purse(), unpriced, [unpriced])


def test_what_one_cell_has_in_flight_is_reserved_for_all() -> None:
    first, second = cell(), cell()
    purse = Purse(budget=1.5 * request_at_most(first.config).cost(PRICES[0]))
    assert lets_begin(purse, Spender(second), [Spender(first), Spender(second)])
    busy = began(first, 1)
    flying = Spender(busy, (busy.trial(1).attempts[-1],))
    assert not lets_begin(purse, Spender(second), [flying, Spender(second)])


def test_how_many_runs_a_budget_is_for() -> None:
    states = [cell(price) for price in PRICES]
    cheapest = request_at_most(states[0].config).cost(PRICES[0])
    assert affordable_runs(Purse(), states, ()) is None
    assert affordable_runs(Purse(budget=7.5 * cheapest), states, ()) == 7
    assert affordable_runs(Purse(budget=7.5 * cheapest), states[1:], ()) == 0


@pytest.mark.parametrize(("error", "anything"), [(0.05, 5), (0.0125, 7)])
def test_the_fewest_runs_to_decide_anything(error: float, anything: int) -> None:
    """All of them pass: each adds log(1 / 0.4) to the evidence for *above*, less what the mixture costs."""
    least, inside = fewest_runs(config(decision_error=error))
    assert least == anything
    assert inside is not None
    assert inside > 30


def test_of_a_decision_that_takes_more_runs_than_are_looked_at_no_number_is_given() -> None:
    """A band of three points, by one cell of twelve."""
    narrow, error = Band(0.3, 0.33), 0.05 / 12
    least, inside = fewest_runs(config(band=narrow, decision_error=error))
    assert inside is None
    assert {decide(k, LOOKED_AT, narrow, 0.0, error) for k in range(360, 397)} == {Decision.UNDECIDED}
    assert least is not None
    assert least < LOOKED_AT
