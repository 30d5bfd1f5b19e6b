"""The calls that the requirements of the suite `strict` need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dropout_core.sandbox import Call, Layout
from dropout_core.tasks.dropout.probes.drawing import some_call, some_p, some_shape, some_values
from dropout_core.tasks.dropout.probes.groups import Drawn, Group

MEAN_ELEMENTS = 40_000
LAYOUT_ELEMENTS = 2_000
DTYPE_ELEMENTS = 500

RARELY, TIMES_RARELY = 0.02, 5
"""A 0-d x is dropped at this p, and so often in a row once in 300 million gradings."""


def dtypes(rng: np.random.Generator) -> Iterator[Drawn]:
    """x of float32, everywhere that a right dtype is easily lost."""
    for p, training in ((some_p(rng), True), (0.0, True), (1.0, True), (some_p(rng), False)):
        shape = some_shape(rng, int(rng.integers(1, 5)), DTYPE_ELEMENTS)
        yield Group.DTYPES, some_call(rng, shape, p, training, np.float32)


def means(rng: np.random.Generator) -> Iterator[Drawn]:
    """p near 0 and near 1, where `basic` does not look."""
    for low, high in ((2, 8), (92, 97)):
        p = float(rng.integers(low, high + 1)) / 100
        yield Group.MEANS, some_call(rng, some_shape(rng, 2, MEAN_ELEMENTS), p, True)


def layouts(rng: np.random.Generator) -> Iterator[Drawn]:
    """0-d and empty arrays, and every way for the others to lie in memory, one of them in evaluation too."""
    unusual: list[tuple[tuple[int, ...], float, bool]] = [((), RARELY, True)] * TIMES_RARELY
    unusual += [((), 0.0, True), ((), 1.0, True), ((), 0.5, False)]
    unusual += [((0,), 0.5, True), ((3, 0, 2), some_p(rng), True), ((3, 0, 2), 0.5, False)]
    for shape, p, training in unusual:
        yield Group.LAYOUTS, Call(some_values(rng, shape), p, training, bool(rng.integers(2)))
    for layout in (Layout.FORTRAN, Layout.STRIDED, Layout.REVERSED, Layout.ROTATED):
        matrix = some_shape(rng, int(rng.integers(2, 4)), LAYOUT_ELEMENTS)
        yield Group.LAYOUTS, replace(some_call(rng, matrix, some_p(rng), True), layout=layout)
    evaluated = some_call(rng, some_shape(rng, 2, LAYOUT_ELEMENTS), some_p(rng), False)
    yield Group.LAYOUTS, replace(evaluated, layout=Layout(rng.choice(list(Layout)[1:])))
