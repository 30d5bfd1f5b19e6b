"""Sandbox for untrusted code: its interface, and the results that come back.

Code that a model wrote is called in another process, which knows no expected values and has no channel for a verdict.
Its results are plain arrays, rebuilt from bytes, or a `Fault` that says what went wrong.

There are two: `dropout_core.sandbox.processes.warm_process.WarmProcess`, for Linux, and
`dropout_core.sandbox.processes.fresh_process.FreshProcess`, which works everywhere and protects less.
`dropout_core.sandbox.opening.open_sandbox` chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dropout_core.sandbox.function_calls import PreparedCalls


class Layout(StrEnum):
    """Memory layout of `x` in the sandbox. Its values and shape are the same in every layout."""

    C = "c"
    FORTRAN = "fortran"
    STRIDED = "strided"
    """Every second element along the last axis of a larger array."""
    REVERSED = "reversed"
    """A view with negative strides along every axis."""
    ROTATED = "rotated"
    """A view of a contiguous array in which the first axis comes last."""


class Watch(StrEnum):
    """Further observations of a call that returns."""

    INPUT = "input"
    """The values of `x` after the call."""
    GLOBAL_RANDOMNESS = "global_randomness"
    """The state of NumPy's and Python's global generators, before and after."""
    MEMORY = "memory"
    """Peak memory allocated during the call."""
    RESULT = "result"
    """The returned array, read once more after all calls."""


@dataclass(frozen=True, slots=True)
class SeededGenerator:
    """Placeholder for a `numpy.random.Generator` among the keywords of a call."""

    name: str
    """Calls of one observation with the same name are given the same object."""
    seed: int
    """Seed for ``numpy.random.default_rng`` when the name is first used."""


KeywordValue = bool | int | float | str | None | tuple[int, ...] | SeededGenerator


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of `dropout`. The code gets its own copy of `x`."""

    x: NDArray[Any]
    """Any shape; a dtype of `dropout_core.sandbox.wire.DTYPES`."""
    p: float
    """Passed as a number of the same type: a float, an int, or a float64 of NumPy."""
    training: bool | np.bool_
    """Passed as a value of the same type: a bool, or one of NumPy."""
    by_keyword: bool = True
    """``dropout(x=x, p=p, training=training)`` rather than ``dropout(x, p, training)``."""
    keywords: Mapping[str, KeywordValue] = field(default_factory=dict)
    """Further arguments, by keyword."""
    layout: Layout = Layout.C
    watch: frozenset[Watch] = frozenset()


class FaultKind(StrEnum):
    """Kind of failure of the untrusted code."""

    SYNTAX = "syntax"
    """It cannot be compiled."""
    NO_FUNCTION = "no_function"
    """It ran without defining the requested function."""
    EXCEPTION = "exception"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    KILLED = "killed"
    """A signal ended it: a segmentation fault, say."""
    FORBIDDEN = "forbidden"
    """It tried what the sandbox does not allow: to read a file, say."""
    EXITED = "exited"
    """It ended its own process."""
    MALFORMED = "malformed"
    """It did not return an array of numbers of a sensible size, or tampered with the results."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Failure of the untrusted code, in words. `str()` adds the line number, when there is one."""

    kind: FaultKind
    text: str
    """One printable line: ``"NameError: name 'np' is not defined"``, ``"Took more than 60 s"``."""
    line: int | None = None
    """The line of the code in which it happened."""
    types: tuple[str, ...] = ()
    """Names of the built-in classes of the exception, from its own to its bases: ``("ValueError", "Exception", …)``.
    Classes that the code defines are left out, whatever their names."""

    def __str__(self) -> str:
        return self.text if self.line is None else f"{self.text} (line {self.line})"


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """The call returned an array: a plain one, C-ordered and owned by this process.

    What was not watched is `None`.
    """

    array: NDArray[Any]
    """The array; for a 0-d `x`, a NumPy scalar comes as a 0-d array."""
    input_after: NDArray[Any] | None = None
    """`x` after the call."""
    global_states: tuple[int, int] | None = None
    """Checksums of the global generators before and after the call."""
    peak: int | None = None
    """Peak bytes allocated during the call, not counting what was allocated before."""
    array_later: NDArray[Any] | None = None
    """The array as it was after all calls; also `None` for what was a NumPy scalar, and where the process ended
    before."""


@dataclass(frozen=True, slots=True)
class NotReached:
    """The call was not made, because something earlier ended the process."""


CallResult = Returned | Fault | NotReached


@dataclass(frozen=True, slots=True)
class Observation:
    """Results of running the code and calling its `dropout`."""

    defining: Fault | None
    """Why there is no `dropout` to call; `None` when there is one."""
    results: tuple[CallResult, ...]
    """One for each call, in order. When the process ends in a call, that call and those after it are
    `NotReached`."""
    ended: Fault | None = None
    """What ended the process before all calls were made, or a limit on the time of all calls together that was
    exceeded; `None` otherwise. It belongs to no call, as chance decides which is the next when the time is over."""


@dataclass(frozen=True, slots=True)
class ExpressionResult:
    """Result of running the agent's snippet."""

    stdout: str
    """Printed text, including what was printed before an error. When it was cut, its last line says so."""
    error: str | None
    """Tail of the traceback, or why the process ended; `None` on success."""
    timed_out: bool = False


class SandboxBroken(Exception):
    """The sandbox itself does not work, through no fault of the code: the attempt is void, never failed.

    The message is one line.
    """


class SandboxTooWeak(SandboxBroken):
    """This system cannot isolate the code as well as requested. The message says what is not protected."""


@dataclass(frozen=True, slots=True)
class ReadableFolder:
    """Folder in which the code works, and whose files it may read unless they are hidden."""

    place: Path
    hidden: tuple[str, ...] = ()
    """Names of files and folders in it that cannot be read."""


T = TypeVar("T")

Prepared = tuple[Sequence[Call], Callable[[Observation], T]]
"""Calls, and a function that judges their observation."""


class Sandbox(Protocol):
    """Place to run untrusted code. Safe to use concurrently; cancelling a call ends what it started."""

    @property
    def isolation(self) -> str:
        """Isolation level, in one word, for the verdict."""
        ...

    async def call(self, code: str, calls: Sequence[Call], *, seed: int) -> Observation:
        """Run `code`, then make the calls in order, with its sources of randomness seeded.

        Raises:
            SandboxBroken: the sandbox does not work. Nothing that `code` contains or does raises.
        """
        ...

    async def call_prepared(self, code: str, prepare: Callable[[], Prepared[T]], *, seed: int) -> T:
        """Like `call`, with calls that are prepared, and an observation that is judged, in the same thread.

        One thread does all of it, as switching threads would take longer than some of the work. Exceptions of
        `prepare`, and of the function that it returns, are passed on.
        """
        ...

    async def call_function(self, code: str, prepare: Callable[[], PreparedCalls[T]], *, seed: int) -> T:
        """Like `call_prepared`, for any function with any plain values.

        Raises:
            SandboxBroken: the sandbox does not work.
            NotSendable: an argument of a call is no plain value.
        """
        ...

    async def evaluate(self, expression: str) -> ExpressionResult:
        """Run the agent's snippet, with `np` and `numpy` defined, and return its output.

        Raises:
            SandboxBroken: the sandbox does not work.
        """
        ...

    async def close(self) -> None:
        """End everything that still runs. The sandbox cannot be used afterwards."""
        ...
