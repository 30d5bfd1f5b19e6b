"""Evaluations that ask the same are marked in the history, and shown together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dropout_core.analysis.comparison.equal_evaluations import Together, equals, together
from dropout_core.statistics.pass_rate import Band, Decision, wilson_interval
from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from tests.tui.program import dropout_tui
from tests.tui.states import failed
from tests.tui.stored import stored

PASS, FAIL = Outcome.PASSED, failed("scaling")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


def pool(store: Store, number: int) -> Together | None:
    states = [(line.number, store.state(line.number)) for line in store.history()]
    return together((number, store.state(number)), states)


def told(store: Store, *arguments: str) -> list[dict[str, Any]]:
    done = dropout_tui(*arguments, "--json", "--store", str(store.path))
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_counts_of_all_that_ask_the_same_are_added(store: Store) -> None:
    stored(store, [PASS] * 10 + [FAIL] * 20, seed=1)
    stored(store, [PASS] * 5, seed=2, suite="strict")
    stored(store, [PASS] * 20 + [FAIL] * 70, seed=3, runs=90, concurrency=2, band=Band(0.2, 0.6))
    for number in (1, 3):
        found = pool(store, number)
        assert found is not None
        assert (found.numbers, found.passed, found.graded) == ((1, 3), 30, 120)
        assert found.interval == wilson_interval(30, 120)
    assert pool(store, 2) is None
    one = pool(store, 1)
    assert one is not None
    assert store.state(1).decision is Decision.UNDECIDED
    assert one.decision is Decision.IN
    shown = dropout_tui("show", "1", "--store", str(store.path)).stdout
    assert "Together with evaluation 3 (the same task, prompt, suite, model and settings):" in shown
    assert "  30/120 passed, 25.0%, 95% interval 18.1-33.4%; band 10-40%: in\n" in shown
    # The band of the third was chosen when the runs of the first were there.
    third = dropout_tui("show", "3", "--store", str(store.path)).stdout
    assert "; band 20-60% (chosen after 30 runs): " in third
    *_, line, _ = told(store, "show", "3")
    assert line["band_chosen_after"] == 30
    *_, line, summary = told(store, "show", "1")
    assert "band_chosen_after" not in line
    assert (line["type"], line["ids"], line["passed"], line["graded"]) == ("together", [1, 3], 30, 120)
    assert summary["type"] == "summary"
    assert "Together" not in dropout_tui("show", "2", "--store", str(store.path)).stdout


def test_the_history_says_which_one_it_equals(store: Store) -> None:
    stored(store, [PASS], seed=1)
    stored(store, [PASS], seed=2, prompt_text="Something else.")
    stored(store, [PASS], seed=3)
    heads, *lines = dropout_tui("history", "--store", str(store.path)).stdout.splitlines()
    at = heads.index("EQUALS")
    assert [line[at : at + 6].strip() for line in lines] == ["1", "", ""]
    assert [line["equals"] for line in told(store, "history")] == [1, None, None]


@pytest.mark.parametrize(
    "other",
    [
        {"model": "another"},
        {"base_url": "http://localhost:8080"},
        {"prompt_text": "Another prompt."},
        {"temperature": 0.5},
        {"max_tokens": 17},
        {"refusals": "void"},
        {"task_version": 2},
        {"mode": "agent"},
        {"nonce": True},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_may_change_an_answer_or_its_verdict_keeps_them_apart(
    store: Store, other: dict[str, object]
) -> None:
    stored(store, [PASS])
    config = store.config(1)
    assert equals([(1, config), (2, replace(config, **other))]) == {}  # type: ignore[arg-type]
    assert equals([(1, config), (2, replace(config, seed=99, runs=7))]) == {2: 1}


def test_built_in_answers_of_one_seed_are_the_same_answers(store: Store) -> None:
    for seed in (1, 1, 2, 2):
        stored(store, [PASS, FAIL], model="sample", seed=seed)
    for number, numbers in ((1, (1, 3)), (2, (2, 3)), (4, (1, 4))):
        found = pool(store, number)
        assert found is not None
        assert (found.numbers, found.graded) == (numbers, 4)


def test_nothing_is_decided_while_one_of_them_is_under_way(store: Store) -> None:
    stored(store, [PASS] * 20, seed=1)
    stored(store, [PASS] * 20, seed=2, runs=30, ended=None)
    found = pool(store, 1)
    assert found is not None
    assert store.state(1).decision is Decision.ABOVE
    assert (found.passed, found.decision) == (40, Decision.UNDECIDED)


def test_a_cell_of_a_sweep_is_decided_with_its_share_of_the_error(store: Store) -> None:
    """What is asked is the same; only the cell's statements about the band need more runs."""
    stored(store, [PASS] * 10 + [FAIL] * 20, seed=1)
    stored(store, [PASS] * 20 + [FAIL] * 70, seed=2, sweep="s", sweep_cell=1, decision_error=1e-6)
    for number, decision in ((1, Decision.IN), (2, Decision.UNDECIDED)):
        found = pool(store, number)
        assert found is not None
        assert (found.numbers, found.graded, found.decision) == ((1, 2), 120, decision)
