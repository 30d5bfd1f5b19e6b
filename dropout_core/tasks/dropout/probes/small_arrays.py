"""Calls with arrays of 1 to 276 elements, in which every range of sizes is met."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dropout_core.sandbox import Call, Watch
from dropout_core.tasks.dropout.probes.groups import Drawn, Group

SINGLE = 3
"""So many calls with one element; only how they are scaled is looked at. A mask with p·n zeros, rounded up or down,
never drops a single element, or always does."""
FEW = ((2, 3), (5, 9), (10, 18), (19, 30))
"""From each of these ranges a size, or both sizes of the first, with two calls: at a p near 0 and at one near 1."""
MORE = ((31, 52), (53, 90), (91, 162), (163, 276))
"""From each of these a size, with one call at p = 0.5. Each range, of all of them, ends at most at three times the size
that follows the start of the one before: so n to 3 n elements hold a whole one, for every n up to the last start."""

_CHANCES = 6
"""So many numbers decide about one call, at most."""
_RESULT = frozenset({Watch.RESULT})


def calls(
    rng: np.random.Generator, rarely: float, nearly_always: float, row: NDArray[np.float64]
) -> Iterator[Drawn]:
    """Training for every range, with a p near 0 and one near 1; and evaluation twice in one shape. Every x is another
    part of a long `row` of values."""
    calls = SINGLE + 2 * (len(FEW) + 1) + len(MORE) + 2
    chances = iter(rng.random(calls * _CHANCES).tolist())  # all at once, which is far quicker than one by one
    wanted = [(1, rarely)] * SINGLE
    for low, high in FEW:
        sizes = (low, high) if high - low == 1 else (low + _below(high + 1 - low, chances),)
        wanted += [(size, p) for size in sizes for p in (rarely, nearly_always)]
    wanted += [(low + _below(high + 1 - low, chances), 0.5) for low, high in MORE]
    single = (1,) * (1 + _below(4, chances))
    evaluated = _small_shape(2 + _below(MORE[-1][1] - 2, chances), chances)
    end = 0
    for size, p in wanted:
        shape = single if size == 1 else _small_shape(size, chances)
        begin, end = end, end + size
        x, by_keyword = row[begin:end].reshape(shape), _below(2, chances) == 0
        yield Group.SMALL, Call(x, p, True, by_keyword, watch=_RESULT)
    for p in (0.5, nearly_always):
        begin, end = end, end + math.prod(evaluated)
        x, by_keyword = row[begin:end].reshape(evaluated), _below(2, chances) == 0
        yield Group.EVALUATION, Call(x, p, False, by_keyword, watch=_RESULT)


def _below(count: int, chances: Iterator[float]) -> int:
    """One of the numbers from 0 to `count` - 1."""
    return int(next(chances) * count)


def _small_shape(size: int, chances: Iterator[float]) -> tuple[int, ...]:
    """Exactly `size` elements, in one to four dimensions, some of which may be of length 1."""
    shape = [size]
    for _ in range(_below(4, chances)):
        whole = shape.pop()
        divisors = _divisors(whole)
        divisor = divisors[_below(len(divisors), chances)]
        shape += [divisor, whole // divisor]
    return tuple(shape)


@cache
def _divisors(whole: int) -> tuple[int, ...]:
    return tuple(one for one in range(1, whole + 1) if whole % one == 0)
