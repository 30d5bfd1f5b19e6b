"""The calls of the suite `basic`: x of float64 in C order, of rank 1 to 4."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from dropout_core.grading.probes.drawing import some_p, some_shape, some_values
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
    """All of them, not shuffled. The values of every x are the first of one long row, which is drawn and sent once."""
    matrix, by_keyword = some_shape(rng, 2, PAIR_ELEMENTS), bool(rng.integers(2))
    wanted = [(Group.PAIR, 0.5, matrix, way) for way in (by_keyword, not by_keyword)]

    def want(group: Group, p: float, rank: int, elements: int) -> None:
        wanted.append((group, p, some_shape(rng, rank, elements), bool(rng.integers(2))))

    for rank in (1, 2, 3, 4):
        want(Group.RANKS, 0.5, rank, RANK_ELEMENTS)
    for p, rank in zip((0.5, some_p(rng), some_p(rng), 1.0), rng.permutation(4) + 1, strict=True):
        want(Group.EVALUATION, p, int(rank), EVALUATION_ELEMENTS)
    for p in (0.3, 0.8, some_p(rng)):
        want(Group.RATES, p, _any_rank(rng), sample_for_rate(p))
    for group, p in ((Group.KEEP_ALL, 0.0), (Group.DROP_ALL, 1.0)):
        for _ in range(2):
            want(group, p, _any_rank(rng), EDGE_ELEMENTS)
    row = some_values(rng, (max(math.prod(shape) for _, _, shape, _ in wanted),))
    row.flags.writeable = False
    for group, p, shape, way in wanted:
        yield group, Call(row[: math.prod(shape)].reshape(shape), p, group is not Group.EVALUATION, way)


def _any_rank(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 5))
