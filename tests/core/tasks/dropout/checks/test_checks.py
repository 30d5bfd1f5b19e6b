"""The checks and their statistics. Answers run in this process: what a sandbox adds is tested elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dropout_core.sandbox import Call, CallResult, Fault, FaultKind, NotReached, Observation, Returned
from dropout_core.static_analysis.repeatability import unrepeatable
from dropout_core.statistics.error_rates import sample_for_rate
from dropout_core.statistics.masks.autocorrelation import lag_sums, lag_sums_of_two
from dropout_core.statistics.masks.autocorrelation_screen import FEWEST, worth_a_closer_look
from dropout_core.statistics.tail_bounds import (
    binomial_is_likely,
    binomial_two_sided,
    bounded_sum,
    fair_groups,
    fair_sums,
    fair_walk,
)
from dropout_core.tasks.dropout import BASIC
from dropout_core.tasks.dropout.probes import Group, Probes, draw_probes
from dropout_core.tasks.dropout.probes.basic import PAIR_ELEMENTS
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome
from tests.core.dropout_judging import headline, judge
from tests.core.in_process import called, graded
from tests.core.wrong_answers import WRONG

NOT_REACHED, PASSED, FAILED = CheckStatus.NOT_REACHED, CheckStatus.PASSED, CheckStatus.FAILED


def looks_at(owner: str, group: Group, call: Call) -> bool:
    """Whether that check looks at such a call; of those that look at few groups only."""
    at_an_edge = group in (Group.KEEP_ALL, Group.DROP_ALL) or call.p in (0, 1)
    return (group is Group.EVALUATION or at_an_edge) and at_an_edge is (owner == "edge_cases")


TIMEOUT = Fault(FaultKind.TIMEOUT, "Took more than 10 s of processor time")


def judged(probes: Probes, results: list[CallResult], defining: Fault | None = None) -> dict[str, Check]:
    checks = judge(BASIC, probes, Observation(defining, tuple(results)))
    assert [check.id for check in checks] == [requirement.id for requirement in BASIC]
    return {check.id: check for check in checks}


@cache
def _right(seed: int) -> tuple[Probes, tuple[CallResult, ...]]:
    rng = np.random.default_rng(3)

    def dropout(x: NDArray[Any], p: float, training: bool) -> NDArray[Any]:
        return np.where(rng.random(x.shape) < p, 0, x / (1 - p or 1)) if training else x

    probes = draw_probes(seed)
    return probes, tuple(called(dropout, call) for call in probes.calls)


def right(seed: int) -> tuple[Probes, list[CallResult]]:
    """Calls, and what a right answer gives; the list is the test's own."""
    probes, results = _right(seed)
    return probes, list(results)


def with_status(checks: dict[str, Check], status: CheckStatus) -> set[str]:
    return {id_ for id_, check in checks.items() if check.status is status}


# Answers


@pytest.mark.parametrize(
    ("kind", "check", "message", "measured", "expected"),
    [
        ("no scaling", "scaling", "Survivors are 1.00 × the input; expected 2.00 × at p = 0.5", "×1.00", "×2.00"),
        ("scale 0.1 % too large", "scaling", "Survivors are 2.002 × the input", "×2.002", "×2.000"),
        ("nothing dropped", "rate", "0.0 % of", "0.0 %", "50 %"),
        ("p is the probability of keeping", "other_rates", "p is the probability of dropping", None, None),
        ("seeded in every call", "randomness", "exactly the same elements", "100.0 %", "50 % agree"),
        ("rows", "randomness", "Elements of the same row are dropped together", None, "spread ×1.0"),
        ("columns", "randomness", "Elements of the same column are dropped together", None, "spread ×1.0"),
        ("negative elements more often", "randomness", "depends on its value", None, "correlation 0"),
        ("large elements more often", "randomness", "depends on its size", None, "correlation 0"),
        ("one half of the mask remembered", "randomness", "masks of two calls are related", None, "50 % agree"),
        ("exception at p = 1", "edge_cases", "with x of shape", "ZeroDivisionError", "an array"),
        ("NaN at p = 1", "edge_cases", "100.0 % of the output is NaN or infinite", "NaN", "0"),
        ("flat output", "shape", "returned shape (", None, None),
    ],
)  # fmt: skip
def test_failures_say_what_was_measured(
    kind: str, check: str, message: str, measured: str | None, expected: str | None
) -> None:
    found = graded(WRONG[kind][0], seed=1)[check]
    assert message in found.message
    assert found.measured is not None
    assert measured is None or measured in found.measured
    assert expected is None or found.expected == expected


