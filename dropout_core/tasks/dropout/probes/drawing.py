"""Shapes, values and rates, drawn at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from dropout_core.sandbox import Call

_PERCENTS = tuple(p for p in range(10, 91) if p not in (30, 50, 80))
_BEYOND_TENTHS = (36, 37, 38, 39, 41, 42, 43, 57, 58, 59, 61, 62, 63, 64)


def some_p(rng: np.random.Generator) -> float:
    """A rate of two decimals, from 0.1 to 0.9, that nobody would single out."""
    return _PERCENTS[int(rng.integers(len(_PERCENTS)))] / 100


def some_odd_p(rng: np.random.Generator) -> float:
    """A rate of three decimals, from 0.135 to 0.865, that lies between two tenths, far from both."""
    tenth, beyond = int(rng.integers(1, 9)), _BEYOND_TENTHS[int(rng.integers(len(_BEYOND_TENTHS)))]
    return (100 * tenth + beyond) / 1000


def some_far_rates(rng: np.random.Generator) -> tuple[float, float]:
    """A rate near 0 and one near 1, of three decimals. As 0.009³ < 1e-6, of three elements one survives, or is
    dropped."""
    low, high = rng.integers(4, 10, size=2)
    return int(low) / 1000, (1000 - int(high)) / 1000


def some_shape(rng: np.random.Generator, rank: int, elements: int) -> tuple[int, ...]:
    """`elements` or somewhat more, in `rank` dimensions of different lengths, each at least 3."""
    more, place, *spread = rng.random(rank + 1).tolist()
    elements = int(elements * (1 + 0.15 * more))
    typical = elements ** (1 / rank)
    shape = [max(3, int(typical * (0.6 + 0.8 * one))) for one in spread]
    shape.insert(int(place * rank), max(3, math.ceil(elements / math.prod(shape))))
    return tuple(shape)


def some_values(
    rng: np.random.Generator, shape: tuple[int, ...], low: float = 0.1, high: float = 4.0
) -> NDArray[Any]:
    """Values of both signs and many sizes, none of them 0 or near it: a zero in the output was dropped."""
    values = np.asarray(rng.uniform(low - high, high - low, size=shape))
    values += np.copysign(low, values)
    return values


def some_call(
    rng: np.random.Generator, shape: tuple[int, ...], p: float, training: bool, dtype: DTypeLike = np.float64
) -> Call:
    """A call with such values, by keyword or by position."""
    x = some_values(rng, shape).astype(dtype, copy=False)
    return Call(x, p, training, by_keyword=bool(rng.integers(2)))
