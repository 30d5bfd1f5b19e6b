"""One fault is named by one check, the same for every seed, and by none that looks at something else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dropout_core.audit.corpus import built_in_answers
from dropout_core.statistics.masks.shared_decisions import crowd, decisions_of, is_pattern
from dropout_core.tasks.dropout import BASIC
from dropout_core.tasks.dropout import task as dropout
from dropout_core.tasks.dropout.observations.ownership import HIDDEN_BY, OWNERS, What, When, accounts_for
from dropout_core.tasks.dropout.observations.ownership import Kind as FaultKind
from dropout_core.verdict.known_answers import Kind
from dropout_core.verdict.verdict import CheckStatus, Outcome
from tests.core.dropout_judging import headline
from tests.core.in_process import graded

PLAIN = """import numpy as np
def dropout(x, p, training):
    if not training or p == 0: return x
    if p == 1: return np.zeros_like(x)
"""
NOT_INDEPENDENT = "Elements are not dropped independently at random"
WRONG_RATE = "The fraction of zeroed elements is wrong"


def masked(mask: str) -> str:
    return f"{PLAIN}    return x * ({mask}) / (1 - p)\n"


SHARED = {
    "one mask for each column": masked("np.random.random(x.shape[-1]) >= p"),
    "one decision for each row": masked(
        "np.random.random(x.shape[:1] + (1,) * (x.ndim - 1)) >= p if x.ndim > 1 else np.random.random() >= p"
    ),
    "channels": masked("np.random.random(x.shape[:2] + (1,) * (x.ndim - 2)) >= p"),
    "along the batch": masked("np.random.random((1, *x.shape[1:])) >= p"),
    "everything at once": masked("np.random.random() >= p"),
    "four in a row": masked(
        "np.repeat(np.random.random(x.size // 4 + 1) >= p, 4)[: x.size].reshape(x.shape)"
    ),
    "three along the last axis": masked(
        "np.repeat(np.random.random((*x.shape[:-1], x.shape[-1] // 3 + 1)) >= p, 3, axis=-1)[..., : x.shape[-1]]"
    ),
    "a tile": masked("np.resize(np.random.random(100) >= p, x.shape)"),
    "columns, seeded": masked("np.random.RandomState(0).random_sample(x.shape[-1]) >= p"),
    "runs that do not begin together": masked(
        "np.repeat(np.random.random(x.size // 16 + 2) >= p, 16)[5 : x.size + 5].reshape(x.shape)"
    ),
}
OTHERS = {
    "a tenth too few": (masked("np.random.random(x.shape) >= 0.9 * p"), "rate", WRONG_RATE),
    "the square": (masked("np.random.random(x.shape) >= p * p"), "rate", WRONG_RATE),
    "hardly any": (masked("np.random.random(x.shape) >= 1e-4"), "rate", WRONG_RATE),
    "nearly all": (masked("np.random.random(x.shape) >= 1 - 1e-4"), "rate", WRONG_RATE),
    "none": (f"{PLAIN}    return x / (1 - p)\n", "rate", WRONG_RATE),
    "columns at a wrong rate": (masked("np.random.random(x.shape[-1]) < p**3"), "rate", WRONG_RATE),
    "p = 1 refused": (
        f"{PLAIN.replace('    if not', '    if p >= 1: raise ValueError(p)' + chr(10) + '    if not')}"
        "    return x * (np.random.random(x.shape) >= p) / (1 - p)\n",
        "edge_cases",
        "Edge cases: ValueError: 1.0 (line 1)",
    ),
    "p = 1 refused outside training": (
        masked("np.random.random(x.shape) >= p").replace(
            "if not", "if not training: assert p < 1\n    if not"
        ),
        "edge_cases",
        "Edge cases: AssertionError:  (line 1)",
    ),
    "NaN at p = 1 outside training": (
        masked("np.random.random(x.shape) >= p").replace(
            "return x\n", "return x + np.float64(0) / (1 - p)\n"
        ),
        "edge_cases",
        "p = 0 or p = 1 is handled wrongly",
    ),
    "scaled outside training": (
        masked("np.random.random(x.shape) >= p").replace("return x\n", "return x / np.float64(1 - p)\n"),
        "eval_mode",
        "Evaluation mode does not return the input unchanged",
    ),
    "the mask": (
        f"{PLAIN}    return np.random.random(x.shape) >= p\n",
        "scaling",
        "dropout returns the mask, not x with the mask applied",
    ),
    "the mask, scaled": (
        f"{PLAIN}    return (np.random.random(x.shape) >= p) / (1 - p)\n",
        "scaling",
        "dropout returns the mask, not x with the mask applied",
    ),
    "cut off by vectorize": (
        f"{PLAIN}    return np.vectorize(lambda v, u: v / (1 - p) if u >= p else 0)(x, np.random.random(x.shape))\n",
        "rate",
        "dropout returns whole numbers (int64), not x with the mask applied",
    ),
    "no scaling": (
        f"{PLAIN}    return x * (np.random.random(x.shape) >= p)\n",
        "scaling",
        "Non-zero values are not scaled correctly",
    ),
}
CAUSES = {
    **{name: (code, "randomness", NOT_INDEPENDENT) for name, code in SHARED.items()},
    **OTHERS,
}


@pytest.mark.parametrize(
    "seeds", [range(1), pytest.param(range(1, 8), marks=pytest.mark.long_run)], ids=["one", "seven-others"]
)
@pytest.mark.parametrize("name", CAUSES)
def test_the_cause_does_not_depend_on_the_seed(name: str, seeds: range) -> None:
    code, cause, reason = CAUSES[name]
    for seed in seeds:
        checks = graded(code, seed=seed)
        first = next(check.id for check in checks.values() if check.status is CheckStatus.FAILED)
        assert (first, headline(BASIC, tuple(checks.values()))) == (cause, (Outcome.FAILED, reason)), seed


@pytest.mark.parametrize("name", list(SHARED)[:-1])
def test_shared_decisions_leave_the_rate_open_and_the_scaling_judged(name: str) -> None:
    checks = graded(SHARED[name], seed=3)
    assert checks["rate"].status is CheckStatus.NOT_REACHED
    assert checks["other_rates"].status is CheckStatus.NOT_REACHED
    assert "see randomness" in checks["rate"].message
    assert checks["scaling"].status is CheckStatus.PASSED
    unscaled = graded(SHARED[name].replace(" / (1 - p)", ""), seed=3)
    assert unscaled["scaling"].status is CheckStatus.FAILED


OF_THEIR_OWN = {
    "scale by the observed rate": {"dtype", "any_layout"},
    "rows": {"any_layout"},
    "columns": {"any_layout"},
    "small elements": {"any_layout"},
    "the first half of each row": {"any_layout"},
    "NaN at p = 1": {"dtype"},
    "Gaussian noise instead": {"dtype"},
    "at least one is dropped": {"any_layout"},
    "the small ones, unless p is 0.5": {"any_layout"},
    "the last mask turned round": {"any_layout"},
    "as many in every row": {"any_layout"},
    "truncated to integers": {"dtype", "any_layout"},
    "an output buffer for each shape": {"dtype"},
    "an output buffer for small arrays": {"dtype"},
    "one output buffer for all": {"dtype"},
    "two output buffers in turn": {"dtype", "any_layout"},
    "small arrays are refused": {"any_layout"},
    "random numbers rounded to tenths": {"dtype"},
}
"""What answers that `basic` catches also get wrong in `strict`: a dtype, or an exception for a 0-d or empty x only."""


IN_STRICT = [one for one in built_in_answers() if one.kind is Kind.WRONG and "strict" in one.suites]
ONE_OF_EACH_CAUSE = {*{one.caught_by: one.name for one in IN_STRICT}.values(), *OF_THEIR_OWN}
"""The answers to look at in each commit; the others are caught by the same checks."""


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(one, id=one.name, marks=() if one.name in ONE_OF_EACH_CAUSE else pytest.mark.long_run)
        for one in IN_STRICT
    ],
)
def test_only_owners_fail_in_a_harder_suite(answer: object) -> None:
    checks = graded(answer.code, seed=1, suite="strict")  # type: ignore[attr-defined]
    failed = {id_ for id_, check in checks.items() if check.status is CheckStatus.FAILED}
    named = answer.caught_by | answer.may_also_fail | OF_THEIR_OWN.get(answer.name, set())  # type: ignore[attr-defined]
    assert failed <= named
    assert failed
    assert headline(dropout.suite("strict"), tuple(checks.values()))[0] is Outcome.FAILED


def test_a_layouts_own_fault_is_seen_beside_a_general_one() -> None:
    code = (
        "import numpy as np\ndef dropout(x, p, training):\n    if x.ndim == 0: raise TypeError('0-d')\n"
        "    return x * (np.random.random(x.shape) >= p) if training else x\n"
    )
    checks = graded(code, seed=1, suite="strict")
    assert checks["scaling"].status is CheckStatus.FAILED
    assert checks["any_layout"].status is CheckStatus.FAILED
    assert "TypeError: 0-d" in checks["any_layout"].message
    assert checks["dtype"].status is CheckStatus.NOT_REACHED
    assert "see scaling" in checks["dtype"].message
    assert checks["expected_value"].status is CheckStatus.NOT_REACHED


def test_every_kind_of_fault_accounts_for_itself_in_calls_of_the_same_sort_only() -> None:
    assert set(HIDDEN_BY) == set(What)
    assert {one.id for one in BASIC} - {"runs"} <= OWNERS
    for what in What:
        assert accounts_for(FaultKind(what), FaultKind(what))
        assert not accounts_for(FaultKind(what), FaultKind(what, When.EVALUATION))
    assert not accounts_for(
        FaultKind(What.DTYPE, When.ANY, "float64"), FaultKind(What.DTYPE, When.ANY, "int64")
    )


def mask(rng: np.random.Generator, shape: tuple[int, ...], rate: float) -> NDArray[np.bool_]:
    return rng.random(shape) < rate


SHAPES = st.sampled_from([(7000,), (80, 90), (20, 18, 21), (8, 9, 10, 11)])


@settings(deadline=None)
@given(SHAPES, st.floats(1e-4, 1 - 1e-4), st.integers(0, 2**32))
def test_independent_masks_at_any_rate_share_nothing(shape: tuple[int, ...], rate: float, seed: int) -> None:
    one = mask(np.random.default_rng(seed), shape, rate)
    assert decisions_of(one).size == one.size
    assert crowd(one) == 1


@settings(deadline=None)
@given(st.sampled_from([(80, 90), (20, 18, 21), (9, 9, 10, 11)]), st.data(), st.integers(0, 2**32))
def test_decisions_shared_along_axes_are_counted(
    shape: tuple[int, ...], data: st.DataObject, seed: int
) -> None:
    shared = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1, max_size=len(shape) - 1))
    small = tuple(1 if axis in shared else length for axis, length in enumerate(shape))
    few = mask(np.random.default_rng(seed), small, 0.4)
    decisions = decisions_of(np.broadcast_to(few, shape))
    assert decisions.size <= few.size or few.all() or not few.any()
    if decisions.size == few.size:
        assert np.array_equal(decisions.ravel(), few.ravel())


@pytest.mark.parametrize("times", [2, 3, 16])
def test_blocks_and_tiles_are_counted(times: int) -> None:
    rng = np.random.default_rng(times)
    few = mask(rng, (400,), 0.3)
    assert np.array_equal(decisions_of(np.repeat(few, times)), few)
    assert np.array_equal(decisions_of(np.tile(few, times)), few)
    assert np.array_equal(decisions_of(np.resize(few, 400 * times - 7)), few)
    assert decisions_of(np.kron(few.reshape(20, 20), np.ones((times, times), bool))).size == 400


def test_what_alternates_or_changes_once_is_a_pattern() -> None:
    assert is_pattern(np.arange(20) % 2 == 0)
    assert is_pattern(np.arange(20) < 7)
    assert is_pattern(np.indices((8, 9)).sum(axis=0) % 2 == 0)
    assert not is_pattern(np.array([True, True, False, True, False, False]))