def test_float16_and_negative_zeros_are_not_held_against_an_answer() -> None:
    probes, results = right(4)
    halved: list[CallResult] = []
    for call, result in zip(probes.calls, results, strict=True):
        assert isinstance(result, Returned)
        half = result.array.astype(np.float16) if call.training and call.p else call.x.astype(np.float16)
        halved.append(Returned(np.where(half == 0, np.float16(-0.0), half)))
    assert with_status(judged(probes, halved), PASSED) == {requirement.id for requirement in BASIC}


# What belongs to which check


def test_code_that_does_not_run_leaves_nothing_else_to_look_at() -> None:
    probes = draw_probes(5)
    fault = Fault(FaultKind.EXCEPTION, "NameError: name 'np' is not defined", 4)
    for defining, result in ((fault, NotReached()), (None, fault)):
        checks = judged(probes, [result] * len(probes.calls), defining)
        assert checks["runs"].message == "NameError: name 'np' is not defined (line 4)"
        assert with_status(checks, FAILED) == {"runs"}
        assert with_status(checks, NOT_REACHED) == {requirement.id for requirement in BASIC[1:]}
        assert headline(BASIC, tuple(checks.values())) == (Outcome.FAILED, checks["runs"].message)


@pytest.mark.parametrize(
    ("group", "owner"),
    [
        (Group.RANKS, "shape"),
        (Group.EVALUATION, "eval_mode"),
        (Group.RATES, "other_rates"),
        (Group.KEEP_ALL, "edge_cases"),
        (Group.DROP_ALL, "edge_cases"),
    ],
)
def test_an_exception_in_some_calls_belongs_to_the_check_that_makes_them(group: Group, owner: str) -> None:
    probes, results = right(6)
    edges = owner == "edge_cases"
    place = next(place for place in probes.groups[group] if (probes.calls[place].p in (0, 1)) is edges)
    results[place] = Fault(FaultKind.EXCEPTION, "ValueError: no", 7)
    checks = judged(probes, results)
    assert with_status(checks, FAILED) == {owner}
    assert "ValueError: no (line 7)" in checks[owner].message


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (TIMEOUT, "The calls took more than 10 s of processor time; {} were made"),
        (Fault(FaultKind.TIMEOUT, "Took more than 60 s"), "The calls took more than 60 s; {} were made"),
        (Fault(FaultKind.KILLED, "Killed by signal 11"), "Killed by signal 11; {} calls were made"),
        (Fault(FaultKind.EXITED, "Exited early, with status 0"), "Exited early, with status 0; {} calls were made"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long_run)])
def test_a_death_in_any_call_belongs_to_the_first_check_and_keeps_what_came_before(
    seed: int, ended: Fault, said: str
) -> None:
    headlines = set()
    for place in range(len(right(seed)[1]) + 1):
        probes, results = right(seed)
        results[place:] = [NotReached()] * (len(results) - place)
        found = judge(BASIC, probes, Observation(None, tuple(results), ended))
        checks = {check.id: check for check in found}
        assert with_status(checks, FAILED) == {"runs"}
        assert checks["runs"].message == said.format(f"{place} of {len(results)}")
        missing = [
            (group, probes.calls[index])
            for group, indices in probes.groups.items()
            for index in indices
            if index >= place
        ]
        for owner in ("eval_mode", "edge_cases"):
            unreached = any(looks_at(owner, *one) for one in missing)
            assert (checks[owner].status is NOT_REACHED) == unreached, owner
        headlines.add(headline(BASIC, found))
    assert headlines == {(Outcome.FAILED, said.partition(";")[0])}


