"""Where an array differs from the one it should be: every wrong element is seen, and how far off it is."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from dropout_core import grade
from dropout_core.task import Call, Requirement, Task, input_untouched, matches, result_kept
from dropout_core.task.ready_made.values import difference
from dropout_core.values.stored.value import Unreadable
from dropout_core.verdict.difference_map import MOST_COLUMNS, MOST_ROWS, DifferenceMap
from dropout_core.verdict.evidence import Evidence

LIMIT = 4_000
shapes = hnp.array_shapes(min_dims=1, max_dims=4, max_side=90)


def map_between(got: NDArray[Any], wanted: NDArray[Any]) -> DifferenceMap | None:
    found = difference(got, wanted, 1e-9, 0.0)
    return None if found is None else found.differences


@given(shapes.filter(lambda shape: 1 < np.prod(shape) <= 50_000), st.data())
def test_a_wrong_element_is_in_the_cell_that_stands_for_it(shape: tuple[int, ...], data: Any) -> None:
    place = data.draw(st.integers(0, int(np.prod(shape)) - 1))
    wanted = np.ones(shape)
    got = wanted.copy()
    got.flat[place] = 1.5
    seen = map_between(got, wanted)
    assert seen is not None
    width = shape[-1] if len(shape) > 1 else min(MOST_COLUMNS, shape[0])
    down, across = seen.block
    row, column = place // width // down, place % width // across
    marked = [
        (top, left) for top, cells in enumerate(seen.rows) for left, cell in enumerate(cells) if cell != "0"
    ]
    assert marked == [(row, column)]
    assert (seen.wrong, seen.least, seen.most, seen.shape) == (1, 0.5, 0.5, shape)
    assert len(seen.rows) <= MOST_ROWS
    assert {len(cells) for cells in seen.rows} == {-(-width // across)}
    assert -(-width // across) <= MOST_COLUMNS


def test_how_far_off_an_element_is_shows_on_a_logarithmic_scale() -> None:
    wanted = np.zeros((2, 4))
    got = wanted + np.array([[0, 1e-6, 1e-4, 1e-2], [0, 1, np.nan, np.inf]])
    seen = map_between(got, wanted)
    assert seen is not None
    assert seen.rows == ("0112", "03xx")
    assert (seen.wrong, seen.least, seen.most) == (6, 1e-6, 1.0)
    assert seen.drawn() == ("·░░▒", "·▓××")
    assert seen.words() == (
        "· as expected, ░▒▓ off by 1e-06 to 1, × not finite",
        "6 of 8 elements are wrong (2 × 4)",
    )


def test_a_large_array_is_seen_whole() -> None:
    wanted = np.zeros((3, 100, 130))
    got = wanted.copy()
    got[2, 99, 129] = 1e-3
    got[0, 0, 0] = 7.0
    seen = map_between(got, wanted)
    assert seen is not None
    assert (seen.rows[0][0], seen.rows[-1][-1]) == ("3", "1")
    assert seen.words()[2] == "one cell is 19 × 3 elements"


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        (np.array([True, False]), np.array([True, True])),
        (np.array([3, 2**62]), np.array([4, 2**62])),
        (np.array([1 + 1j, 0]), np.array([1 - 1j, 0])),
        (np.array([np.nan, 1e308]), np.array([0.0, -1e308])),
        (np.array([0.0, 5e-324]), np.array([0.0, 1.0])),
    ],
)
def test_numbers_of_every_kind_have_a_map(got: NDArray[Any], wanted: NDArray[Any]) -> None:
    seen = map_between(got, wanted)
    assert seen is not None
    assert DifferenceMap.from_json(json.loads(json.dumps(seen.to_json(), allow_nan=False))) == seen


def test_a_single_element_needs_no_map() -> None:
    assert map_between(np.array(1.0), np.array(2.0)) is None
    assert map_between(np.array([1.0]), np.array([2.0])) is None
    assert map_between(np.ones(5), np.ones(5)) is None


def test_the_largest_map_is_small_and_survives_being_stored() -> None:
    rng = np.random.default_rng(4)
    seen = map_between(rng.normal(size=(500, 700)), rng.normal(size=(500, 700)))
    shown = Evidence("f(x)", differences=seen)
    written = json.dumps(shown.to_json())
    assert len(written) < LIMIT
    assert Evidence.from_json(json.loads(written)) == shown


@pytest.mark.parametrize(
    "change",
    [
        {"rows": ["012?"]},
        {"rows": ["0"] * 17},
        {"rows": ["0" * 65]},
        {"block": [0, 1]},
        {"block": [1]},
        {"wrong": -1},
    ],
)
def test_a_map_that_cannot_be_is_not_read(change: dict[str, Any]) -> None:
    seen = map_between(np.zeros((2, 2)), np.ones((2, 2)))
    assert seen is not None
    with pytest.raises(Unreadable):
        DifferenceMap.from_json({**seen.to_json(), **change})


def double(x: NDArray[Any]) -> NDArray[Any]:
    return x * 2


def one_call(rng: np.random.Generator) -> list[Call]:
    return [Call(rng.uniform(1, 2, (4, 5)))]


@pytest.mark.parametrize(
    ("code", "failing"),
    [
        ("def double(x):\n    y = x * 2\n    y[3, 4] = 0\n    return y\n", "values"),
        ("def double(x):\n    x *= 2\n    return x.copy()\n", "untouched"),
        (
            "kept = np.zeros((4, 5))\ndef double(x):\n    return np.multiply(x, 2, out=kept)\n",
            "kept",
        ),
    ],
)
def test_checks_that_compare_arrays_show_where_they_differ(code: str, failing: str) -> None:
    task = Task(
        name="double",
        function="double",
        opening="Double.",
        requirements=(
            Requirement("values", "Return 2 * x.", draw=one_call, check=matches(double)),
            Requirement("untouched", "Leave x alone.", draw=one_call, check=input_untouched),
            Requirement(
                "kept",
                "Return a new array.",
                draw=lambda rng: [*one_call(rng), *one_call(rng)],
                check=result_kept,
            ),
        ),
    )
    checks = {check.id: check for check in grade(code, task=task, seed=5).checks}
    evidence = checks[failing].evidence
    assert checks[failing].status == "failed"
    assert evidence is not None
    assert evidence.differences is not None
    assert evidence.differences.shape == (4, 5)
    assert all(example.place for example in evidence.examples)
    if failing == "values":
        assert evidence.differences.rows == ("00000", "00000", "00000", "00003")
        assert [example.place for example in evidence.examples] == [(3, 4)]
