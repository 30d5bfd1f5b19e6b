"""The suites strict and hard: what they call the code with, and what their checks say."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dropout_core.sandbox import (
    Call,
    CallResult,
    Fault,
    FaultKind,
    Layout,
    NotReached,
    Observation,
    Returned,
    Watch,
)
from dropout_core.task.requirement import Explicitness
from dropout_core.tasks.dropout import BASIC, HARD, STRICT
from dropout_core.tasks.dropout import task as dropout
from dropout_core.tasks.dropout.checks import drop_rate
from dropout_core.tasks.dropout.observations.finding import Finding
from dropout_core.tasks.dropout.observations.observed import Observed
from dropout_core.tasks.dropout.probes import Group, Probes, draw_probes
from dropout_core.tasks.dropout.probes.hard import FEW_SHARED_ELEMENTS, SHARED_ELEMENTS
from dropout_core.tasks.dropout.probes.strict import RARELY, TIMES_RARELY
from dropout_core.verdict.verdict import Check, CheckStatus
from tests.core.dropout_judging import judge
from tests.core.in_process import CODE, graded, observed

RIGHT = CODE["hard: scale, then mask"]
IDS = [requirement.id for requirement in HARD]
PASSED, FAILED, NOT_REACHED = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.NOT_REACHED


def judged(probes: Probes, results: list[CallResult], code: str = RIGHT) -> dict[str, Check]:
    return {check.id: check for check in judge(HARD, probes, Observation(None, tuple(results)), code)}


@cache
def _right() -> tuple[Probes, tuple[CallResult, ...]]:
    probes = draw_probes(7, IDS)
    return probes, observed(RIGHT, {"__name__": __name__}, probes.calls).results


def right() -> tuple[Probes, list[CallResult]]:
    """Calls for every check, and what a right answer gives; the list is the test's own."""
    probes, results = _right()
    return probes, list(results)


def with_status(checks: dict[str, Check], status: CheckStatus) -> set[str]:
    return {id_ for id_, check in checks.items() if check.status is status}


# Requirements


def test_each_suite_holds_the_one_before_it() -> None:
    assert [requirement.id for requirement in BASIC] == [
        "runs", "shape", "rate", "randomness", "scaling", "eval_mode", "other_rates", "edge_cases",
    ]  # fmt: skip
    assert [requirement.id for requirement in STRICT[len(BASIC) :]] == [
        "input_untouched", "dtype", "numpy_only", "expected_value", "any_layout",
    ]  # fmt: skip
    assert STRICT[: len(BASIC)] == BASIC
    assert HARD[: len(STRICT)] == STRICT
    assert [dropout.suite(name) for name in dropout.suite_names] == [BASIC, STRICT, HARD]


@pytest.mark.parametrize("requirement", HARD, ids=lambda requirement: requirement.id)
def test_every_clause_is_a_sentence_and_found_again_by_its_words(requirement: Any) -> None:
    assert set(requirement.wording) == set(Explicitness)
    for wording in requirement.wording.values():
        assert any(word in wording.lower() for word in requirement.mentions)
    assert all(word == word.lower() for word in requirement.mentions)


# Inputs


@pytest.mark.parametrize("seed", range(5))
def test_probes_are_what_the_checks_assume(seed: int) -> None:
    probes = draw_probes(seed, IDS)
    calls = {group: [probes.calls[place] for place in places] for group, places in probes.groups.items()}
    assert sorted(itertools.chain(*probes.groups.values())) == list(range(len(probes.calls)))
    for call in probes.calls:
        assert not call.training or (call.x != 0).all()
    assert {call.x.dtype for call in calls[Group.DTYPES]} == {np.dtype(np.float32)}
    assert {call.layout for call in calls[Group.LAYOUTS]} == set(Layout)
    assert {0} <= {call.x.size for call in calls[Group.LAYOUTS]}
    assert {0} <= {call.x.ndim for call in calls[Group.LAYOUTS]}
    assert all(not 0 <= call.p <= 1 for call in calls[Group.BAD_RATES])
    assert {call.x.dtype.kind for call in calls[Group.INTEGERS]} == set("iub")
    for call in calls[Group.HALVES]:
        assert call.x.dtype == np.float16
        if call.training and call.p < 1:
            assert np.isfinite((call.x.astype(float) / (1 - call.p)).astype(np.float16)).all()
    for call in calls[Group.AXES]:
        axes = call.keywords["axes"]
        assert isinstance(axes, tuple)
        lengths = [call.x.shape[axis] for axis in axes]
        ordinary = call.x.dtype == np.float64 and 0 < call.p < 1
        if len(axes) < call.x.ndim:
            assert call.x.size // np.prod(lengths) >= (SHARED_ELEMENTS if ordinary else FEW_SHARED_ELEMENTS)
        assert min(lengths) >= 3
    rarely = [call for call in calls[Group.LAYOUTS] if not call.x.ndim and call.p == RARELY]
    assert len(rarely) == TIMES_RARELY
    for group in (Group.PAIR, Group.GENERATORS, Group.AXES):
        equal = [place for place in probes.groups[group] if _is_repeated(probes, place)]
        assert len(equal) == {Group.PAIR: 1, Group.GENERATORS: 2, Group.AXES: 1}[group]
    (memory,) = calls[Group.MEMORY]
    assert memory.watch == {Watch.MEMORY}


