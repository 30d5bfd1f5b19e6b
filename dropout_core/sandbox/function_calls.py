"""Calls of any function with plain values, and their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dropout_core.sandbox import Fault, NotReached, T, Watch


@dataclass(frozen=True, slots=True, eq=False)
class FunctionCall:
    """One call. The code gets its own copies of the arguments.

    Arguments are arrays, numbers, bools, texts, `None` and `SeededGenerator`, and lists, tuples and dicts of these.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    watch: frozenset[Watch] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class ReturnedValue:
    """The call returned a value: plain, new, and owned by this process."""

    value: Any
    input_after: tuple[list[Any], dict[str, Any]] | Fault | None = None
    """The arguments after the call, or why they cannot be read any more."""
    later: LaterValue | Fault | None = None
    """The value after all calls; `None` also where the process ended before."""


@dataclass(frozen=True, slots=True, eq=False)
class LaterValue:
    """A value that was read again; it may be `None` itself."""

    value: Any


FunctionResult = ReturnedValue | Fault | NotReached


@dataclass(frozen=True, slots=True)
class FunctionObservation:
    """Results of running the code and calling its function, as in `Observation`."""

    defining: Fault | None
    results: tuple[FunctionResult, ...]
    ended: Fault | None = None


@dataclass(frozen=True, slots=True)
class CallsToMake:
    """Calls for one piece of code."""

    function: str
    """Name of the function."""
    calls: Sequence[FunctionCall]


PreparedCalls = tuple[CallsToMake, Callable[[FunctionObservation], T]]
"""Calls, and a function that judges their observation."""


class NotSendable(ValueError):
    """An argument of a call is not plain data. The message says which, of which call."""

    def __init__(self, call: int, what: str) -> None:
        super().__init__(f"call {call + 1} is given {what}")
        self.call = call
