"""The calls that the requirements of the suite `hard` need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dropout_core.sandbox import Call, SeededGenerator, Watch
from dropout_core.tasks.dropout.probes.drawing import some_call, some_p, some_shape, some_values
from dropout_core.tasks.dropout.probes.groups import Drawn, Group

GENERATOR_ELEMENTS = 2_000
INTEGER_ELEMENTS = 1_000
FEW_INTEGER_ELEMENTS = 300
"""The same at p = 0 and at p = 1."""
HALF_ELEMENTS = 20_000
SHARED_ELEMENTS = 4_000
"""Independent decisions in a mask that is shared along axes; there are some 9 times as many elements."""
FEW_SHARED_ELEMENTS = 500
"""The same, where the dtype, or what p = 0 and p = 1 give, is looked at."""
MEMORY_ELEMENTS = 250_000
"""2 MB: so large that interpreter and NumPy's buffers do not count."""

LARGEST_HALF = 60_000.0
NEARLY_ALL = 0.999985
"""A p at which 1 / (1 - p) is too large for float16."""
NEARLY_ALL_ELEMENTS = 950_000
"""So many that in one of 1.5 million gradings none survives at this p."""

EXACT_IN_FLOAT64 = 2**40
"""Integers up to this are exact in float64, and not in float32."""


def generators(rng: np.random.Generator) -> Iterator[Drawn]:
    """Two generators with one seed, twice each, and another one, with the same matrix; two with one seed for a row of
    float32; and one in evaluation."""
    p = _clear_p(rng)
    x = some_values(rng, some_shape(rng, 2, GENERATOR_ELEMENTS))
    row = some_values(rng, some_shape(rng, 1, GENERATOR_ELEMENTS)).astype(np.float32)
    seed, other, third = (int(value) for value in rng.choice(2**32, size=3, replace=False))
    for name, seed_, array, training in (
        *(("one", seed, x, True),) * 2,
        *(("twin", seed, x, True),) * 2,
        ("other", other, x, True),
        ("row", third, row, True),
        ("twin row", third, row, True),
        ("evaluation", other, x, False),
    ):
        keywords = {"rng": SeededGenerator(name, seed_)}
        watch = frozenset({Watch.GLOBAL_RANDOMNESS})
        yield Group.GENERATORS, Call(array, p, training, bool(rng.integers(2)), keywords, watch=watch)


def _clear_p(rng: np.random.Generator) -> float:
    """A rate that nobody could take for 0.3, 0.5 or 0.8, nor for the rate of keeping."""
    return int(rng.choice([12, 13, 14, 15, 16, 17, 63, 64, 65, 66])) / 100


def bad_rates(rng: np.random.Generator) -> Iterator[Drawn]:
    """Below 0, by little and by much, above 1 and NaN, in training and not; and once with each other argument."""
    for training, below, above in (
        (True, -round(rng.uniform(0.001, 0.05), 3), round(rng.uniform(1.01, 2), 2)),
        (False, -round(rng.uniform(0.05, 1), 2), float("inf")),
    ):
        for p in (below, above, float("nan")):
            yield Group.BAD_RATES, some_call(rng, (5, 7), p, training)
    for name, value in (("axes", (1,)), ("rng", SeededGenerator("bad rate", int(rng.integers(2**32))))):
        call = some_call(rng, (5, 7), round(rng.uniform(1.01, 2), 2), True)
        yield Group.BAD_RATES_AND_MORE, replace(call, keywords={name: value})


def integers(rng: np.random.Generator) -> Iterator[Drawn]:
    """Integers of several sizes and booleans. In training there are no zeros."""
    for dtype, most, p, training in (
        ("int64", EXACT_IN_FLOAT64, some_p(rng), True),
        ("uint8", 255, some_p(rng), True),
        (rng.choice(["int16", "uint16", "int32"]), 1000, some_p(rng), True),
        ("bool", 1, some_p(rng), True),
        ("int64", EXACT_IN_FLOAT64, 0.0, True),
        ("int32", 1000, 0.0, True),
        ("bool", 1, 0.0, True),
        ("int64", 1000, 1.0, True),
        (rng.choice(["int32", "uint8", "bool"]), 1, 1.0, True),
        ("int64", EXACT_IN_FLOAT64, some_p(rng), False),
        ("bool", 1, some_p(rng), False),
    ):
        elements = INTEGER_ELEMENTS if 0 < p < 1 else FEW_INTEGER_ELEMENTS
        shape = some_shape(rng, int(rng.integers(1, 4)), elements)
        kind = np.dtype(dtype)
        x = rng.integers(-most if kind.kind == "i" else 0, most, size=shape, endpoint=True)
        if training:
            x[x == 0] = 1
        yield Group.INTEGERS, Call(x.astype(kind), p, training, bool(rng.integers(2)))


