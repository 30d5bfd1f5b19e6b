"""Comparison of plain values within a tolerance, with the places where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from dropout_core.task.call import in_short
from dropout_core.task.ready_made.differing import close, map_of
from dropout_core.verdict.difference_map import DifferenceMap
from dropout_core.verdict.evidence import Evidence, Example

MOST_EXAMPLES = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """First difference between two values."""

    message: str
    """Kind of difference: the same for every seed."""
    measured: str
    expected: str
    examples: tuple[Example, ...] = ()
    places: tuple[int, ...] = ()
    """Where in a flat array the examples are."""
    differences: DifferenceMap | None = None
    """Where in all of the array."""

    def shown(self, call: str, examples: tuple[Example, ...] | None = None) -> Evidence:
        """It as the evidence about a call, with other `examples` where they are given."""
        return Evidence(call, self.examples if examples is None else examples, differences=self.differences)


def difference(got: Any, wanted: Any, rtol: float, atol: float, where: str = "") -> Difference | None:
    """The first difference between values; `None` when there is none.

    Arrays, lists, tuples, dicts, texts, bools and `None` must be of the same kind. Of numbers the type does not matter,
    nor does the dtype of arrays. NaN equals NaN.
    """
    if isinstance(wanted, np.ndarray):
        return _between_arrays(got, wanted, rtol, atol, where)
    if isinstance(wanted, list | tuple):
        return _between_sequences(got, wanted, rtol, atol, where)
    if isinstance(wanted, dict):
        return _between_dicts(got, wanted, rtol, atol, where)
    if _is_number(wanted):
        if not _is_number(got) and not (isinstance(got, np.ndarray) and got.ndim == 0):
            return _other_kind(got, wanted, where)
        return _between_numbers(got, wanted, rtol, atol, where)
    if isinstance(wanted, bool | np.bool_):
        if not isinstance(got, bool | np.bool_) and not (
            isinstance(got, np.ndarray) and got.ndim == 0 and got.dtype == bool
        ):
            return _other_kind(got, wanted, where)
    elif type(got) is not type(wanted):
        return _other_kind(got, wanted, where)
    if got == wanted:
        return None
    return Difference(f"{_named(where)} is wrong", in_short(got), in_short(wanted))


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, int | float | complex | np.number)


def _named(where: str) -> str:
    return f"The value{where}"


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return "an array"
    if isinstance(value, bool | np.bool_):
        return "a bool"
    if _is_number(value):
        return "a number"
    names = {list: "a list", tuple: "a tuple", dict: "a dict", str: "a text", type(None): "None"}
    return names.get(type(value), type(value).__name__)


def _other_kind(got: Any, wanted: Any, where: str) -> Difference:
    return Difference(f"{_named(where)} is {_kind(got)}, not {_kind(wanted)}", _kind(got), _kind(wanted))


def _between_sequences(got: Any, wanted: Any, rtol: float, atol: float, where: str) -> Difference | None:
    if type(got) is not type(wanted):
        return _other_kind(got, wanted, where)
    if len(got) != len(wanted):
        return Difference(f"{_named(where)} has the wrong number of items", str(len(got)), str(len(wanted)))
    for place, (one, other) in enumerate(zip(got, wanted, strict=True)):
        found = difference(one, other, rtol, atol, f"{where}[{place}]" if len(wanted) < 10 else f"{where}[…]")
        if found is not None:
            return found
    return None


def _between_dicts(got: Any, wanted: Any, rtol: float, atol: float, where: str) -> Difference | None:
    if type(got) is not dict:
        return _other_kind(got, wanted, where)
    if got.keys() != wanted.keys():
        return Difference(f"{_named(where)} has the wrong keys", in_short(list(got)), in_short(list(wanted)))
    for key, other in wanted.items():
        found = difference(got[key], other, rtol, atol, f"{where}[{in_short(key)}]")
        if found is not None:
            return found
    return None


def _between_numbers(got: Any, wanted: Any, rtol: float, atol: float, where: str) -> Difference | None:
    try:
        if isinstance(got, int) and isinstance(wanted, int):
            near = got == wanted or _are_close(got, wanted, rtol, atol)
        else:
            one, other = (float(value) if isinstance(value, int) else value for value in (got, wanted))
            return _between_arrays(np.asarray(one), np.asarray(other), rtol, atol, where)
    except OverflowError:  # an int too large for a float, and near none
        near = False
    return None if near else Difference(f"{_named(where)} is wrong", in_short(got), in_short(wanted))


def _are_close(got: int, wanted: int, rtol: float, atol: float) -> bool:
    """Whether two ints of any size are within tolerances, which are taken as they are written: 0.3 is 3/10."""
    return abs(got - wanted) <= Fraction(str(atol)) + Fraction(str(rtol)) * abs(wanted)


def _between_arrays(got: Any, wanted: Any, rtol: float, atol: float, where: str) -> Difference | None:
    if not isinstance(got, np.ndarray | np.generic):
        return _other_kind(got, wanted, where)
    got = np.asarray(got)
    if got.shape != wanted.shape:
        return Difference(f"{_named(where)} has the wrong shape", str(got.shape), str(wanted.shape))
    wrong = ~close(got, wanted, rtol, atol)
    count = int(np.count_nonzero(wrong))
    if not count:
        return None
    places = np.flatnonzero(wrong)[:MOST_EXAMPLES]
    first = places[0]
    examples = tuple(
        Example(
            float("nan"),
            _real(got.flat[place]),
            _real(wanted.flat[place]),
            tuple(map(int, np.unravel_index(place, wanted.shape))),
        )
        for place in places
    )
    is_one = wanted.size == 1
    message = f"{_named(where)} is wrong" if is_one else f"{_named(where)} has wrong elements"
    share = "" if is_one else f"{count} of {wanted.size}: "
    measured, expected = _written(got.flat[first]), _written(wanted.flat[first])
    return Difference(
        message, share + measured, expected, examples, tuple(map(int, places)), map_of(got, wanted, wrong)
    )


def _written(number: Any) -> str:
    return f"{number:.6g}" if number.dtype.kind in "fc" else str(number)


def _real(number: Any) -> float:
    return float(number.real)
