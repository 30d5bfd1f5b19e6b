"""Where untrusted code runs: the one door to it, and what comes back through it.

Code that a model wrote is called in another process, which holds no expected values and no channel on which a
verdict could travel. What comes back are plain arrays, rebuilt from bytes, or a `Fault` that says what went
wrong.

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
    """How `x` lies in the memory of the code. Its values and shape are the same in every layout."""

    C = "c"
    FORTRAN = "fortran"
    STRIDED = "strided"
    """Every second element along the last axis of a larger array."""
    REVERSED = "reversed"
    """A view with negative strides along every axis."""
    ROTATED = "rotated"
    """A view of a contiguous array in which the first axis comes last."""


class Watch(StrEnum):
    """What else is reported of a call that returns."""

    INPUT = "input"
    """The values of `x` after the call."""
    GLOBAL_RANDOMNESS = "global_randomness"
    """The state of NumPy's and Python's global generators, before and after."""
    MEMORY = "memory"
    """The most memory that it allocated at one time."""
    RESULT = "result"
    """The array that it returned, once more after all calls."""


@dataclass(frozen=True, slots=True)
class SeededGenerator:
    """Stands for a `numpy.random.Generator` among the keywords of a call."""

    name: str
    """Calls of one observation that use the same name are given the same object."""
    seed: int
    """What ``numpy.random.default_rng`` is given when the name is first met."""


KeywordValue = bool | int | float | str | None | tuple[int, ...] | SeededGenerator


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of `dropout`. The code gets a copy of `x` of its own, so that what it does to it is not seen
    here."""

    x: NDArray[Any]
    """Any shape; a dtype of `dropout_core.sandbox.wire.DTYPES`."""
    p: float
    """The code is given a number of the same type: a float, an int, or a float64 of NumPy."""
    training: bool | np.bool_
    """Likewise, a bool or one of NumPy."""
    by_keyword: bool = True
    """``dropout(x=x, p=p, training=training)`` rather than ``dropout(x, p, training)``."""
    keywords: Mapping[str, KeywordValue] = field(default_factory=dict)
    """Further arguments, by keyword."""
    layout: Layout = Layout.C
    watch: frozenset[Watch] = frozenset()


class FaultKind(StrEnum):
    """What kind of thing went wrong in the untrusted code. Each is the code's failure, never ours."""

    SYNTAX = "syntax"
    """It cannot be compiled."""
    NO_FUNCTION = "no_function"
    """It ran, and left nothing to call of the name that is asked for."""
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
    """What it returned is not an array of numbers of a sensible size, or it meddled with the results."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, in words for a person. `str()` gives them with the line number, when there is one."""

    kind: FaultKind
    text: str
    """One printable line: ``"NameError: name 'np' is not defined"``, ``"Took more than 60 s"``."""
    line: int | None = None
    """The line of the code in which it happened."""
    types: tuple[str, ...] = ()
    """Names of the built-in classes that the exception is an instance of, from its own to its bases: ``("ValueError",
    "IndexError", …)``. A class of the code's own is not among them, whatever its name."""

    def __str__(self) -> str:
        return self.text if self.line is None else f"{self.text} (line {self.line})"


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """The call gave an array: a plain one, C-ordered and owned by this process.

    What was not watched is `None`.
    """

    array: NDArray[Any]
    """Where `x` is 0-d, also what was a NumPy scalar, as a 0-d array."""
    input_after: NDArray[Any] | None = None
    """`x` after the call."""
    global_states: tuple[int, int] | None = None
    """Checksums of the global generators before and after the call."""
    peak: int | None = None
    """Bytes allocated during the call, at their most. What was allocated before does not count."""
    array_later: NDArray[Any] | None = None
    """The array as it was after all calls; also `None` for what was a NumPy scalar, and where the process ended
    before."""


@dataclass(frozen=True, slots=True)
class NotReached:
    """The call was not made, because something earlier ended the process."""


CallResult = Returned | Fault | NotReached


@dataclass(frozen=True, slots=True)
class Observation:
    """What running the code and calling its `dropout` gave."""

    defining: Fault | None
    """Why there is no `dropout` to call; `None` when there is one."""
    results: tuple[CallResult, ...]
    """One for each call, in order. When the process ends in a call, that call and those after it are
    `NotReached`."""
    ended: Fault | None = None
    """What ended the process before all the calls were made, or a limit on its time that all of them together did not
    keep; `None` when neither was so. It belongs to no call: which is the next when the time is over, chance decides."""


@dataclass(frozen=True, slots=True)
class ExpressionResult:
    """What running the agent's snippet gave."""

    stdout: str
    """What it printed, also when it failed afterwards. When it was cut, its last line says so."""
    error: str | None
    """The tail of the traceback, or why the process ended; `None` when all went well."""
    timed_out: bool = False


class SandboxBroken(Exception):
    """The sandbox itself does not work, through no fault of the code: the attempt is void, never failed.

    The message is one line.
    """


class SandboxTooWeak(SandboxBroken):
    """This system cannot keep the code apart as well as was asked. The message says what is not protected."""


@dataclass(frozen=True, slots=True)
class ReadableFolder:
    """A folder in which the code works, and may read what is not hidden from it."""

    place: Path
    hidden: tuple[str, ...] = ()
    """Names of files and folders in it that cannot be read."""


T = TypeVar("T")

Prepared = tuple[Sequence[Call], Callable[[Observation], T]]
"""Calls, and what makes something of what they give."""


class Sandbox(Protocol):
    """Somewhere to run untrusted code. Safe to use concurrently; cancelling a call ends what it started."""

    @property
    def isolation(self) -> str:
        """How the code is kept apart, in one word, for the verdict."""
        ...

    async def call(self, code: str, calls: Sequence[Call], *, seed: int) -> Observation:
        """Run `code`, then make the calls in order, with its sources of randomness seeded.

        Raises:
            SandboxBroken: the sandbox does not work. Nothing that `code` contains or does raises.
        """
        ...

    async def call_prepared(self, code: str, prepare: Callable[[], Prepared[T]], *, seed: int) -> T:
        """The same, with calls that are made up first, and something made of the observation in the end, which is
        returned.

        All of it is done by one thread: the way to another takes longer than some of what is done. What `prepare`, or
        the function that it gives, raises is raised.
        """
        ...

    async def call_function(self, code: str, prepare: Callable[[], PreparedCalls[T]], *, seed: int) -> T:
        """The same with calls of any function, with any plain values.

        Raises:
            SandboxBroken: the sandbox does not work.
            NotSendable: an argument of a call is no plain value.
        """
        ...

    async def evaluate(self, expression: str) -> ExpressionResult:
        """Run the agent's snippet with `np` and `numpy` given, and hand back what it prints.

        Raises:
            SandboxBroken: the sandbox does not work.
        """
        ...

    async def close(self) -> None:
        """End everything that still runs. The sandbox is not used afterwards."""
        ...
