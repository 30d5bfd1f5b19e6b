"""What an evaluation costs, as the dashboard says it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.content import Content

from dropout_core.values.config import SAMPLE_MODEL
from dropout_core.values.price import Price
from dropout_core.verdict.verdict import Outcome
from dropout_tui.text.words.costs import cost_words, too_little_words
from dropout_tui.widgets.dashboard.tallies import line
from tests.tui.states import BUSY, Ending, evaluation_state

PRICE = Price(1.0, 5.0)
EACH = (124 * 1.0 + 288 * 5.0) / 1_000_000
HALF = [Outcome.PASSED, Outcome.FAILED]


def test_under_way_it_says_what_the_whole_may_come_to() -> None:
    state = evaluation_state(runs=100, trials=HALF, price=PRICE)
    assert cost_words(state) == (f"${2 * EACH:.4f} of about ${100 * EACH:.2f}", f"${2 * EACH:.4f}")


def test_at_the_end_it_says_what_it_was() -> None:
    state = evaluation_state(runs=2, trials=HALF, ended="completed", price=PRICE)
    assert cost_words(state) == (f"${2 * EACH:.4f}",)


def test_limits_stand_beside_it_where_there_is_room() -> None:
    state = evaluation_state(runs=2, trials=HALF, price=PRICE, budget=1.5, max_total_tokens=20_000)
    spent = f"${2 * EACH:.4f}"
    assert cost_words(state) == (
        f"{spent}, budget $1.50, at most 20.0k tokens",
        f"{spent}, budget $1.50",
        spent,
    )


def test_a_model_without_a_price_is_unpriced_once_it_is_used() -> None:
    assert cost_words(evaluation_state(runs=2)) == ()
    assert cost_words(evaluation_state(runs=2, trials=HALF)) == ("unpriced",)


def test_a_server_of_ones_own_is_unpriced_only_where_a_limit_is_set() -> None:
    own = {"base_url": "http://localhost:8080"}
    assert cost_words(evaluation_state(runs=2, trials=HALF, **own)) == ()
    limited = evaluation_state(runs=2, trials=HALF, max_total_tokens=500, **own)
    assert cost_words(limited) == ("unpriced, at most 500 tokens", "unpriced")


def test_the_sample_answers_cost_nothing_and_nothing_is_said() -> None:
    state = evaluation_state(runs=2, trials=HALF, model=SAMPLE_MODEL, price=Price(0, 0, "built in"))
    assert cost_words(state) == ()


@pytest.mark.parametrize("width", [76, 80, 118, 198])
def test_the_line_of_counts_has_room_for_it(width: int) -> None:
    state = evaluation_state(runs=20, trials=BUSY, price=PRICE)
    text = line(state, Content("0:12 left"), width, cost_words(state)).plain
    assert "$0.0" in text
    assert text.endswith("10/20  0:12 left")
    assert len(text) <= width
    assert ("of about" in text) == (width > 100)


def test_a_budget_that_cannot_decide_anything_says_what_could() -> None:
    def words(tokens: int, *trials: Ending, **config: Any) -> str | None:
        settings: dict[str, Any] = {"until_decided": True, "max_tokens": 1_000, **config}
        return too_little_words(
            evaluation_state(runs=400, trials=trials, max_total_tokens=tokens, **settings)
        )

    poor = words(4_000)
    assert poor is not None
    assert (
        "cannot decide anything: it is for 3 more runs or so, if each takes the longest reply, and 5" in poor
    )
    assert "at the least are needed; what it leaves is a rate and its interval" in poor
    assert words(400_000) is None
    assert words(4_000, until_decided=False) is None
    assert words(4_000, *[Outcome.PASSED] * 100) is None
    under_way = words(1_500, Outcome.PASSED, Outcome.FAILED)
    assert under_way is not None
    assert "it is for 1 more run or so, and 3 at the least" in under_way
