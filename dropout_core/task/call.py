"""Calls of the answer's function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dropout_core.sandbox import SeededGenerator

LONGEST_TEXT = 60


class Call:
    """One call, with the arguments that follow: ``Call(x, axis=1)``.

    Arguments are arrays, numbers, bools, texts, `None`, `seeded` generators, and tuples, lists and dicts of them. The
    answer gets copies of its own; a view, a transposed or a reversed array lies in memory there as it does here.
    """

    __slots__ = ("args", "kwargs")

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs

    def __repr__(self) -> str:
        return self.written("Call")

    def written(self, function: str) -> str:
        """The call as one would write it, with arrays by their shape and dtype."""
        given = [in_short(value) for value in self.args]
        given += [f"{name}={in_short(value)}" for name, value in self.kwargs.items()]
        return f"{function}({', '.join(given)})"

    @property
    def first_array(self) -> np.ndarray[Any, Any] | None:
        """First array among the arguments; `None` when there is none."""
        given = (*self.args, *self.kwargs.values())
        return next((value for value in given if isinstance(value, np.ndarray)), None)


def seeded(name: str, seed: int) -> SeededGenerator:
    """Placeholder for a `numpy.random.Generator` that starts at `seed`. Within one requirement's calls, equal names are
    one object.

    Raises:
        ValueError: the name is empty, or the seed is no whole number from 0 up.
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"a seeded generator needs a name, not {name!r}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"the seed of {name!r} is {seed!r}; give a whole number from 0 up")
    return SeededGenerator(name, int(seed))


def in_short(value: Any) -> str:
    """A value in a few words."""
    match value:
        case np.ndarray() if value.size > 4 or value.ndim > 1:
            return f"{value.dtype} array of shape {value.shape}"
        case np.ndarray():
            text = f"array({value.tolist()}, {value.dtype})"
        case SeededGenerator():
            return f"default_rng({value.seed})"
        case list() | tuple() | dict() if _holds_arrays(value):
            kind = type(value).__name__
            return f"{kind} of {len(value)}"
        case _:
            text = _written_out(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _written_out(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # of an int with more digits than Python writes
        return f"a very large {type(value).__name__}"


def _holds_arrays(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return any(isinstance(item, np.ndarray | list | tuple | dict) for item in items)
