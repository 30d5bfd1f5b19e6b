"""Faster `dataclasses.replace`, for values that are copied with every event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

Value = TypeVar("Value")


def fast_replace(value: Value, **changes: object) -> Value:
    """Copy of a frozen value with some fields changed: `dataclasses.replace` in half the time.

    `value` is a frozen dataclass with slots and at least two fields, whose `__init__` only stores its arguments.
    """
    kind: type = type(value)
    values_of, setters, setter_of = _slots_of(kind)
    copy: Value = object.__new__(type(value))
    # Fields of a frozen class are set through its slots, which is faster than its __init__.
    for put, kept in zip(setters, values_of(value), strict=True):
        put(copy, kept)
    for name, changed in changes.items():
        setter_of[name](copy, changed)
    return copy


Setter = Callable[[object, object], None]


@cache
def _slots_of(
    kind: type,
) -> tuple[Callable[[Any], tuple[object, ...]], tuple[Setter, ...], dict[str, Setter]]:
    setter_of: dict[str, Setter] = {item.name: getattr(kind, item.name).__set__ for item in fields(kind)}
    return attrgetter(*setter_of), tuple(setter_of.values()), setter_of