def halves(rng: np.random.Generator) -> Iterator[Drawn]:
    """float16: as large as it goes, and as close to p = 1 as it goes wrong."""
    p = some_p(rng)
    for rate, elements, low, high, training in (
        (p, HALF_ELEMENTS, 0.1, LARGEST_HALF * (1 - p), True),
        (0.99, HALF_ELEMENTS, 0.01, 10.0, True),
        (NEARLY_ALL, NEARLY_ALL_ELEMENTS, 0.01, 0.5, True),
        (0.0, INTEGER_ELEMENTS, 0.1, LARGEST_HALF, True),
        (1.0, INTEGER_ELEMENTS, 0.1, LARGEST_HALF, True),
        (some_p(rng), INTEGER_ELEMENTS, 0.1, LARGEST_HALF, False),
    ):
        x = some_values(rng, some_shape(rng, 2, elements), low, high).astype(np.float16)
        yield Group.HALVES, Call(x, rate, training, bool(rng.integers(2)))


def axes(rng: np.random.Generator) -> Iterator[Drawn]:
    """Masks shared along one or two axes, named from either end, the first of them twice; with other dtypes, at p = 0,
    at p = 1 and in evaluation; and with two generators of one seed."""
    twice = _along(rng, (2, 3), 4, 0.5, SHARED_ELEMENTS)
    yield Group.AXES, twice
    yield Group.AXES, replace(twice, by_keyword=not twice.by_keyword)
    for along, rank, p in (((0,), 3, 0.5), ((-1,), 2, some_p(rng)), ((1, -1), 4, some_p(rng))):
        yield Group.AXES, _along(rng, along, rank, p, SHARED_ELEMENTS)
    yield Group.AXES, replace(_along(rng, (2, 3), 4, 0.5, SHARED_ELEMENTS), training=False)
    for p in (0.0, 1.0):
        yield Group.AXES, _along(rng, (0,), 2, p, FEW_SHARED_ELEMENTS)
    single = _along(rng, (0, 1, -1), 4, some_p(rng), FEW_SHARED_ELEMENTS)
    yield Group.AXES, replace(single, x=single.x.astype(np.float32))
    yield Group.AXES, _along(rng, (0, 1), 2, 0.5, 1)
    whole = _along(rng, (1,), 2, some_p(rng), FEW_SHARED_ELEMENTS)
    yield Group.AXES, replace(whole, x=(1000 * whole.x).astype(np.int64))
    shared, seed = _along(rng, (0,), 2, some_p(rng), FEW_SHARED_ELEMENTS), int(rng.integers(2**32))
    for name in ("shared", "twin shared"):
        keywords = {**shared.keywords, "rng": SeededGenerator(name, seed)}
        yield Group.AXES_AND_GENERATORS, replace(shared, keywords=keywords)


def _along(rng: np.random.Generator, along: tuple[int, ...], rank: int, p: float, elements: int) -> Call:
    """A call in training with so many decisions, or somewhat more."""
    shared = {axis % rank for axis in along}
    lengths = iter(some_shape(rng, rank - len(shared), elements) if len(shared) < rank else ())
    short = 9 if len(shared) == 1 else 3
    shape = tuple(
        int(rng.integers(short, short + 2)) if axis in shared else next(lengths) for axis in range(rank)
    )
    return replace(some_call(rng, shape, p, True), keywords={"axes": along})


def memory(rng: np.random.Generator) -> Iterator[Drawn]:
    """One large x."""
    call = some_call(rng, some_shape(rng, 2, MEMORY_ELEMENTS), 0.5, True)
    yield Group.MEMORY, replace(call, watch=frozenset({Watch.MEMORY}))
