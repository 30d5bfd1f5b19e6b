"""Calls with arrays of 1 to 300 elements, in which every range of sizes is met."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from dropout_core.grading.probes.drawing import some_values
from dropout_core.grading.probes.groups import Drawn, Group
from dropout_core.sandbox import Call

SINGLE = 3
"""So many calls with one element; only how they are scaled is looked at. A mask with p·n zeros, rounded up or down,
never drops a single element, or always does."""
FEW = ((2, 3), (5, 9), (10, 18), (19, 30))
"""From each of these ranges a size, or both sizes of the first, with two calls: at a p near 0 and at one near 1."""
MORE = ((31, 40), (41, 64), (65, 84), (85, 132), (133, 172), (173, 268), (269, 300))
"""From each of these a size, with one call at p = 0.5."""


def calls(rng: np.random.Generator, rarely: float, nearly_always: float) -> Iterator[Drawn]:
    """Training for every range, with a p near 0 and one near 1; and evaluation twice in one shape, with values that
    differ."""
    wanted = [(1, rarely)] * SINGLE
    for low, high in FEW:
        sizes = (low, high) if high - low == 1 else (int(rng.integers(low, high + 1)),)
        wanted += [(size, p) for size in sizes for p in (rarely, nearly_always)]
    wanted += [(int(rng.integers(low, high + 1)), 0.5) for low, high in MORE]
    single = (1,) * int(rng.integers(1, 5))
    evaluated = _small_shape(rng, int(rng.integers(2, MORE[-1][1])))
    row = some_values(rng, (sum(size for size, _ in wanted) + 2 * math.prod(evaluated),))
    row.flags.writeable = False
    end = 0
    for size, p in wanted:
        shape = single if size == 1 else _small_shape(rng, size)
        begin, end = end, end + size
        yield Group.SMALL, Call(row[begin:end].reshape(shape), p, True, bool(rng.integers(2)))
    for p in (0.5, nearly_always):
        begin, end = end, end + math.prod(evaluated)
        yield Group.EVALUATION, Call(row[begin:end].reshape(evaluated), p, False, bool(rng.integers(2)))


def _small_shape(rng: np.random.Generator, size: int) -> tuple[int, ...]:
    """Exactly `size` elements, in one to four dimensions, some of which may be of length 1."""
    shape = [size]
    for _ in range(int(rng.integers(0, 4))):
        whole = shape.pop()
        divisor = int(rng.choice([one for one in range(1, whole + 1) if whole % one == 0]))
        shape += [divisor, whole // divisor]
    return tuple(shape)
