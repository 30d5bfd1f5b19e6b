"""The task softmax: stability, axes and dtypes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dropout_core.task import (
    Call,
    Requirement,
    SuiteChange,
    Task,
    all_of,
    input_untouched,
    keeps_dtype,
    matches,
)

Axis = int | tuple[int, ...] | None


def softmax(x: np.ndarray[Any, Any], axis: Axis = -1) -> np.ndarray[Any, Any]:
    """Reference solution."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _some(rng: np.random.Generator) -> Iterator[Call]:
    """Arrays of ranks 1 to 3, with each axis counted from either end, and without one."""
    for rank in (1, 2, 3):
        for axis in range(-rank, rank):
            yield Call(_normal(rng, rank), axis=axis)
        yield Call(_normal(rng, rank))
    yield Call(_normal(rng, 2), 0)


def _normal(rng: np.random.Generator, rank: int) -> np.ndarray[Any, Any]:
    return rng.normal(0, 2, rng.integers(3, 8, rank))


def _large(rng: np.random.Generator) -> Iterator[Call]:
    """Rows of values thousands apart."""
    centres = rng.permutation(np.linspace(-9e3, 9e3, 6))[:, None]
    yield Call(centres + rng.uniform(-500, 500, (6, 9)), axis=1)
    yield Call((centres + rng.uniform(-3, 3, (6, 9))).T.copy(), axis=0)


def _singles(rng: np.random.Generator) -> Iterator[Call]:
    for axis in (0, 1):
        yield Call(rng.normal(size=(5, 7)).astype(np.float32), axis=axis)
    yield Call(rng.normal(size=(4, 3)), axis=0)


def _untouched(rng: np.random.Generator) -> Iterator[Call]:
    for axis in (0, -1):
        yield Call(rng.normal(size=(4, 6)), axis=axis)
    yield from _with_minus_infinity(rng)  # which one might replace


def _axes(rng: np.random.Generator) -> Iterator[Call]:
    yield Call(rng.normal(size=(3, 4, 5)), axis=(0, 2))
    yield Call(rng.normal(size=(3, 4, 5)), axis=(-1, -2))
    yield Call(rng.normal(size=(3, 4)), axis=None)


def _with_minus_infinity(rng: np.random.Generator) -> Iterator[Call]:
    x = rng.normal(size=(5, 6))
    x[np.arange(5), rng.integers(0, 6, 5)] = -np.inf
    yield Call(x, axis=1)


task = Task(
    name="softmax",
    function="softmax",
    signature="softmax(x, axis=-1)",
    opening="Implement `softmax(x, axis=-1)` in NumPy.",
    requirements=(
        Requirement(
            "values",
            {
                "explicit": (
                    "Return exp(x) / sum(exp(x)), where the sum goes along `axis`, for a float64 array `x` of one to"
                    " three dimensions, as an array of the same shape. `axis` is an int, negative ones count from the"
                    " end, and it may be given by position or by keyword or left out. All elements are precise to nine"
                    " digits."
                ),
                "plain": "It returns exp(x) / sum(exp(x)) along `axis` for arrays of one to three dimensions.",
                "terse": "Softmax along `axis`, 1-D to 3-D.",
            },
            title="Values",
            failure="The probabilities are wrong",
            draw=_some,
            check=matches(softmax, rtol=1e-9),
            mentions=("softmax", "exp("),
        ),
        Requirement(
            "stable",
            {
                "explicit": "Elements up to 10,000 in size, of either sign, neither overflow nor give NaN or 0 / 0.",
                "plain": "It is stable: elements up to 10,000 in size work too.",
                "terse": "Stable for elements up to 1e4 in size.",
            },
            title="Stability",
            failure="Large elements overflow or lose the result",
            draw=_large,
            check=matches(softmax, rtol=1e-7, atol=1e-300),
            mentions=("stable", "overflow", "10,000", "1e4"),
        ),
        Requirement(
            "dtype",
            {
                "explicit": "A float32 `x` gives a float32 result, and a float64 `x` a float64 one.",
                "plain": "The result has the dtype of `x`, float32 or float64.",
                "terse": "float32 stays float32.",
            },
            title="Dtype",
            failure="The result has another dtype than x",
            draw=_singles,
            check=all_of(keeps_dtype, matches(softmax, rtol=1e-4)),
            mentions=("dtype", "float32"),
        ),
        Requirement(
            "input_untouched",
            {
                "explicit": "Do not modify `x`.",
                "plain": "It does not modify `x`.",
                "terse": "Do not modify `x`.",
            },
            title="Input untouched",
            failure="The input is modified",
            draw=_untouched,
            check=input_untouched,
            mentions=("modify", "in place", "in-place", "untouched"),
        ),
        Requirement(
            "axes",
            {
                "explicit": (
                    "`axis` may also be a tuple of ints, whose axes are summed over together, or `None` for all axes."
                ),
                "plain": "`axis` may also be a tuple of axes, or `None` for all of them.",
                "terse": "`axis`: int, tuple or `None` (all).",
            },
            title="Several axes",
            failure="A tuple of axes, or None, is handled wrongly",
            draw=_axes,
            check=matches(softmax, rtol=1e-9),
            mentions=("tuple", "axes"),
        ),
        Requirement(
            "minus_infinity",
            {
                "explicit": "An element of minus infinity, among finite ones, gets the probability 0.",
                "plain": "Minus infinity among finite elements gets probability 0.",
                "terse": "-inf gives 0.",
            },
            title="Minus infinity",
            failure="Minus infinity does not give the probability 0",
            draw=_with_minus_infinity,
            check=matches(softmax, rtol=1e-9),
            mentions=("infinity", "-inf"),
        ),
    ),
    suites={
        "basic": ("values", "stable"),
        "strict": ("values", "stable", "dtype", "input_untouched", "axes", "minus_infinity"),
    },
    answers="answers",
    samples="samples",
    version=2,
    changes=(
        SuiteChange("strict", 2, ("input_untouched",), "an input with minus infinity must stay as it is too"),
    ),
)