def test_a_limit_reached_before_the_first_call_is_reported_as_such() -> None:
    probes = draw_probes(3)
    nothing = tuple(NotReached() for _ in probes.calls)
    checks = judge(BASIC, probes, Observation(TIMEOUT, nothing, TIMEOUT))
    said = "Loading the code took more than 10 s of processor time"
    assert checks[0].message == f"{said}; 0 of {len(nothing)} were made"
    assert headline(BASIC, checks) == (Outcome.FAILED, said)


def test_what_ended_the_process_comes_before_what_went_wrong_in_a_call() -> None:
    probes, results = right(3)
    results[-1] = NotReached()
    for index in probes.groups[Group.PAIR]:
        results[index] = Fault(FaultKind.EXCEPTION, "ValueError: no", 7)
    found = judge(BASIC, probes, Observation(None, tuple(results), TIMEOUT))
    assert headline(BASIC, found)[1] == "The calls took more than 10 s of processor time"


@pytest.mark.parametrize("group", [Group.RANKS, Group.EVALUATION, Group.RATES, Group.KEEP_ALL, Group.PAIR])
def test_memory_that_runs_out_in_any_call_belongs_to_the_first_check(group: Group) -> None:
    probes, results = right(6)
    results[probes.groups[group][-1]] = Fault(FaultKind.OUT_OF_MEMORY, "Ran out of memory", 7)
    checks = judged(probes, results)
    assert with_status(checks, FAILED) == {"runs"}
    assert headline(BASIC, tuple(checks.values()))[1] == "Ran out of memory (line 7)"


def test_checks_that_could_not_be_made_never_pass() -> None:
    check = Check("rate", "Drop rate", NOT_REACHED, "")
    assert headline(BASIC[2:3], (check,))[0] is Outcome.FAILED


_ODD_ARRAYS = st.sampled_from(
    [
        np.full((3, 4), value, dtype)
        for dtypes, values in (
            (("f2", "f4", "f8", "i1", "u8", "?"), (0, 1, 100)),
            (("f2", "f4", "f8"), (-1, np.nan, np.inf)),
            (("f8",), (1e308,)),
        )
        for dtype in dtypes
        for value in values
    ]
)


@given(values=st.lists(_ODD_ARRAYS, min_size=1, max_size=4), shaped=st.booleans(), seed=st.integers(0, 3))
def test_no_arrays_make_the_checks_raise(values: list[NDArray[Any]], shaped: bool, seed: int) -> None:
    probes = _SMALL_PROBES[seed]
    odd = itertools.cycle(values)
    results: list[CallResult] = [
        Returned(np.resize(next(odd), call.x.shape) if shaped else next(odd)) for call in probes.calls
    ]
    assert with_status(judged(probes, results), FAILED)


def _small(probes: Probes) -> Probes:
    """The same calls with less to look at."""
    calls = [Call(call.x[:5, ...], call.p, call.training, call.by_keyword) for call in probes.calls]
    return Probes(tuple(calls), probes.groups)


_SMALL_PROBES = [_small(draw_probes(seed)) for seed in range(4)]


# Inputs


def test_probes_follow_from_the_seed() -> None:
    first, same, other = draw_probes(8), draw_probes(8), draw_probes(9)
    assert first.groups == same.groups
    assert all(np.array_equal(a.x, b.x) and a.p == b.p for a, b in zip(first.calls, same.calls, strict=True))
    assert first.groups != other.groups
    shapes, others = ({call.x.shape for call in drawn.calls if call.x.size > 300} for drawn in (first, other))
    assert shapes.isdisjoint(others)


