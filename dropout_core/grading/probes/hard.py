"""The calls that the requirements of the suite `hard` need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dropout_core.grading.probes.drawing import some_call, some_p, some_shape, some_values
from dropout_core.grading.probes.groups import Drawn, Group
from dropout_core.sandbox import Call, SeededGenerator, Watch

GENERATOR_ELEMENTS = 2_000
INTEGER_ELEMENTS = 1_000
HALF_ELEMENTS = 20_000
SHARED_ELEMENTS = 4_000
"""Independent decisions in a mask that is shared along axes; there are some 9 times as many elements."""
MEMORY_ELEMENTS = 250_000
"""2 MB: so large that interpreter and NumPy's buffers do not count."""

LARGEST_HALF = 60_000.0
NEARLY_ALL = 0.99999
"""A p at which 1 / (1 - p) is too large for float16."""


def generators(rng: np.random.Generator) -> Iterator[Drawn]:
    """Two generators with one seed, twice each, and another one; always the same x."""
    x = some_values(rng, some_shape(rng, 2, GENERATOR_ELEMENTS))
    seed, other = (int(value) for value in rng.choice(2**32, size=2, replace=False))
    watch = frozenset({Watch.GLOBAL_RANDOMNESS})
    for name, seed_ in (("one", seed), ("one", seed), ("twin", seed), ("twin", seed), ("other", other)):
        keywords = {"rng": SeededGenerator(name, seed_)}
        yield Group.GENERATORS, Call(x, 0.5, True, bool(rng.integers(2)), keywords, watch=watch)


def bad_rates(rng: np.random.Generator) -> Iterator[Drawn]:
    """Below 0, above 1 and NaN, in training and not."""
    for training in (True, False):
        for p in (-round(rng.uniform(0.01, 1), 2), round(rng.uniform(1.01, 2), 2), float("nan")):
            yield Group.BAD_RATES, some_call(rng, (5, 7), p, training)


def integers(rng: np.random.Generator) -> Iterator[Drawn]:
    """Integers of several sizes and booleans. In training there are no zeros."""
    for dtype, low, high, p, training in (
        (np.int64, -1000, 1000, some_p(rng), True),
        (np.int32, -1000, 1000, 0.0, True),
        (np.int64, -1000, 1000, 1.0, True),
        (np.uint8, 1, 255, some_p(rng), True),
        (np.bool_, 1, 1, some_p(rng), True),
        (np.int64, -1000, 1000, some_p(rng), False),
        (np.bool_, 0, 1, some_p(rng), False),
    ):
        shape = some_shape(rng, int(rng.integers(1, 4)), INTEGER_ELEMENTS)
        x = rng.integers(low, high, size=shape, endpoint=True)
        if training:
            x[x == 0] = 1
        yield Group.INTEGERS, Call(x.astype(dtype), p, training, bool(rng.integers(2)))


def halves(rng: np.random.Generator) -> Iterator[Drawn]:
    """float16: as large as it goes, and as close to p = 1 as it goes wrong."""
    p = some_p(rng)
    for rate, elements, low, high, training in (
        (p, HALF_ELEMENTS, 0.1, LARGEST_HALF * (1 - p), True),
        (0.99, HALF_ELEMENTS, 0.01, 10.0, True),
        (NEARLY_ALL, HALF_ELEMENTS, 0.01, 0.5, True),
        (some_p(rng), INTEGER_ELEMENTS, 0.1, LARGEST_HALF, False),
    ):
        x = some_values(rng, some_shape(rng, 2, elements), low, high).astype(np.float16)
        yield Group.HALVES, Call(x, rate, training, bool(rng.integers(2)))


def axes(rng: np.random.Generator) -> Iterator[Drawn]:
    """Masks shared along one or two axes, named from either end, and once in evaluation."""
    for along, rank, p, training in (
        ((2, 3), 4, 0.5, True),
        ((0,), 3, 0.5, True),
        ((-1,), 2, some_p(rng), True),
        ((1, -1), 4, some_p(rng), True),
        ((2, 3), 4, 0.5, False),
    ):
        shared = {axis % rank for axis in along}
        lengths = iter(some_shape(rng, rank - len(shared), SHARED_ELEMENTS))
        short = 9 if len(shared) == 1 else 3
        shape = tuple(
            int(rng.integers(short, short + 2)) if axis in shared else next(lengths) for axis in range(rank)
        )
        yield Group.AXES, replace(some_call(rng, shape, p, training), keywords={"axes": along})


def memory(rng: np.random.Generator) -> Iterator[Drawn]:
    """One large x."""
    call = some_call(rng, some_shape(rng, 2, MEMORY_ELEMENTS), some_p(rng), True)
    yield Group.MEMORY, replace(call, watch=frozenset({Watch.MEMORY}))
