"""Evidence of a check, for a person to look at: a few numbers, a small histogram, a corner of a mask.

It is small (a test keeps it below 4 kB as JSON), so that it can be stored for every attempt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from dropout_core.values.stored.value import Unreadable, count, fields_reader, sequence_of, text
from dropout_core.verdict.difference_map import DifferenceMap


@dataclass(frozen=True, slots=True)
class Example:
    """One element: input, output, and expected output."""

    x: float
    output: float
    wanted: float
    place: tuple[int, ...] = ()
    """Where in its array it is; empty where that is not said."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values in bins of equal width from `low` to `high`."""

    low: float
    high: float
    """Equal to `low` when all values are the same; there is one bin then."""
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence of one check. Fields without data are empty or `None`."""

    call: str | None = None
    """The call, as one would write it."""
    examples: tuple[Example, ...] = ()
    ratios: Histogram | None = None
    """Output divided by input, for the elements that were kept."""
    mask: tuple[str, ...] = ()
    """Rows of a corner of the mask: ``1`` for an element that was kept, ``0`` for one that was dropped."""
    line: int | None = None
    """Line of the code in which an exception was raised."""
    p: float | None = None
    """The drop rate of that call. Records written before it was kept lack it."""
    differences: DifferenceMap | None = None
    """Where an array of that call is not the one it should be."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, without empty fields. Numbers that JSON lacks become strings (``"nan"``)."""
        value: dict[str, Any] = {}
        if self.call is not None:
            value["call"] = self.call
        if self.examples:
            value["examples"] = [
                {
                    "x": _written(one.x),
                    "output": _written(one.output),
                    "wanted": _written(one.wanted),
                    **({"place": list(one.place)} if one.place else {}),
                }
                for one in self.examples
            ]
        if self.ratios is not None:
            ratios = self.ratios
            value["ratios"] = {
                "low": _written(ratios.low),
                "high": _written(ratios.high),
                "counts": list(ratios.counts),
            }
        if self.mask:
            value["mask"] = list(self.mask)
        if self.line is not None:
            value["line"] = self.line
        if self.p is not None:
            value["p"] = _written(self.p)
        if self.differences is not None:
            value["differences"] = self.differences.to_json()
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Evidence:
        """The inverse of `to_json`."""
        return cls(**_read(value))


def _written(number: float) -> float | str:
    return number if math.isfinite(number) else str(number)


def _read_number(value: Any) -> float:
    """The inverse of `_written`."""
    if type(value) not in (int, float) and value not in ("nan", "inf", "-inf"):
        raise Unreadable("it is not a number")
    try:
        return float(value)
    except OverflowError:
        raise Unreadable("it is too large a number") from None


def _read_rate(value: Any) -> float | None:
    if value is None:
        return None
    rate = _read_number(value)
    if not 0 <= rate <= 1:
        raise Unreadable("it is not a drop rate")
    return rate


def _read_counts(value: Any) -> tuple[int, ...]:
    counts: tuple[int, ...] = sequence_of(count)(value)
    if not counts:
        raise Unreadable("it is empty")
    return counts


def _read_histogram(value: Any) -> Histogram | None:
    return None if value is None else Histogram(**_read_bins(value))


_read_bins = fields_reader(Histogram, {"low": _read_number, "high": _read_number, "counts": _read_counts})
_read_example = fields_reader(
    Example, {**dict.fromkeys(("x", "output", "wanted"), _read_number), "place": sequence_of(count)}
)
_read = fields_reader(
    Evidence,
    {
        "examples": sequence_of(lambda value: Example(**_read_example(value))),
        "ratios": _read_histogram,
        "mask": sequence_of(text),
        "p": _read_rate,
        "differences": lambda value: None if value is None else DifferenceMap.from_json(value),
    },
)
