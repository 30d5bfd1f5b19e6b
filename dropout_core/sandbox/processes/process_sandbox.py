"""What all sandboxes of processes share: requests written and results read in threads, bounds, cancelling, closing."""

from __future__ import annotations

import asyncio
import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Generic, Protocol, TypeVar

from dropout_core.sandbox import Call, ExpressionResult, Observation, Prepared, SandboxBroken, T
from dropout_core.sandbox.function_calls import PreparedCalls
from dropout_core.sandbox.function_wire import FunctionRequest, decode_function_observation
from dropout_core.sandbox.processes.process import Finished
from dropout_core.sandbox.processes.processors import usable_processors
from dropout_core.sandbox.processes.threads import in_some_thread, submitted
from dropout_core.sandbox.processes.turns import Turns
from dropout_core.sandbox.time_limits import TimeLimits
from dropout_core.sandbox.wire import (
    EXPRESSION_RESULT_LIMIT,
    Limits,
    decode_expression,
    decode_observation,
    encode_calls,
    encode_expression,
    result_limit,
)
from dropout_core.values.files.file_limit import sandboxes_that_fit

GIBIBYTE = 1 << 30
CLOSED = "the sandbox is closed"
CPU_LIMIT_BEYOND = 5
"""Seconds of processor time beyond the limit, after which the system itself ends the process, should nobody else."""

Request = Sequence[bytes | memoryview]
"""What is sent to a process, its parts one after another."""


class Stoppable(Protocol):
    """One piece of code on its way through a process."""

    stopped: bool

    def stop(self) -> None:
        """End the code, now or as soon as it starts."""
        ...


Job = TypeVar("Job", bound=Stoppable)


class ProcessSandbox(ABC, Generic[Job]):
    """Runs each piece of code in a process, several at a time."""

    def __init__(
        self,
        *,
        time_limit: float,
        clock_limit: float | None,
        memory: int,
        at_once: int | None,
        spare_threads: int = 0,
    ) -> None:
        """`time_limit` in seconds of processor time from when the code starts to run, and `clock_limit` in seconds
        that pass meanwhile, six times as many unless given; `memory` in bytes beyond Python and NumPy.

        As many run `at_once` as this process may use processors, unless given, and fewer where it may not have as many
        files open. `spare_threads` prepare requests and judge results while all processes are busy.
        """
        self._time_limits = TimeLimits.of(time_limit, clock_limit)
        self._memory = memory
        most = min(at_once or usable_processors(), sandboxes_that_fit())
        self._turns = Turns(most)
        self._threads = ThreadPoolExecutor(most + spare_threads, thread_name_prefix="sandbox")
        self._changing = threading.Lock()
        self._jobs: set[Job] = set()
        self._closed = False

    async def call(self, code: str, calls: Sequence[Call], *, seed: int) -> Observation:
        """See `Sandbox.call`."""
        return await self.call_prepared(code, lambda: (calls, lambda observation: observation), seed=seed)

    async def call_prepared(self, code: str, prepare: Callable[[], Prepared[T]], *, seed: int) -> T:
        """See `Sandbox.call_prepared`."""

        def run(job: Job) -> T:
            calls, judge = prepare()
            size = result_limit(calls)
            finished = self._finished(job, encode_calls(code, calls, seed, self._limits(size)), size)
            return judge(decode_observation(finished.result, calls, finished.ended))

        return await self._in_thread(run)

    async def call_function(self, code: str, prepare: Callable[[], PreparedCalls[T]], *, seed: int) -> T:
        """See `Sandbox.call_function`."""

        def run(job: Job) -> T:
            made, judge = prepare()
            request = FunctionRequest(made)
            size = request.result_size
            finished = self._finished(job, request.parts(code, seed, self._limits(size)), size)
            return judge(decode_function_observation(finished.result, made, finished.ended))

        return await self._in_thread(run)

    async def evaluate(self, expression: str) -> ExpressionResult:
        """See `Sandbox.evaluate`."""

        def run(job: Job) -> ExpressionResult:
            size = EXPRESSION_RESULT_LIMIT
            finished = self._finished(job, encode_expression(expression, self._limits(size)), size)
            return decode_expression(finished.result, finished.ended)

        return await self._in_thread(run)

    async def close(self) -> None:
        """See `Sandbox.close`. Calls still under way raise `SandboxBroken`."""
        with self._changing:
            self._closed = True
            jobs = list(self._jobs)
        self._stop(*jobs)
        await in_some_thread(self._end)

    @abstractmethod
    def _new_job(self) -> Job:
        """What one piece of code is run by, and stopped."""

    @abstractmethod
    def _finished(self, job: Job, request: Request, result_size: int) -> Finished:
        """Run the request in a process; `result_size` is the most bytes that may come back.

        Raises:
            SandboxBroken: it could not be run, or the job was stopped.
        """

    def _end(self) -> None:
        """Wait for the threads, all of whose jobs have been stopped."""
        self._threads.shutdown()

    def _limits(self, result_size: int) -> Limits:
        cpu_seconds = math.ceil(self._time_limits.processor) + CPU_LIMIT_BEYOND
        return Limits(self._memory, cpu_seconds=cpu_seconds, file_size=result_size)

    async def _in_thread(self, run: Callable[[Job], T]) -> T:
        """Do a job in a thread, as soon as one is free; when cancelled, end it before going on."""
        job = self._new_job()
        with self._changing:
            if self._closed:
                raise SandboxBroken(CLOSED)
            self._jobs.add(job)
        try:
            work = submitted(self._threads, run, job)
        except SandboxBroken:
            job.stop()  # in case a thread still starts it
            with self._changing:
                self._jobs.discard(job)
            raise
        try:
            return await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            self._stop(job)
            if not work.cancelled():
                await asyncio.to_thread(wait, [work])
            raise
        finally:
            with self._changing:
                self._jobs.discard(job)

    def _stop(self, *jobs: Job) -> None:
        for job in jobs:
            job.stop()
        self._turns.wake()
