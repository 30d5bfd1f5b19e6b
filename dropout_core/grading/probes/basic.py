"""The calls of the suite `basic`: x of float64 in C order, of rank 1 to 4."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dropout_core.grading.probes.drawing import some_call, some_p, some_shape, some_values
from dropout_core.grading.probes.groups import Drawn, Group
from dropout_core.grading.promises import sample_for_rate
from dropout_core.sandbox import Call

PAIR_ELEMENTS = 36_000
"""At least so many, in each call of the pair. `docs/grading.md` tells what follows from the sizes."""
RANK_ELEMENTS = 7_000
"""At least so many for each of the four ranks; with the pair, 100,000 elements are dropped at p = 0.5."""
EVALUATION_ELEMENTS = 1_000
EDGE_ELEMENTS = 500
"""For each of two calls at p = 0 and two at p = 1: in all so few that one element which a right answer drops
(or keeps) there by the coarseness of float32 random numbers is rare, and two are as good as impossible."""


def calls(rng: np.random.Generator) -> Iterator[Drawn]:
    """All of them, not shuffled."""
    matrix = some_values(rng, some_shape(rng, 2, PAIR_ELEMENTS))
    by_keyword = bool(rng.integers(2))
    for way in (by_keyword, not by_keyword):
        yield Group.PAIR, Call(matrix, 0.5, True, way)
    for rank in (1, 2, 3, 4):
        yield Group.RANKS, some_call(rng, some_shape(rng, rank, RANK_ELEMENTS), 0.5, True)
    for p in (0.5, some_p(rng), 1.0):
        yield Group.EVALUATION, some_call(rng, _any_rank(rng, EVALUATION_ELEMENTS), p, False)
    for p in (0.3, 0.8, some_p(rng)):
        yield Group.RATES, some_call(rng, _any_rank(rng, sample_for_rate(p)), p, True)
    for group, p in ((Group.KEEP_ALL, 0.0), (Group.DROP_ALL, 1.0)):
        for _ in range(2):
            yield group, some_call(rng, _any_rank(rng, EDGE_ELEMENTS), p, True)


def _any_rank(rng: np.random.Generator, elements: int) -> tuple[int, ...]:
    return some_shape(rng, int(rng.integers(1, 5)), elements)
