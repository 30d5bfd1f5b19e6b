"""The error budget: that it is kept, that the table tells it, and, at length, that simulation agrees."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dropout_core.audit.corpus import built_in_answers
from dropout_core.sandbox import CallResult, Observation, Returned
from dropout_core.statistics import error_rates
from dropout_core.statistics.error_rates import RATE_OFF, sample_for_rate
from dropout_core.statistics.masks.autocorrelation import lag_sums_of_two
from dropout_core.statistics.masks.autocorrelation_screen import (
    FEWEST,
    SCREEN_THRESHOLD,
    SCREENED_SHARE,
    worth_a_closer_look,
)
from dropout_core.statistics.masks.fft_sizes import quick_even_size_up_to
from dropout_core.statistics.tail_bounds import binomial_two_sided, fair_groups, fair_sums, fair_walk
from dropout_core.tasks.dropout import task as dropout
from dropout_core.tasks.dropout.checks import drop_rate, expected_value, named_axes
from dropout_core.tasks.dropout.checks.randomness import evenness, independence
from dropout_core.tasks.dropout.checks.randomness.independence import check_randomness, most_alike
from dropout_core.tasks.dropout.error_budget import budget, power, rules
from dropout_core.tasks.dropout.observations import observed as observing
from dropout_core.tasks.dropout.observations.observed import Observed
from dropout_core.tasks.dropout.probes import Group, Probes, draw_probes
from dropout_core.tasks.dropout.probes.basic import PAIR_ELEMENTS, RANK_ELEMENTS
from dropout_core.tasks.dropout.probes.hard import SHARED_ELEMENTS
from dropout_core.verdict.verdict import CheckStatus
from tests.core.dropout_judging import judge
from tests.core.in_process import observed

DOCUMENT = Path(__file__).parents[5] / "docs" / "grading.md"
BEGINS, ENDS = "<!-- python -m dropout_core.tasks.dropout.error_budget.budget -->\n", "<!-- end -->\n"

P_VALUES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (observing, ("binomial_is_likely",)),
    (drop_rate, ("binomial_is_likely",)),
    (independence, ("binomial_is_likely", "fair_groups", "fair_sums", "fair_walk")),
    (expected_value, ("bounded_sum",)),
    (named_axes, ("binomial_is_likely",)),
    (evenness, ("binomial_is_likely", "uneven_counts")),
)
"""Every place where a check takes a p-value."""

OTHER_SOURCES = {rules.COARSE, rules.COARSE_ONCE, "pⁿ", "2⁻ⁿ"}
"""Of rules for which no p-value is taken."""

RIGHT = {answer.name: answer.code for answer in built_in_answers()}["hard: scale, then mask"]


def recorded(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[Any, ...], float]:
    """The arguments of every p-value taken from now on, and how improbable it must be to reject."""
    taken: dict[tuple[Any, ...], float] = {}

    def recording(rule: Callable[..., float]) -> Callable[..., float]:
        def record(*arguments: Any, **named: Any) -> float:
            plain = (one.tobytes() if isinstance(one, np.ndarray) else one for one in arguments)
            level = arguments[3] if rule.__name__ == "binomial_is_likely" else error_rates.FALSE_ALARM
            taken[(rule.__name__, *plain)] = level
            return rule(*arguments, **named)

        return record

    for module, names in P_VALUES:
        for name in names:
            monkeypatch.setattr(module, name, recording(getattr(module, name)))
    return taken


@pytest.mark.parametrize("suite", dropout.suite_names)
def test_a_right_answer_fails_less_than_once_in_a_million_gradings(suite: str) -> None:
    assert 0 < budget.false_reject(suite) < 1e-6
    assert {rule.check for rule in budget.rules(suite)} <= {one.id for one in dropout.suite(suite)}


@pytest.mark.parametrize("suite", dropout.suite_names)
def test_the_budget_counts_every_rule_that_is_applied(suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = recorded(monkeypatch)
    monkeypatch.setattr(independence, "worth_a_closer_look", lambda *signs: True)
    requirements = dropout.suite(suite)
    probes = draw_probes(10, [requirement.id for requirement in requirements])
    checks = judge(requirements, probes, observed(RIGHT, {"__name__": __name__}, probes.calls), RIGHT)
    assert {check.status for check in checks} == {CheckStatus.PASSED}
    allowed = sum(rule.false_reject for rule in budget.rules(suite) if rule.source not in OTHER_SOURCES)
    assert 25 * error_rates.FALSE_ALARM < sum(taken.values()) <= allowed * (1 + 1e-9)


def test_the_document_holds_the_table() -> None:
    text = DOCUMENT.read_text("utf-8")
    table = text.partition(BEGINS)[2].partition(ENDS)[0]
    assert table.strip() == budget.table(), (
        "run python -m dropout_core.tasks.dropout.error_budget.budget and paste what it prints"
    )
    for requirement in dropout.suite("hard"):
        assert f"`{requirement.id}`" in table


def test_the_sizes_that_the_budget_assumes_are_drawn() -> None:
    for seed in range(40):
        assert_sizes_are_those_assumed(draw_probes(seed, ["integers"]))


def assert_sizes_are_those_assumed(probes: Probes) -> None:
    sizes = {
        group: [probes.calls[place].x.size for place in places] for group, places in probes.groups.items()
    }
    assert sum(sizes[Group.KEEP_ALL]) <= rules.LARGEST_EDGE
    assert sum(sizes[Group.DROP_ALL]) <= rules.LARGEST_EDGE
    assert max(sizes[Group.INTEGERS]) <= rules.LARGEST_INTEGER
    for p in (0.0, 1.0):
        integers = [probes.calls[place] for place in probes.groups[Group.INTEGERS]]
        assert sum(call.x.size for call in integers if call.p == p) <= rules.LARGEST_INTEGER
    for place in probes.groups[Group.RATES]:
        assert probes.calls[place].x.size >= sample_for_rate(probes.calls[place].p)
    assert min(sizes[Group.RANKS]) >= RANK_ELEMENTS
    assert min(sizes[Group.PAIR]) >= PAIR_ELEMENTS
    assert min(probes.calls[probes.groups[Group.PAIR][0]].x.shape) >= rules.FEWEST_LINES


@pytest.mark.parametrize("off", [RATE_OFF, -RATE_OFF])
def test_a_rate_that_is_off_by_so_much_escapes_less_than_once_in_a_million(off: float) -> None:
    for p, elements in ((0.5, PAIR_ELEMENTS), *((p / 100, sample_for_rate(p / 100)) for p in range(10, 91))):
        nearest = power.accepted_bound(p, elements, 1 if off > 0 else -1)
        # So that all that escapes lies beyond it, in one tail.
        assert abs(nearest / elements - p) < abs(off), p
        assert binomial_two_sided(nearest, elements, p + off) < error_rates.MISSED, p


def test_rates_that_each_might_be_right_are_wrong_together() -> None:
    probes = draw_probes(3)
    results: list[CallResult] = []
    for call in probes.calls:
        kept = np.ones(call.x.size)
        kept[: power.accepted_bound(0.5, call.x.size, 1)] = 0
        results.append(Returned(call.x * kept.reshape(call.x.shape)))
    found = drop_rate.check_rate(Observed(probes, Observation(None, tuple(results))))
    assert found.status is CheckStatus.FAILED
    assert "over 6 calls; expected 50 % at p = 0.5" in found.message


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(("p", "elements"), [(0.5, 2_000), (0.03, 40_000), (0.97, 40_000)])
def test_accepted_counts_end_at_the_computed_bound(p: float, elements: int, side: int) -> None:
    bound = power.accepted_bound(p, elements, side)
    assert binomial_two_sided(bound, elements, p) >= error_rates.FALSE_ALARM
    assert binomial_two_sided(bound + side, elements, p) < error_rates.FALSE_ALARM


def test_what_is_caught_is_the_smallest() -> None:
    for p, elements in ((0.5, 2_000), (0.3, 40_000)):
        caught = power.rate_caught(p, elements)
        nearest = [power.accepted_bound(p, elements, side) for side in (-1, 1)]
        escapes = [
            max(
                binomial_two_sided(bound, elements, p + side * off)
                for bound, side in zip(nearest, (-1, 1), strict=True)
            )
            for off in (caught, caught - 0.0001)
        ]
        assert escapes[0] < error_rates.MISSED <= escapes[1]
    assert (1 - power.zeros_caught(1_000)) ** 1_000 < error_rates.MISSED


def screen_misses(elements: int) -> float:
    """A bound on the probability that the quick look lets pass what `alike_caught` says is caught. Hoeffding's
    inequality, for the pairs of the largest distance, a tenth of all, that the elements looked at still have."""
    looked_at = SCREENED_SHARE * elements
    pairs = looked_at - 0.1 * elements
    reserve = 2 * power.alike_caught(elements) * pairs / math.sqrt(looked_at) - SCREEN_THRESHOLD
    return math.exp(-(reserve**2) / 2) if reserve > 0 else 1.0


@pytest.mark.parametrize("elements", [2 * PAIR_ELEMENTS, RANK_ELEMENTS, SHARED_ELEMENTS])
def test_a_quick_look_lets_pass_next_to_nothing_that_is_caught(elements: int) -> None:
    assert screen_misses(elements) < error_rates.MISSED / 100


def test_a_quick_look_sees_most_of_every_sequence() -> None:
    for elements in range(FEWEST, 60_000):
        assert SCREENED_SHARE * elements <= quick_even_size_up_to(elements) <= elements


def test_wider_samples_catch_less_wrongness() -> None:
    for caught in (power.alike_caught, power.halves_caught, lambda n: power.mean_caught(0.5, n)):
        assert 0 < caught(100_000) < caught(10_000)
    assert 1 < power.spread_caught(1_000) < power.spread_caught(150)
    with pytest.raises(AssertionError):
        assert power.coarse(10_000) < 1e-8  # so large a call at p = 0 would cost more than its share


# Simulation

GRADINGS = 3_000
LENIENT = {"rate": 1e-2, "randomness": 1e-3, "other_rates": 1e-2}
"""False alarms of one rule so frequent that simulation sees them: by check, some of which have many rules."""


def right_outputs(rng: np.random.Generator, seed: int) -> Observed:
    probes = draw_probes(seed)
    results: list[CallResult] = []
    for call in probes.calls:
        kept = rng.random(call.x.shape) >= call.p
        scale = 1 / (1 - call.p) if call.p < 1 else 0.0
        results.append(Returned(np.where(kept, call.x * scale, 0) if call.training else call.x))
    return Observed(probes, Observation(None, tuple(results)))


def parts(checks: Callable[[Observed], Any], seeds: range) -> Iterator[Any]:
    rng = np.random.default_rng(seeds.start)
    for seed in seeds:
        yield checks(right_outputs(rng, seed))


@pytest.mark.long_run
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("check", LENIENT)
def test_right_answers_fail_no_oftener_than_the_bound(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    functions = {
        "rate": drop_rate.check_rate, "randomness": check_randomness, "other_rates": drop_rate.check_other_rates,
    }  # fmt: skip
    for module in {module for module, _ in P_VALUES if hasattr(module, "FALSE_ALARM")}:
        monkeypatch.setattr(module, "FALSE_ALARM", LENIENT[check])
    found = Counter(finding.status for finding in parts(functions[check], range(GRADINGS)))
    tests = sum(rule.tests for rule in budget.rules("basic") if rule.check == check)
    bound = tests * LENIENT[check]
    assert found[CheckStatus.FAILED] <= GRADINGS * bound + 6 * (GRADINGS * bound) ** 0.5
    if check != "randomness":  # its bounds are far from tight; exact ones are met closely
        assert found[CheckStatus.FAILED] >= GRADINGS * bound / 4


def related_neighbours(rng: np.random.Generator, size: int, excess: float) -> Any:
    stays = rng.random(size) < 0.5 + excess
    return np.cumprod(np.where(stays, 1.0, -1.0), dtype=np.float64)


@pytest.mark.long_run
@pytest.mark.timeout(3600)
def test_wrongness_of_the_table_never_escapes() -> None:
    rng = np.random.default_rng(1)
    alike, related = power.alike_caught(2 * PAIR_ELEMENTS), 2 * power.rate_caught(0.5, PAIR_ELEMENTS)
    apart, spread = power.halves_caught(2 * PAIR_ELEMENTS), power.spread_caught(2 * rules.FEWEST_LINES)
    ranked = power.alike_caught(RANK_ELEMENTS)
    for _ in range(GRADINGS):
        pair = [related_neighbours(rng, PAIR_ELEMENTS, alike) for _ in range(2)]
        assert worth_a_closer_look(*pair)
        within, _, lengths = lag_sums_of_two(*pair)
        assert 2 * fair_sums(within, lengths) < error_rates.FALSE_ALARM
        assert most_alike(related_neighbours(rng, RANK_ELEMENTS, ranked)) is not None
        small = np.arange(2 * PAIR_ELEMENTS) < PAIR_ELEMENTS
        drops = rng.random(2 * PAIR_ELEMENTS) < np.where(small, 0.5 - apart / 2, 0.5 + apart / 2)
        assert fair_walk(np.where(drops, -1.0, 1.0), drops.size) < error_rates.FALSE_ALARM
        lines = rng.normal(size=2 * rules.FEWEST_LINES) * spread
        assert fair_groups(lines, 1) < error_rates.FALSE_ALARM
        agree = int(rng.binomial(PAIR_ELEMENTS, 0.5 + related / 2))
        assert binomial_two_sided(agree, PAIR_ELEMENTS, 0.5) < error_rates.FALSE_ALARM
