"""Calls of a requirement with their results, which its check examines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from dropout_core.sandbox import Fault, NotReached
from dropout_core.sandbox.function_calls import FunctionResult, LaterValue, ReturnedValue
from dropout_core.task.call import Call


class CallFailed(Exception):
    """A check asked for the value of a call that failed."""

    def __init__(self, made: MadeCall, fault: Fault) -> None:
        super().__init__(str(fault))
        self.made = made
        self.fault = fault


class CallNotMade(Exception):
    """A check asked for the value of a call that was not made, as something earlier ended the process."""


@dataclass(frozen=True, slots=True, eq=False)
class MadeCall:
    """One call with its result."""

    call: Call
    result: FunctionResult
    function: str
    """Name of the function."""

    @property
    def value(self) -> Any:
        """The returned value, rebuilt here from plain data.

        Raises:
            CallFailed: it raised, or returned what is no plain value. Let it through: the check then fails with that.
            CallNotMade: it was not made.
        """
        return self._returned.value

    @property
    def fault(self) -> Fault | None:
        """Why the call failed; `None` when it returned.

        Raises:
            CallNotMade: it was not made.
        """
        if isinstance(self.result, NotReached):
            raise CallNotMade(f"{self} was not made")
        return self.result if isinstance(self.result, Fault) else None

    @property
    def input_after(self) -> Call:
        """The arguments after the call, where the requirement watches ``"input"``.

        Raises:
            CallFailed: it raised, or the arguments hold what is no plain value by now.
            CallNotMade: it was not made.
            LookupError: they are not watched.
        """
        after = self._returned.input_after
        if after is None:
            raise LookupError('give the requirement watch=("input",)')
        if isinstance(after, Fault):
            raise CallFailed(self, after)
        args, kwargs = after
        return Call(*args, **kwargs)

    @property
    def value_later(self) -> Any:
        """The value after all calls were made, where the requirement watches ``"result"``.

        Raises:
            CallFailed: the call raised, or the value holds what is no plain value by then.
            CallNotMade: it, or a later one, was not made.
        """
        later = self._returned.later
        match later:
            case LaterValue():
                return later.value
            case Fault():
                raise CallFailed(self, later)
        raise CallNotMade("the process ended before its results were looked at again")

    @property
    def _returned(self) -> ReturnedValue:
        match self.result:
            case ReturnedValue():
                return self.result
            case Fault():
                raise CallFailed(self, self.result)
        raise CallNotMade(f"{self} was not made")

    def __str__(self) -> str:
        return self.call.written(self.function)


@dataclass(frozen=True, slots=True, eq=False)
class Made(Sequence[MadeCall]):
    """The calls of one requirement, in the order in which they were drawn."""

    calls: tuple[MadeCall, ...]
    code: str = ""
    """Code of the answer, for checks that read it."""

    @overload
    def __getitem__(self, place: int) -> MadeCall: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[MadeCall]: ...
    def __getitem__(self, place: int | slice) -> MadeCall | Sequence[MadeCall]:
        return self.calls[place]

    def __len__(self) -> int:
        return len(self.calls)

    def __iter__(self) -> Iterator[MadeCall]:
        return iter(self.calls)