@pytest.mark.parametrize("seed", range(10))
def test_probes_are_what_the_checks_assume(seed: int) -> None:
    probes = draw_probes(seed)
    assert sorted(itertools.chain(*probes.groups.values())) == list(range(len(probes.calls)))
    for call in probes.calls:
        assert call.x.dtype == np.float64
        assert 1 <= call.x.ndim <= 4
        assert isinstance(call.x, np.ndarray)
        assert np.abs(call.x).min() >= 0.1
        assert call.x.size <= 300 or 0.4 < (call.x > 0).mean() < 0.6
    first, second = (probes.calls[index] for index in probes.groups[Group.PAIR])
    assert np.array_equal(first.x, second.x)
    assert first.x.size >= PAIR_ELEMENTS
    assert first.by_keyword is not second.by_keyword
    assert {probes.calls[index].x.ndim for index in probes.groups[Group.RANKS]} == {1, 2, 3, 4}
    rates = [probes.calls[index] for index in probes.groups[Group.RATES]]
    assert all(call.x.size >= sample_for_rate(call.p) for call in rates)
    at_one_half = [*probes.groups[Group.PAIR], *probes.groups[Group.RANKS]]
    assert sum(probes.calls[index].x.size for index in at_one_half) >= 100_000


# Tails


@pytest.mark.parametrize(("trials", "p"), [(1, 0.5), (20, 0.5), (23, 0.3), (40, 0.8), (60, 0.05)])
def test_the_binomial_tail_is_exact(trials: int, p: float) -> None:
    chance = Fraction(p)
    pmf = [comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(trials + 1)]
    for successes in range(trials + 1):
        exact = min(Fraction(1), 2 * min(sum(pmf[: successes + 1]), sum(pmf[successes:])))
        assert binomial_two_sided(successes, trials, p) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize("level", [1e-8, 1e-3, 0.5])
@pytest.mark.parametrize(("trials", "p"), [(1, 0.5), (60, 0.05), (2_000, 0.5), (2_000, 0.97)])
def test_a_count_is_likely_when_its_tail_is_no_smaller(trials: int, p: float, level: float) -> None:
    likely = [binomial_is_likely(successes, trials, p, level) for successes in range(trials + 1)]
    assert likely == [binomial_two_sided(successes, trials, p) >= level for successes in range(trials + 1)]


def _of_two(signs: NDArray[np.float64], which: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sums = lag_sums_of_two(signs[:6], signs[6:])
    return sums[which], sums[2]


SEQUENCES = np.array(list(itertools.product((-1.0, 1.0), repeat=12)))
"""Every outcome of twelve fair signs, equally likely."""


@pytest.mark.parametrize(
    "p_value",
    [
        pytest.param(lambda signs: fair_sums(*lag_sums(signs)), id="lags"),
        pytest.param(lambda signs: fair_sums(signs.reshape(3, 4).sum(axis=1), np.full(3, 4.0)), id="sums"),
        pytest.param(lambda signs: fair_sums(*_of_two(signs, 0)), id="lags within two"),
        pytest.param(lambda signs: fair_sums(*_of_two(signs, 1)), id="lags between two"),
        pytest.param(lambda signs: fair_walk(signs, 12), id="walk"),
        pytest.param(lambda signs: fair_walk(signs[:6] + signs[6:], 12), id="walk of two"),
        pytest.param(lambda signs: fair_walk(signs.reshape(4, 3).sum(axis=1), 12), id="walk in four steps"),
        pytest.param(lambda signs: fair_groups(signs.reshape(4, 3).sum(axis=1), 3), id="groups of three"),
        pytest.param(lambda signs: fair_groups(signs.reshape(2, 6).sum(axis=1), 6), id="groups of six"),
    ],
)
def test_bounds_hold_for_every_outcome(p_value: Callable[[NDArray[np.float64]], float]) -> None:
    values = np.array([p_value(signs) for signs in SEQUENCES])
    assert values.min() < 1
    for value in np.unique(values):
        assert (values <= value).mean() <= value * (1 + 1e-9)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_bound_of_sums_holds_for_every_outcome(p: float) -> None:
    kept = (SEQUENCES + 1) / 2
    chances = np.prod(np.where(kept == 1, 1 - p, p), axis=1)
    weights = np.linspace(0.1, 4, 12)
    sums = np.abs((weights * (kept - (1 - p))).sum(axis=1))
    variance = p * (1 - p) * float(np.square(weights).sum())
    values = np.array([bounded_sum(float(one), variance, 4 * max(p, 1 - p)) for one in sums])
    assert values.min() < 1
    for value in np.unique(values):
        assert chances[values <= value].sum() <= value * (1 + 1e-9)
    assert bounded_sum(np.nan, 1, 1) == 0


def test_lag_sums_are_those_of_the_definition() -> None:
    signs = np.random.default_rng(11).choice([-1.0, 1.0], size=50)
    sums, lengths = lag_sums(signs)
    expected = [np.dot(signs[:-lag], signs[lag:]) for lag in range(1, 50)]
    np.testing.assert_allclose(sums, expected, atol=1e-9)
    np.testing.assert_array_equal(lengths, range(49, 0, -1))


def test_lag_sums_of_two_are_those_of_the_definition() -> None:
    first, second = np.random.default_rng(12).choice([-1.0, 1.0], size=(2, 50))
    within, between, lengths = lag_sums_of_two(first, second)
    lags = range(1, 50)
    own = [np.dot(first[:-k], first[k:]) + np.dot(second[:-k], second[k:]) for k in lags]
    other = [np.dot(first[:-k], second[k:]) - np.dot(second[:-k], first[k:]) for k in lags]
    np.testing.assert_allclose(within, own, atol=1e-9)
    np.testing.assert_allclose(between, other, atol=1e-9)
    np.testing.assert_array_equal(lengths, range(98, 0, -2))


SIZE = 5_003
"""No size that an FFT is quick at."""


def fair_signs(seed: int, size: int = SIZE) -> NDArray[np.float64]:
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=size)