def _is_repeated(probes: Probes, place: int) -> bool:
    """Whether the next call is made with the same things."""
    one, following = probes.calls[place], probes.calls[min(place + 1, len(probes.calls) - 1)]
    same = one.x.shape == following.x.shape and np.array_equal(one.x, following.x)
    return one is not following and same and (one.p, one.keywords) == (following.p, following.keywords)


@pytest.mark.parametrize("suite", dropout.suite_names)
def test_a_suite_draws_what_its_checks_need_and_no_more(suite: str) -> None:
    probes = draw_probes(3, [requirement.id for requirement in dropout.suite(suite)])
    drawn = {group for group, places in probes.groups.items() if places}
    basic = set(list(Group)[:8])
    strict = basic | {Group.DTYPES, Group.MEANS, Group.LAYOUTS}
    assert drawn == {"basic": basic, "strict": strict, "hard": set(Group)}[suite]
    watched = {watch for call in probes.calls for watch in call.watch}
    strictly = {Watch.RESULT, Watch.INPUT}
    assert watched == {"basic": {Watch.RESULT}, "strict": strictly, "hard": set(Watch)}[suite]


# What the checks say


@pytest.mark.parametrize(
    ("name", "check", "message", "measured", "expected"),
    [
        ("in place", "input_untouched", "% of its input; work on a copy", "% modified", "0 % modified"),
        ("float64 at p = 1", "dtype", " with x of shape", "float64", "float32"),
        ("SciPy, if it is there", "numpy_only", "Line 3 imports scipy; only NumPy", "scipy", "numpy"),
        ("jax by its name", "numpy_only", "imports jax", "jax", "numpy"),
        ("the large ones survive a large p", "expected_value", "the mean of the output is ", "×", "×1.000"),
        ("contiguous arrays only", "any_layout", "x of shape", "ValueError: x must be contiguous", "an array"),
        ("the order of memory", "any_layout", "survivors are not", "×", "×"),
        ("exception for empty arrays", "any_layout", "ValueError: zero-size array", "ValueError", "an array"),
        ("0-d becomes 1-d", "any_layout", "x of shape () returned shape (1,); expected ()", "(1,)", "()"),
        ("rng is not used", "generator", "Two generators in the same state gave different masks", "% agree", "100 %"),
        ("rng is copied", "generator", "Two calls with one generator gave the same mask", "100 %", "% agree"),
        ("any rng is taken for the same", "generator", "the same mask", "100 % agree", "% agree"),
        ("rng seeds the global state", "generator", "changed the global random state", "changed", "untouched"),
        ("NaN gets through", "bad_rates", "nan", "an array", "ValueError"),
        ("p is asserted", "bad_rates", "AssertionError: p", "AssertionError", "ValueError"),
        ("integers stay integers", "integers", "; expected float64", None, "float64"),
        ("float16 all the way", "half_precision", "compute in a wider type", None, None),
        ("float16 rounded twice", "half_precision", "not the float16 number nearest", "% off", "0 % off"),
        ("axes are not used", "named_axes", "of the groups along the axes are dropped or kept as one", "shared", "100"),
        ("axes share across the batch too", "named_axes", "groups", None, None),
        ("three arrays at once", "memory", "at most 1.5 times are allowed", "×", "at most ×1.50"),
    ],
)  # fmt: skip
def test_failures_say_what_was_measured(
    name: str, check: str, message: str, measured: str | None, expected: str | None
) -> None:
    found = graded(CODE[name], seed=2, suite=dropout.own_suite("basic", f"+{check}"))[check]
    assert found.status is FAILED
    assert message in found.message
    assert found.measured is not None
    assert found.expected is not None
    assert measured is None or measured in found.measured
    assert expected is None or expected in found.expected


