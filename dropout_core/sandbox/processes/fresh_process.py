"""The sandbox that works everywhere: a new interpreter for each call.

Isolation ``weak``: another process with an empty environment, its own working folder, and bounds on memory,
processor time, file size and time by the clock; all of its processes are killed in the end. It keeps verdicts safe.
It does not keep the code from reading files, using the network, or signalling processes of the same user.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from dropout_core.sandbox import Call, ExpressionResult, Observation, Prepared, SandboxBroken, T
from dropout_core.sandbox.function_calls import PreparedCalls
from dropout_core.sandbox.function_wire import FunctionRequest, decode_function_observation
from dropout_core.sandbox.inside.closed_memory import close_memory
from dropout_core.sandbox.interpreter import default_interpreter
from dropout_core.sandbox.isolation import UNPROTECTED
from dropout_core.sandbox.processes.ending import Starved
from dropout_core.sandbox.processes.process import ChildProcess, Finished
from dropout_core.sandbox.processes.processors import usable_processors
from dropout_core.sandbox.processes.threads import in_some_thread, submitted
from dropout_core.sandbox.processes.turns import Turns
from dropout_core.sandbox.time_limits import DEFAULT_TIME_LIMIT, TimeLimits
from dropout_core.sandbox.wire import (
    EXPRESSION_RESULT_LIMIT,
    Limits,
    decode_expression,
    decode_observation,
    encode_calls,
    encode_expression,
    result_limit,
)
from dropout_core.values.file_limit import sandboxes_that_fit

GIBIBYTE = 1 << 30
CPU_LIMIT_BEYOND = 5
"""Seconds of processor time beyond the limit, after which the system itself ends the process, should nobody else."""


class FreshProcess:
    """Runs each piece of code in a process of its own, at most `concurrency` at a time."""

    def __init__(
        self,
        *,
        time_limit: float = DEFAULT_TIME_LIMIT,
        clock_limit: float | None = None,
        memory: int = GIBIBYTE,
        concurrency: int | None = None,
        interpreter: str | None = None,
    ) -> None:
        """`time_limit` in seconds of processor time from when the code starts to run, and `clock_limit` in seconds
        that pass meanwhile, six times as many unless given; `memory` in bytes beyond Python and NumPy.

        From then on the memory of this process is closed to others of its user, on Linux (see `closed_memory`).

        `concurrency` is the number of processors that this process may use, unless given, and fewer where it may not
        have as many files open; `interpreter` is the running Python.
        """
        close_memory()
        self._time_limits = TimeLimits.of(time_limit, clock_limit)
        self._memory = memory
        self._interpreter = interpreter
        at_once = min(concurrency or usable_processors(), sandboxes_that_fit())
        self._turns = Turns(at_once)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="sandbox")
        self._children: set[ChildProcess] = set()
        self._closed = False

    @property
    def isolation(self) -> str:
        """``"weak"``: see the module."""
        return UNPROTECTED.level

    async def call(self, code: str, calls: Sequence[Call], *, seed: int) -> Observation:
        """See `Sandbox.call`."""
        return await self.call_prepared(code, lambda: (calls, lambda observation: observation), seed=seed)

    async def call_prepared(self, code: str, prepare: Callable[[], Prepared[T]], *, seed: int) -> T:
        """See `Sandbox.call_prepared`."""

        def run(child: ChildProcess) -> T:
            calls, judge = prepare()
            limit = result_limit(calls)
            finished = self._finished(child, encode_calls(code, calls, seed, self._limits(limit)), limit)
            return judge(decode_observation(finished.result, calls, finished.ended))

        return await self._in_thread(run)

    async def call_function(self, code: str, prepare: Callable[[], PreparedCalls[T]], *, seed: int) -> T:
        """See `Sandbox.call_function`."""

        def run(child: ChildProcess) -> T:
            made, judge = prepare()
            request = FunctionRequest(made)
            limit = request.result_size
            finished = self._finished(child, request.parts(code, seed, self._limits(limit)), limit)
            return judge(decode_function_observation(finished.result, made, finished.ended))

        return await self._in_thread(run)

    async def evaluate(self, expression: str) -> ExpressionResult:
        """See `Sandbox.evaluate`."""

        def run(child: ChildProcess) -> ExpressionResult:
            limit = EXPRESSION_RESULT_LIMIT
            finished = self._finished(child, encode_expression(expression, self._limits(limit)), limit)
            return decode_expression(finished.result, finished.ended)

        return await self._in_thread(run)

    async def close(self) -> None:
        """See `Sandbox.close`. Calls still under way raise `SandboxBroken`."""
        self._closed = True
        for child in self._children:
            child.stop()
        self._turns.wake()
        await in_some_thread(self._threads.shutdown)

    def _limits(self, result_limit: int) -> Limits:
        cpu_seconds = math.ceil(self._time_limits.processor) + CPU_LIMIT_BEYOND
        return Limits(self._memory, cpu_seconds=cpu_seconds, file_size=result_limit)

    def _finished(
        self, child: ChildProcess, request: Sequence[bytes | memoryview], result_limit: int
    ) -> Finished:
        """Run the request; once more, with no other beside it, when it was starved."""
        try:
            with self._turns.taken(lambda: child.stopped):
                return child.run(request, result_limit, self._time_limits)
        except Starved:
            with self._turns.taken(lambda: child.stopped, alone=True):
                return child.run(request, result_limit, self._time_limits.alone)

    async def _in_thread(self, run: Callable[[ChildProcess], T]) -> T:
        """Do what runs one process in a thread, as soon as one is free; when cancelled, end it before going on."""
        if self._closed:
            raise SandboxBroken("the sandbox is closed")
        child = ChildProcess(interpreter=self._interpreter or default_interpreter())
        self._children.add(child)
        try:
            work = submitted(self._threads, run, child)
        except SandboxBroken:
            child.stop()  # should a thread come to it nevertheless
            self._children.discard(child)
            raise
        try:
            return await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            child.stop()
            self._turns.wake()
            if not work.cancelled():
                await asyncio.to_thread(wait, [work])
            raise
        finally:
            self._children.discard(child)
