"""Calls of any function with any plain values, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dropout_core.sandbox import Fault, NotReached, T, Watch

WATCHES = frozenset({Watch.INPUT, Watch.RESULT})
"""What can be watched of such a call."""


@dataclass(frozen=True, slots=True, eq=False)
class FunctionCall:
    """One call. The code gets copies of the arguments of its own.

    Arguments are arrays, numbers, bools, texts, `None` and `SeededGenerator`, and lists, tuples and dicts of these.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    watch: frozenset[Watch] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class ReturnedValue:
    """The call returned a value: plain, new, and owned by this process. What was not watched is `None`."""

    value: Any
    input_after: tuple[list[Any], dict[str, Any]] | Fault | None = None
    """The arguments after the call, or why they cannot be read any more."""
    later: LaterValue | Fault | None = None
    """What the value was after all calls; `None` also where the process ended before."""


@dataclass(frozen=True, slots=True, eq=False)
class LaterValue:
    """A value that was looked at again; it may be `None` itself."""

    value: Any


FunctionResult = ReturnedValue | Fault | NotReached


@dataclass(frozen=True, slots=True)
class FunctionObservation:
    """What running the code and calling its function gave; as `Observation` has it."""

    defining: Fault | None
    results: tuple[FunctionResult, ...]
    ended: Fault | None = None


@dataclass(frozen=True, slots=True)
class CallsToMake:
    """The calls of one piece of code."""

    function: str
    """The name of what is called."""
    calls: Sequence[FunctionCall]


PreparedCalls = tuple[CallsToMake, Callable[[FunctionObservation], T]]
"""Calls, and what makes something of what they give."""


class NotSendable(ValueError):
    """An argument of a call is no plain value. The message says what it is, and of which call."""

    def __init__(self, call: int, what: str) -> None:
        super().__init__(f"call {call + 1} is given {what}")
        self.call = call