@pytest.mark.parametrize(
    ("code", "passes"),
    [
        ("import numpy as np, os.path\nfrom numpy.random import default_rng\nfrom __future__ import x", True),
        ("import numpy\nimport torch.nn as nn", False),
        ("from scipy.special import erf", False),
        ("from . import numpy", False),
        ("def f():\n    __import__('cupy')", False),
        ("import importlib as i\ni.import_module('numpy.linalg')", True),
        ("__import__(name='torch')", False),
        ("import importlib\nimportlib.import_module(name='torch')", False),
        ("from importlib import import_module as load\nload('torch')", False),
        ("exec('import torch')", False),
        ("exec(compile('try:\\n import torch\\nexcept ImportError: pass', '', 'exec'))", False),
        ("exec('import math')", True),
        ("", True),
    ],
)
def test_imports_are_read_from_the_code(code: str, passes: bool) -> None:
    probes, _ = right()
    nothing: list[CallResult] = [NotReached()] * len(probes.calls)
    assert (judged(probes, nothing, code)["numpy_only"].status is PASSED) is passes


@pytest.mark.parametrize("code", ["import torch\nx = = 1", "x = 1\0", "(" * 300_000])
def test_imports_of_code_that_cannot_be_read_are_not_judged(code: str) -> None:
    probes, _ = right()
    nothing: list[CallResult] = [NotReached()] * len(probes.calls)
    assert judged(probes, nothing, code)["numpy_only"].status is NOT_REACHED


def test_a_class_derived_from_value_error_will_do() -> None:
    code = RIGHT.replace("raise ValueError(", "raise type('E', (np.exceptions.AxisError,), {})(")
    assert graded(code, seed=1, suite="hard")["bad_rates"].status is PASSED


# What belongs to which check


@pytest.mark.parametrize(
    ("group", "owners"),
    [
        (Group.DTYPES, {"dtype"}),
        (Group.MEANS, {"expected_value"}),
        (Group.LAYOUTS, {"any_layout"}),
        (Group.GENERATORS, {"generator"}),
        (Group.BAD_RATES, {"bad_rates"}),
        (Group.INTEGERS, {"integers"}),
        (Group.HALVES, {"half_precision"}),
        (Group.AXES, {"named_axes"}),
        (Group.MEMORY, {"memory"}),
    ],
)
def test_an_exception_in_some_calls_belongs_to_the_check_that_makes_them(
    group: Group, owners: set[str]
) -> None:
    probes, results = right()
    results[probes.groups[group][0]] = Fault(FaultKind.EXCEPTION, "TypeError: no", 7, ("TypeError",))
    checks = judged(probes, results)
    assert with_status(checks, FAILED) == owners
    assert with_status(checks, PASSED) == set(IDS) - owners
    (owner,) = owners
    assert "TypeError: no (line 7)" in checks[owner].message
    evidence = checks[owner].evidence
    assert evidence is not None
    assert evidence.line == 7


def test_a_killed_process_fails_the_first_check_and_leaves_the_rest_unreached() -> None:
    probes, complete = right()
    timeout = Fault(FaultKind.TIMEOUT, "Took more than 10 s of processor time")
    for place in range(0, len(probes.calls) - 10, 7):
        results = [*complete[:place], *[NotReached()] * (len(complete) - place)]
        found = judge(HARD, probes, Observation(None, tuple(results), timeout), RIGHT)
        checks = {check.id: check for check in found}
        assert with_status(checks, FAILED) == {"runs"}
        assert with_status(checks, NOT_REACHED)


def test_what_may_happen_by_chance_in_one_call_fails_only_after_all_of_them() -> None:
    probes, results = right()
    places = [
        place
        for place in probes.groups[Group.LAYOUTS]
        if not probes.calls[place].x.ndim and probes.calls[place].p == RARELY
    ]
    for reached, place in enumerate(places, 1):
        results[place] = Returned(np.zeros(()))
        cut = [*results[: place + 1], *[NotReached()] * (len(results) - place - 1)]
        found = judged(probes, cut)["any_layout"].status
        assert (found is FAILED) == (reached == TIMES_RARELY)


