"""What to call `dropout` with: arguments drawn afresh from a seed, so that no answer can know them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dropout_core.sandbox import Call


class Group(StrEnum):
    """What a call is for."""

    PAIR = "pair"
    """Two calls with one large matrix at p = 0.5, one by keyword and one by position."""
    RANKS = "ranks"
    """One array of each rank from 1 to 4, at p = 0.5."""
    EVALUATION = "evaluation"
    """`training` is false."""
    RATES = "rates"
    """Training at 0.3, 0.8 and a p drawn at random."""
    KEEP_ALL = "keep_all"
    """Training at p = 0."""
    DROP_ALL = "drop_all"
    """Training at p = 1."""


@dataclass(frozen=True, slots=True)
class Probes:
    """The calls of one grading."""

    calls: tuple[Call, ...]
    """In the order in which they are made. It is shuffled, so that the position of a call tells nothing about
    it."""
    groups: Mapping[Group, tuple[int, ...]]
    """Indices into `calls`."""


PAIR_ELEMENTS = 100_000
"""At least so many, in each call of the pair."""
RATE_ELEMENTS = 40_000
"""At least so many, for each of the other rates. With 1e-8 for a false alarm, a rate that is off by 0.03
escapes with probability below 1e-9 (a test computes it)."""
RANK_ELEMENTS = 4_000
"""Roughly so many for each rank."""


def draw_probes(seed: int) -> Probes:
    """The calls of the suite `basic`. Equal seeds draw equal probes.

    Raises:
        ValueError: `seed` is negative.
    """
    rng = np.random.default_rng(seed)
    grouped = [(group, call) for group, calls in _basic(rng) for call in calls]
    order = rng.permutation(len(grouped))
    groups: dict[Group, tuple[int, ...]] = dict.fromkeys(Group, ())
    for place, index in enumerate(order):
        group = grouped[index][0]
        groups[group] = (*groups[group], place)
    return Probes(tuple(grouped[index][1] for index in order), groups)


def _basic(rng: np.random.Generator) -> Iterator[tuple[Group, list[Call]]]:
    matrix = _values(rng, _shape(rng, 2, PAIR_ELEMENTS))
    by_keyword = bool(rng.integers(2))
    yield Group.PAIR, [Call(matrix, 0.5, True, way) for way in (by_keyword, not by_keyword)]
    ranks = [_shape(rng, rank, RANK_ELEMENTS) for rank in (1, 2, 3, 4)]
    yield Group.RANKS, [_call(rng, shape, 0.5, True) for shape in ranks]
    small = [_shape(rng, int(rank), 1_000) for rank in rng.integers(1, 5, size=5)]
    some_p, other_p = (_some_p(rng) for _ in range(2))
    yield Group.EVALUATION, [_call(rng, small.pop(), p, False) for p in (0.5, some_p, 1.0)]
    large = [_shape(rng, int(rank), RATE_ELEMENTS) for rank in rng.integers(1, 5, size=3)]
    yield Group.RATES, [_call(rng, large.pop(), p, True) for p in (0.3, 0.8, other_p)]
    yield Group.KEEP_ALL, [_call(rng, small.pop(), 0.0, True)]
    yield Group.DROP_ALL, [_call(rng, small.pop(), 1.0, True)]


def _some_p(rng: np.random.Generator) -> float:
    """A rate of two decimals that nobody would single out."""
    return float(rng.choice([p for p in range(10, 91) if p not in (30, 50, 80)])) / 100


def _shape(rng: np.random.Generator, rank: int, elements: int) -> tuple[int, ...]:
    """`elements` or somewhat more, in `rank` dimensions of different lengths, each at least 3."""
    elements = int(elements * rng.uniform(1.0, 1.15))
    typical = elements ** (1 / rank)
    others = [max(3, int(typical * rng.uniform(0.6, 1.4))) for _ in range(rank - 1)]
    last = max(3, math.ceil(elements / math.prod(others)))
    shape = [*others, last]
    rng.shuffle(shape)
    return tuple(shape)


def _call(rng: np.random.Generator, shape: tuple[int, ...], p: float, training: bool) -> Call:
    return Call(_values(rng, shape), p, training, by_keyword=bool(rng.integers(2)))


def _values(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """Values of both signs and many sizes, none of them 0 or near it: a zero in the output was dropped."""
    magnitude = rng.uniform(0.1, 4.0, size=shape)
    return np.where(rng.integers(2, size=shape, dtype=np.int8) == 0, magnitude, -magnitude)
