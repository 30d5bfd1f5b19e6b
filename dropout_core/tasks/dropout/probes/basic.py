"""The calls of the suite `basic`: x of float64 in C order, of rank 1 to 4.

Some are given p as an int or as a float64 of NumPy, and `training` as a bool of NumPy: in these it shows when an answer
minds the type.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from dropout_core.sandbox import Call, Watch
from dropout_core.statistics.error_rates import sample_for_rate
from dropout_core.tasks.dropout.probes import small_arrays
from dropout_core.tasks.dropout.probes.drawing import (
    some_far_rates,
    some_odd_p,
    some_p,
    some_shape,
    some_values,
)
from dropout_core.tasks.dropout.probes.groups import Drawn, Group

PAIR_ELEMENTS = 36_000
"""At least so many, in each call of the pair. `docs/grading.md` tells what follows from the sizes."""
RANK_ELEMENTS = 7_000
"""At least so many for each of the four ranks; with the pair, 100,000 elements are dropped at p = 0.5."""
EVALUATION_ELEMENTS = 1_000
EDGE_ELEMENTS = 500
"""For each of two calls at p = 0 and two at p = 1: in all so few that one element which a right answer drops
(or keeps) there by the coarseness of float32 random numbers is rare, and two are as good as impossible."""

_NOTHING: frozenset[Watch] = frozenset()
_RESULT = frozenset({Watch.RESULT})


def calls(rng: np.random.Generator) -> Iterator[Drawn]:
    """All of them, not shuffled. The values of every x are the first of one long row, which is drawn and sent once;
    those of a small x are any others of it."""
    matrix, by_keyword = some_shape(rng, 2, PAIR_ELEMENTS), bool(rng.integers(2))
    wanted: list[tuple[Group, float, bool | np.bool_, tuple[int, ...], bool]]
    wanted = [(Group.PAIR, 0.5, True, matrix, way) for way in (by_keyword, not by_keyword)]

    def want(group: Group, p: float, rank: int, elements: int, training: bool | np.bool_ = True) -> None:
        wanted.append((group, p, training, some_shape(rng, rank, elements), bool(rng.integers(2))))

    for rank in (1, 2, 3, 4):
        want(Group.RANKS, 0.5, rank, RANK_ELEMENTS)
    for p, rank, training in zip(
        (0.5, some_p(rng), np.float64(some_p(rng)), 1),
        rng.permutation(4) + 1,
        _each_way(rng, False, 4),
        strict=True,
    ):
        want(Group.EVALUATION, p, int(rank), EVALUATION_ELEMENTS, training)
    for p, training in zip(
        _one_of_numpy(rng, (0.3, 0.8, some_odd_p(rng))), _each_way(rng, True, 3), strict=True
    ):
        want(Group.RATES, p, _any_rank(rng), sample_for_rate(p), training)
    far = some_far_rates(rng)
    for p, training in zip(_one_of_numpy(rng, far), _each_way(rng, True, 2), strict=True):
        want(Group.FAR_RATES, p, _any_rank(rng), sample_for_rate(p), training)
    for group, either in ((Group.KEEP_ALL, (0.0, 0)), (Group.DROP_ALL, (1.0, 1))):
        for p, training in zip(either, _each_way(rng, True, 2), strict=True):
            want(group, p, _any_rank(rng), EDGE_ELEMENTS, training)
    row = some_values(rng, (max(math.prod(shape) for _, _, _, shape, _ in wanted),))
    row.flags.writeable = False
    for place, (group, p, training, shape, way) in enumerate(wanted):
        watch = _NOTHING if place else _RESULT  # so that the second call may overwrite the first
        yield group, Call(row[: math.prod(shape)].reshape(shape), p, training, way, watch=watch)
    yield from small_arrays.calls(rng, *far, row)


def _each_way(rng: np.random.Generator, training: bool, calls: int) -> list[bool | np.bool_]:
    """`training` for some calls, as Python's and as NumPy's, each of them at least once."""
    ways = [training, np.bool_(training)] * 2
    return [ways[place] for place in rng.permutation(calls)]


def _one_of_numpy(rng: np.random.Generator, rates: tuple[float, ...]) -> list[float]:
    """The same rates, one of them as NumPy's number."""
    chosen = int(rng.integers(len(rates)))
    return [np.float64(p) if place == chosen else p for place, p in enumerate(rates)]


def _any_rank(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 5))
