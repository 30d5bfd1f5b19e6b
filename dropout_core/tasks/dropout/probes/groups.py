"""What a call is for."""

from __future__ import annotations

from enum import StrEnum

from dropout_core.sandbox import Call


class Group(StrEnum):
    """What a call is for. The suite `basic` makes those down to `SMALL`."""

    PAIR = "pair"
    """Two calls with one large matrix at p = 0.5, one by keyword and one by position."""
    RANKS = "ranks"
    """One array of each rank from 1 to 4, at p = 0.5."""
    EVALUATION = "evaluation"
    """`training` is false."""
    RATES = "rates"
    """Training at 0.3, 0.8 and a p of three decimals drawn at random."""
    FAR_RATES = "far_rates"
    """Training at a p near 0 and at one near 1."""
    KEEP_ALL = "keep_all"
    """Training at p = 0."""
    DROP_ALL = "drop_all"
    """Training at p = 1."""
    SMALL = "small"
    """Training with few elements."""
    DTYPES = "dtypes"
    """x of float32, in training at a p drawn at random, at p = 0 and at p = 1, and in evaluation."""
    MEANS = "means"
    """Likewise, with more elements than `FAR_RATES`."""
    LAYOUTS = "layouts"
    """x that is 0-d, empty, or not C-ordered."""
    GENERATORS = "generators"
    """With the argument `rng`. Equal names of generators are one object; some of the names have the same seed."""
    BAD_RATES = "bad_rates"
    """p outside [0, 1] or NaN."""
    BAD_RATES_AND_MORE = "bad_rates_and_more"
    """The same with `axes`, or with `rng`."""
    INTEGERS = "integers"
    """x of integers or booleans."""
    HALVES = "halves"
    """x of float16."""
    AXES = "axes"
    """With the argument `axes`."""
    AXES_AND_GENERATORS = "axes_and_generators"
    """With `axes` and `rng`."""
    MEMORY = "memory"
    """One large x, in training."""


Drawn = tuple[Group, Call]
