"""The sandbox that works everywhere: a new interpreter for each call.

Isolation ``basic``: another process with an empty environment, its own working folder, and bounds on memory,
processor time, file size and wall time; all of its processes are killed in the end. It keeps verdicts safe.
It does not keep the code from reading files, using the network, or signalling processes of the same user.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from dropout_core.sandbox import Call, ExpressionResult, Observation, Prepared, SandboxBroken, T
from dropout_core.sandbox.interpreter import default_interpreter
from dropout_core.sandbox.process import ChildProcess
from dropout_core.sandbox.wire import (
    EXPRESSION_RESULT_LIMIT,
    Limits,
    decode_expression,
    decode_observation,
    encode_calls,
    encode_expression,
    result_limit,
)

GIBIBYTE = 1 << 30
DEFAULT_TIME_LIMIT = 10.0


class FreshProcess:
    """Runs each piece of code in a process of its own, at most `concurrency` at a time."""

    def __init__(
        self,
        *,
        time_limit: float = DEFAULT_TIME_LIMIT,
        memory: int = GIBIBYTE,
        concurrency: int | None = None,
        interpreter: str | None = None,
    ) -> None:
        """`time_limit` in seconds from when the code starts to run; `memory` in bytes beyond Python and
        NumPy.

        `concurrency` is the number of processors unless given, and `interpreter` the running Python.
        """
        self._time_limit = time_limit
        self._memory = memory
        self._interpreter = interpreter
        self._threads = ThreadPoolExecutor(concurrency or os.cpu_count() or 1, thread_name_prefix="sandbox")
        self._children: set[ChildProcess] = set()
        self._closed = False

    @property
    def isolation(self) -> str:
        """``"basic"``: see the module."""
        return "basic"

    async def call(self, code: str, calls: Sequence[Call], *, seed: int) -> Observation:
        """See `Sandbox.call`."""
        return await self.call_prepared(code, lambda: (calls, lambda observation: observation), seed=seed)

    async def call_prepared(self, code: str, prepare: Callable[[], Prepared[T]], *, seed: int) -> T:
        """See `Sandbox.call_prepared`."""

        def run(child: ChildProcess) -> T:
            calls, judge = prepare()
            limit = result_limit(calls)
            finished = child.run(encode_calls(code, calls, seed, self._limits(limit)), limit)
            return judge(decode_observation(finished.result, calls, finished.ended))

        return await self._in_thread(run)

    async def evaluate(self, expression: str) -> ExpressionResult:
        """See `Sandbox.evaluate`."""

        def run(child: ChildProcess) -> ExpressionResult:
            limit = EXPRESSION_RESULT_LIMIT
            finished = child.run(encode_expression(expression, self._limits(limit)), limit)
            return decode_expression(finished.result, finished.ended)

        return await self._in_thread(run)

    async def close(self) -> None:
        """See `Sandbox.close`. Calls still under way raise `SandboxBroken`."""
        self._closed = True
        for child in self._children:
            child.stop()
        await asyncio.to_thread(self._threads.shutdown)

    def _limits(self, result_limit: int) -> Limits:
        return Limits(self._memory, cpu_seconds=math.ceil(self._time_limit) + 5, file_size=result_limit)

    async def _in_thread(self, run: Callable[[ChildProcess], T]) -> T:
        """Do what runs one process in a thread, as soon as one is free; when cancelled, end it before going on."""
        if self._closed:
            raise SandboxBroken("the sandbox is closed")
        child = ChildProcess(
            interpreter=self._interpreter or default_interpreter(), time_limit=self._time_limit
        )
        self._children.add(child)
        work = self._threads.submit(run, child)
        try:
            return await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            child.stop()
            if not work.cancelled():
                await asyncio.to_thread(wait, [work])
            raise
        finally:
            self._children.discard(child)
