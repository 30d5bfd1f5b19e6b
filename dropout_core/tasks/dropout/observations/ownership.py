"""Which check owns a fault that several checks see.

A fault belongs to the first check, in the suite's order, that looks at plain calls and sees it: those of `basic`, and
`dtype`. Where it shows again, in inputs that a later check draws for something else, that check is not reached. It
fails only for what is wrong there and nowhere before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dropout_core.sandbox import Call


class When(StrEnum):
    """The sort of call in which a fault shows."""

    TRAINING = "training"
    EDGES = "edges"
    """p = 0 or p = 1, in training or not."""
    EVALUATION = "evaluation"
    ANY = "any"


class What(StrEnum):
    """What is wrong with the outputs of calls of one sort."""

    NO_ARRAY = "no_array"
    SHAPE = "shape"
    RATE = "rate"
    DEPENDENCE = "dependence"
    """Elements share their fate, or masks come again."""
    SCALE = "scale"
    VALUES = "values"
    """An element that is known beforehand is another."""
    MEAN = "mean"
    DTYPE = "dtype"
    NOT_X = "not_x"
    """Something else than x with the mask applied: the mask, or x cut off to integers."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Of a fault: those of one kind are one fault, wherever they show."""

    what: What
    when: When = When.TRAINING
    more: str = ""
    """What else tells two faults apart: of a wrong dtype, which one it is."""


HIDDEN_BY: Mapping[What, frozenset[What]] = {
    What.NO_ARRAY: frozenset({What.NO_ARRAY, What.NOT_X}),
    What.SHAPE: frozenset({What.SHAPE}),
    What.RATE: frozenset({What.RATE, What.DEPENDENCE, What.SHAPE, What.NOT_X}),
    What.DEPENDENCE: frozenset({What.DEPENDENCE, What.NOT_X}),
    What.SCALE: frozenset({What.SCALE, What.SHAPE, What.NOT_X}),
    What.VALUES: frozenset({What.VALUES, What.SHAPE}),
    What.MEAN: frozenset({What.RATE, What.DEPENDENCE, What.SCALE, What.SHAPE, What.NOT_X}),
    What.DTYPE: frozenset({What.DTYPE, What.NOT_X}),
    What.NOT_X: frozenset({What.NOT_X}),
}
"""For each kind of fault: those that, once seen in calls of the same sort, account for it."""

OWNERS = frozenset(
    {"shape", "rate", "randomness", "scaling", "eval_mode", "other_rates", "edge_cases", "dtype"}
)
"""The checks that look at plain calls. Faults that others find are in what is particular to them."""


def accounts_for(seen: Kind, found: Kind) -> bool:
    """Whether a fault that was seen before accounts for one that is found now."""
    if seen.what is found.what:
        return seen == found
    return seen.what in HIDDEN_BY[found.what] and (
        seen.when is When.ANY or found.when in (seen.when, When.ANY)
    )


def when(call: Call) -> When:
    """The sort of a call."""
    if call.p in (0, 1):
        return When.EDGES
    return When.TRAINING if call.training else When.EVALUATION
