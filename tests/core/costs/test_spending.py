"""What an evaluation costs, and the budget that stops it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.costs.budget import may_begin
from dropout_core.costs.costs import Tokens, cost_so_far, dollars, expected_cost, request_at_most
from dropout_core.costs.price_list import Unpriced, price_for_budget, price_of
from dropout_core.models import Reply, Request, Usage
from dropout_core.running.session import Session
from dropout_core.state import events
from dropout_core.state.evaluation_state import EvaluationState, begin, evolve
from dropout_core.storage.store import Store
from dropout_core.values.plan import Plan
from dropout_core.values.price import Price
from dropout_core.verdict.verdict import Outcome, Verdict
from tests.core.bench import FAILING, Bench, bench, config, text_reply

HAIKU = Price(1.0, 5.0)


def verdict(outcome: Outcome = Outcome.FAILED) -> Verdict:
    return Verdict(outcome, "It fails", "basic", 1, "basic")


def replied(state: EvaluationState, trial: int, usage: Usage) -> EvaluationState:
    return evolve(
        state,
        events.ReplyFinished(
            at=2.0, trial=trial, attempt=1, step=1, stop_reason="end_turn", model="m",
            input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, seconds=1.0,
            thinking_tokens=usage.thinking_tokens, cache_read_input_tokens=usage.cache_read_input_tokens,
            cache_creation_input_tokens=usage.cache_creation_input_tokens,
        ),
    )  # fmt: skip


def began(state: EvaluationState, trial: int) -> EvaluationState:
    return evolve(state, events.AttemptStarted(at=1.0, trial=trial, attempt=1, seed=1))


def ended(state: EvaluationState, trial: int) -> EvaluationState:
    return evolve(state, events.VerdictReached(at=3.0, trial=trial, attempt=1, verdict=verdict()))


@given(st.data())
def test_no_more_is_spent_than_the_budget_and_what_was_in_flight_alone(data: st.DataObject) -> None:
    runs = data.draw(st.integers(1, 25))
    dearest = request_at_most(config(max_tokens=500))
    budget = data.draw(st.floats(0.0001, 2 * runs * dearest.cost(HAIKU)))
    tokens = data.draw(st.none() | st.integers(1, int(2 * runs * dearest.total)))
    state = begin(
        events.EvaluationStarted(
            at=0.0,
            config=config(runs=runs, max_tokens=500, price=HAIKU, budget=budget, max_total_tokens=tokens),
        )
    )
    slots, waiting, flying = data.draw(st.integers(1, 6)), list(range(1, runs + 1)), list[int]()
    while waiting or flying:
        latest = [state.trial(trial).attempts[-1] for trial in flying]
        if waiting and len(flying) < slots and may_begin(state, latest):
            state = began(state, waiting[0])
            flying.append(waiting.pop(0))
        elif flying:
            trial = flying.pop(data.draw(st.integers(0, len(flying) - 1)))
            usage = Usage(data.draw(st.integers(0, int(dearest.input))), data.draw(st.integers(0, 500)))
            state = ended(replied(state, trial, usage), trial)
        else:
            break
    cost = cost_so_far(state)
    assert cost is not None
    assert cost <= budget + dearest.cost(HAIKU)
    used = state.tally.input_tokens + state.tally.output_tokens
    assert tokens is None or used <= tokens + dearest.total
    if waiting:
        # It stopped for a reason: one more attempt like those before does not fit.
        mean = 1 / (runs - len(waiting))
        over = cost * (1 + mean) > budget or (tokens is not None and used * (1 + mean) > tokens)
        assert over or cost >= budget


def test_what_is_in_flight_is_reserved() -> None:
    most = request_at_most(config(max_tokens=1000)).cost(HAIKU)
    start = events.EvaluationStarted(
        at=0.0, config=config(max_tokens=1000, price=HAIKU, budget=2.5 * most, runs=5)
    )
    state = began(begin(start), 1)
    assert may_begin(state, [state.trial(1).attempts[-1]])
    state = began(state, 2)
    assert not may_begin(state, [state.trial(number).attempts[-1] for number in (1, 2)])
    state = ended(replied(state, 1, Usage(10, 10)), 1)
    assert may_begin(state, [state.trial(2).attempts[-1]])


def test_without_a_budget_nothing_is_held_back_and_without_a_price_a_budget_lets_nothing_begin() -> None:
    assert may_begin(begin(events.EvaluationStarted(at=0.0, config=config())), [])
    unpriced = begin(events.EvaluationStarted(at=0.0, config=config(budget=1000.0)))
    assert not may_begin(unpriced, [])


def test_what_it_may_come_to() -> None:
    state = begin(events.EvaluationStarted(at=0.0, config=config(runs=4, max_tokens=1000, price=HAIKU)))
    assert expected_cost(state) == pytest.approx(4 * request_at_most(state.config).cost(HAIKU))
    state = ended(replied(began(state, 1), 1, Usage(1000, 100)), 1)
    assert cost_so_far(state) == pytest.approx(0.0015)
    assert expected_cost(state) == pytest.approx(0.006)
    assert cost_so_far(replace(state, price=None)) is None
    assert Tokens(1, 2).plus(Tokens(3, 4)).times(2) == Tokens(8, 12)


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (Usage(1_000_000, 0, cache_read_input_tokens=1_000_000), 0.1),
        (Usage(1_000_000, 0, cache_creation_input_tokens=1_000_000), 1.25),
        (Usage(1_000_000, 0, cache_read_input_tokens=500_000, cache_creation_input_tokens=400_000), 0.65),
        (Usage(0, 1_000_000, thinking_tokens=900_000), 5.0),
    ],
)
def test_what_is_cached_and_thought_has_its_price(usage: Usage, cost: float) -> None:
    listed = price_of(config(model="claude-haiku-4-5"), {})
    assert listed is not None
    stated = Price(listed.input, listed.output)
    before = begin(events.EvaluationStarted(at=0.0, config=config(runs=2, price=listed)))
    state = ended(replied(began(before, 1), 1, usage), 1)
    assert cost_so_far(state) == pytest.approx(cost)
    assert expected_cost(state) == pytest.approx(2 * cost)
    # Who states a price for input states that of all input.
    dearest = cost_so_far(replace(state, price=stated))
    assert dearest == pytest.approx((usage.input_tokens + 5 * usage.output_tokens) / 1e6)


def test_a_price_that_knows_nothing_of_caches_is_read() -> None:
    kept = {"input": 1.0, "output": 5.0, "source": "genai-prices 0.2.3"}
    assert Price.from_json(kept) == Price(1.0, 5.0, "genai-prices 0.2.3")
    listed = price_of(config(model="claude-haiku-4-5"), {})
    assert listed is not None
    assert Price.from_json(listed.to_json()) == listed


@pytest.mark.parametrize(
    ("amount", "words"), [(0.0, "$0.00"), (0.00042, "$0.0004"), (0.5, "$0.50"), (1234.5, "$1,234.50")]
)
def test_amounts_of_money(amount: float, words: str) -> None:
    assert dollars(amount) == words


def test_prices_come_from_the_list_for_anthropics_models_on_anthropics_server_alone() -> None:
    known = price_of(config(model="claude-haiku-4-5"), {})
    assert known is not None
    assert (known.input, known.output) == (1.0, 5.0)
    assert known.source.startswith("genai-prices ")
    assert price_of(config(model="claude-nonsense-9"), {}) is None
    assert price_of(config(model="claude-haiku-4-5", base_url="http://localhost:1"), {}) is None
    gateway = {"ANTHROPIC_BASE_URL": "https://gateway.example"}
    assert price_of(config(model="claude-haiku-4-5"), gateway) is None
    assert price_of(config(model="claude-haiku-4-5", base_url="http://localhost:1", price=HAIKU), {}) is HAIKU
    gpt = price_of(config(model="gpt-4o", api="openai"), {})
    assert gpt is not None
    assert gpt.input > 0
    assert price_of(config(model="gpt-4o"), {}) is None
    assert (
        price_of(config(model="gpt-4o", api="openai"), {"OPENAI_BASE_URL": "http://localhost:1/v1"}) is None
    )
    assert price_of(config(model="sample"), {}) == Price(0, 0, "built in")


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "-1,5", "nan,1", "inf,1"])
def test_what_is_no_price(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1,5"):
        Price.parse(text)


def test_a_budget_for_an_unpriced_model_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    asked = config(model="m", base_url="http://localhost:1", budget=1.0)
    with pytest.raises(Unpriced, match="--price"):
        price_for_budget(asked)
    with pytest.raises(Unpriced):
        Session.new(store, asked, Quick(random.Random(1)))
    assert store.history() == ()
    store.close()


@dataclass
class Quick:
    """Answers at once, at some length."""

    chance: random.Random
    name: str = "scripted"

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        output = self.chance.randrange(100, request.max_tokens)
        return replace(text_reply(FAILING), usage=Usage(40, output))

    async def open(self) -> None:
        return None

    async def close(self) -> None:
        return None


@pytest.mark.parametrize("concurrency", [1, 7])
async def test_a_cent_of_a_priced_model(tmp_path: Path, concurrency: int) -> None:
    async with bench(
        tmp_path, runs=60, concurrency=concurrency, max_tokens=400, budget=0.01, price=HAIKU
    ) as b:
        quick(b)
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.state.stop_reason == "budget"
        assert b.state.tally.graded >= 5
        cost = cost_so_far(b.state)
        assert cost is not None
        assert cost <= 0.01 + request_at_most(b.state.config).cost(HAIKU)
        assert b.store.newest_unfinished() == 1
        # Neither a rerun nor another start begins anything now.
        before = b.state.tally
        b.evaluation.start()
        b.evaluation.rerun(1)
        await b.evaluation.finished()
        assert b.state.tally.output_tokens == before.output_tokens
        assert b.state.ended_at is not None
        # More money lets it go on.
        b.evaluation.change_plan(replace(Plan.of(b.state.config), budget=10.0))
        b.evaluation.start()
        await b.until(lambda: b.state.settled)
        assert b.state.stop_reason == "completed"
    state = Store(tmp_path / "store.sqlite3").state(1)
    assert state.config.budget == 10.0


async def test_tokens_are_a_budget_too(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=60, concurrency=5, max_tokens=400, max_total_tokens=5000) as b:
        quick(b)
        b.evaluation.start()
        await b.evaluation.finished()
        used = b.state.tally.input_tokens + b.state.tally.output_tokens
        assert b.state.stop_reason == "budget"
        assert used <= 5000 + request_at_most(b.state.config).total


async def test_a_reply_that_is_paid_for_is_graded_whatever_the_budget(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, budget=1.0, price=Price(0, 1e6)) as b:
        quick(b)
        b.journal.listen(
            lambda recorded: (
                b.evaluation.cut_off() if any(isinstance(e, events.ReplyFinished) for e in recorded) else None
            )
        )
        b.evaluation.start()
        await b.until(lambda: b.state.ended_at is not None)
        b.evaluation.start()
        await b.until(lambda: b.state.settled)
        assert b.state.tally.graded == 1


def quick(b: Bench) -> None:
    """Let replies come at once."""
    b.model.reply = Quick(random.Random(3)).reply  # type: ignore[method-assign]