def test_what_was_not_watched_is_not_reached() -> None:
    probes, complete = right()
    results = [
        replace(result, input_after=None, peak=None) if isinstance(result, Returned) else result
        for result in complete
    ]
    assert with_status(judged(probes, results), NOT_REACHED) == {"input_untouched", "memory"}


# Tolerance


def test_one_element_lost_to_coarse_random_numbers_is_forgiven_and_two_are_not() -> None:
    for count, statuses in ((1, (PASSED, PASSED)), (2, (FAILED, FAILED))):
        probes, results = right()
        _change(probes, results, Group.KEEP_ALL, lambda call: True, 0.0, count)
        assert judged(probes, results)["edge_cases"].status is statuses[0]
        probes, results = right()
        _change(probes, results, Group.INTEGERS, lambda call: call.p == 0 and bool(call.training), 0.0, count)
        assert judged(probes, results)["integers"].status is statuses[1]
        probes, results = right()
        _change(probes, results, Group.DROP_ALL, lambda call: True, np.inf, count)
        assert judged(probes, results)["edge_cases"].status is statuses[0]


def test_an_element_changed_at_p_0_is_not_forgiven() -> None:
    probes, results = right()
    _change(probes, results, Group.KEEP_ALL, lambda call: True, 7.0, 1)
    assert judged(probes, results)["edge_cases"].status is FAILED


def _change(
    probes: Probes, results: list[CallResult], group: Group, which: Callable[[Call], bool], value: float, count: int
) -> None:  # fmt: skip
    """Give the first elements of the group's first call another value."""
    place = next(place for place in probes.groups[group] if which(probes.calls[place]))
    result = results[place]
    assert isinstance(result, Returned)
    array = result.array.copy()
    array.flat[:count] = value
    results[place] = replace(result, array=array)


_ODD = st.sampled_from(
    [np.full((2, 2), value, dtype) for dtype in ("f2", "f4", "f8") for value in (0, 1, np.nan, np.inf, -1)]
    + [np.full((2, 2), value, dtype) for dtype in ("i8", "u1", "?") for value in (0, 1)]
    + [np.zeros(()), np.zeros((0, 3))]
)


@given(values=st.lists(_ODD, min_size=1, max_size=4), shaped=st.booleans(), seed=st.integers(0, 1))
def test_no_arrays_make_the_checks_raise(values: list[NDArray[Any]], shaped: bool, seed: int) -> None:
    probes = _SMALL[seed]
    odd = itertools.cycle(value for value in values if value.size or not shaped) if any(
        value.size for value in values
    ) else itertools.repeat(np.zeros(()))  # fmt: skip
    results: list[CallResult] = [
        Returned(np.resize(next(odd), call.x.shape) if shaped else next(odd), call.x, (1, 2), 3)
        for call in probes.calls
    ]
    checks = judged(probes, results)
    assert with_status(checks, FAILED)
    assert not [check for check in checks.values() if "cannot be calculated" in check.message]


SCALES = st.floats(-320, 308).map(lambda exponent: 10.0**exponent)


@given(scales=st.lists(SCALES, min_size=1, max_size=3), seed=st.integers(0, 1))
@example(scales=[1e200], seed=0)
@example(scales=[1e-320], seed=0)
def test_every_check_can_calculate_with_numbers_of_any_size(scales: list[float], seed: int) -> None:
    probes, rng = _SMALL[seed], np.random.default_rng(seed)
    scale = itertools.cycle(scales)
    results: list[CallResult] = []
    with np.errstate(all="ignore"):
        for call in probes.calls:
            values = call.x * next(scale) * (rng.random(call.x.shape) > 0.5)
            results.append(Returned(np.asarray(values), call.x, (1, 2), 3))
    assert not [
        check for check in judged(probes, results).values() if "cannot be calculated" in check.message
    ]


def test_what_no_check_can_calculate_with_is_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflows(_: Observed) -> Finding:
        raise OverflowError("too large")

    monkeypatch.setattr(drop_rate, "check_scaling", overflows)
    check = judged(*right())["scaling"]
    assert (check.status, "too large" in check.message) == (FAILED, True)


def _small(probes: Probes) -> Probes:
    """The same calls with less to look at."""
    calls = [replace(call, x=call.x[:5, ...] if call.x.ndim else call.x) for call in probes.calls]
    return Probes(tuple(calls), probes.groups)


_SMALL = [_small(draw_probes(seed, IDS)) for seed in range(2)]