@pytest.mark.parametrize("apart", [1, 7, 64, 1_000, 2_400, 4_000])
@pytest.mark.parametrize("sign", [-1, 1])
def test_signs_related_at_any_distance_are_examined_exactly(apart: int, sign: int) -> None:
    signs = fair_signs(1)
    tiled = np.float64(sign) ** (np.arange(SIZE) // apart) * np.resize(signs[:apart], SIZE)
    assert worth_a_closer_look(tiled)
    assert worth_a_closer_look(tiled, fair_signs(2))
    assert worth_a_closer_look(fair_signs(2), tiled)
    assert worth_a_closer_look(signs, sign * np.roll(signs, apart))
    assert worth_a_closer_look(sign * np.roll(signs, apart), signs)


def test_most_fair_signs_are_not_examined_exactly() -> None:
    looked_at = [worth_a_closer_look(fair_signs(seed), fair_signs(seed + 1)) for seed in range(0, 400, 2)]
    assert sum(looked_at) < 20
    assert worth_a_closer_look(fair_signs(1, FEWEST - 1))  # too few to tell


@pytest.mark.parametrize(
    ("code", "marked"),
    [
        ("import time\nimport numpy as np\nrng = np.random.default_rng(time.time_ns())", (3, "time.time_ns")),
        ("from time import perf_counter\nseed = int(perf_counter() * 1e9)", (2, "perf_counter")),
        ("import datetime\nnow = datetime.datetime.now()", (2, "datetime.now")),
        ("def dropout(x, p, training):\n    return id(x)", (2, "id")),
        ("import os\nseed = os.getpid()", (2, "os.getpid")),
        ("entropy = open('/dev/urandom', 'rb')", (1, "/dev/urandom")),
        ("import numpy as np\nvalid = np.random.default_rng()", None),
        ("import os\nimport uuid\nseed = os.urandom(8) + uuid.uuid4().bytes  # at any time", None),
        ("time(", None),
    ],
)
def test_code_that_no_seed_settles_is_marked(code: str, marked: tuple[int, str] | None) -> None:
    assert unrepeatable(code) == marked
    probes, results = right(3)
    runs = judge(BASIC, probes, Observation(None, tuple(results)), code)[0]
    assert runs.status is CheckStatus.PASSED
    assert ("may differ" in runs.message) == (marked is not None)
