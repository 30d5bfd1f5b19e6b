"""The sandbox of Linux: for each piece of code a fork of a warm process, behind every layer the system has.

Each worker is a warm process, started when first needed, and a thread of ours that waits for it. There is one thread
more, so that one piece of code can be prepared, or what another gave be judged, while all workers run something. The
event loop only hands over and takes back. A warm process that dies is replaced and the code run once more, to tell an
accident from an attack: the second time it is the code's failure. One that has served long is replaced, too.
"""

from __future__ import annotations

import asyncio
import math
import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from dropout_core.sandbox import (
    Call,
    ExpressionResult,
    Fault,
    FaultKind,
    Observation,
    Prepared,
    SandboxBroken,
    T,
)
from dropout_core.sandbox.fresh_process import DEFAULT_TIME_LIMIT, GIBIBYTE
from dropout_core.sandbox.interpreter import default_interpreter
from dropout_core.sandbox.isolation import Isolation, observed_isolation
from dropout_core.sandbox.layers import NAMES
from dropout_core.sandbox.process import STOPPED, Finished
from dropout_core.sandbox.wire import (
    EXPRESSION_RESULT_LIMIT,
    Limits,
    decode_expression,
    decode_observation,
    encode_calls,
    encode_expression,
    result_limit,
)
from dropout_core.sandbox.zygote import Job, Zygote, ZygoteDied

RECYCLE_AFTER = 1000
"""So many pieces of code, and a warm process is replaced."""

KILLED_THE_WORKER = Fault(FaultKind.KILLED, "Killed the worker that ran it, twice")


class WarmProcess:
    """Runs each piece of code in a fork of a warm process, on at most `workers` of these at a time."""

    def __init__(
        self,
        *,
        time_limit: float = DEFAULT_TIME_LIMIT,
        memory: int = GIBIBYTE,
        workers: int | None = None,
        interpreter: str | None = None,
        layers: Collection[str] = NAMES,
    ) -> None:
        """`time_limit` in seconds for one piece of code; `memory` in bytes beyond Python and NumPy.

        `workers` is the number of processors unless given, and `interpreter` the running Python. Fewer
        `layers` than all are for measuring what each is worth.
        """
        self._time_limit = time_limit
        self._memory = memory
        self._interpreter = interpreter
        self._layers = tuple(layers)
        self._workers = workers or os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(self._workers + 1, thread_name_prefix="sandbox")
        self._changing = threading.Condition()
        self._running = 0
        """So many warm processes are taken. Who waits for one is told when there are fewer, or jobs are stopped."""
        self._idle: list[Zygote] = []
        self._jobs: set[Job] = set()
        self._closed = False
        self._isolation: Isolation | None = None
        self._testing = threading.Lock()
        self.restarts = 0
        """How many warm processes have died and were replaced."""

    @property
    def isolation(self) -> str:
        """The level that the self-test found, which runs before the first piece of code."""
        return "not tested yet" if self._isolation is None else self._isolation.level

    async def tested(self) -> Isolation:
        """What the self-test finds; it is made once.

        Raises:
            SandboxBroken: the sandbox does not work.
        """
        return await asyncio.wrap_future(self._threads.submit(self._test))

    async def call(self, code: str, calls: Sequence[Call], *, seed: int) -> Observation:
        """See `Sandbox.call`."""
        return await self.call_prepared(code, lambda: (calls, lambda observation: observation), seed=seed)

    async def call_prepared(self, code: str, prepare: Callable[[], Prepared[T]], *, seed: int) -> T:
        """See `Sandbox.call_prepared`."""

        def run(job: Job) -> T:
            calls, judge = prepare()
            job.result_size = result_limit(calls)
            job.request = encode_calls(code, calls, seed, self._limits(job.result_size))
            finished = self._finished(job)
            return judge(decode_observation(finished.result, calls, finished.ended))

        return await self._in_thread(run)

    async def evaluate(self, expression: str) -> ExpressionResult:
        """See `Sandbox.evaluate`."""

        def run(job: Job) -> ExpressionResult:
            job.result_size = EXPRESSION_RESULT_LIMIT
            job.request = encode_expression(expression, self._limits(job.result_size))
            finished = self._finished(job)
            return decode_expression(finished.result, finished.ended)

        return await self._in_thread(run)

    async def close(self) -> None:
        """See `Sandbox.close`. Calls still under way raise `SandboxBroken`."""
        with self._changing:
            self._closed = True
            jobs = list(self._jobs)
        self._stop(*jobs)
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().close()

    def _limits(self, result_size: int) -> Limits:
        return Limits(self._memory, cpu_seconds=math.ceil(self._time_limit) + 5, file_size=result_size)

    async def _in_thread(self, run: Callable[[Job], T]) -> T:
        """Do a job in a thread, as soon as one is free; when cancelled, end it before going on."""
        job = Job(time_limit=self._time_limit)
        with self._changing:
            if self._closed:
                raise SandboxBroken("the sandbox is closed")
            self._jobs.add(job)
        work = self._threads.submit(run, job)
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
        with self._changing:
            self._changing.notify_all()

    def _finished(self, job: Job) -> Finished:
        """Run the job on a warm process; on another one, once, when the first dies of it."""
        if job.stopped:
            raise SandboxBroken(STOPPED)
        self._test()
        for _ in range(2):
            zygote = self._take(job)
            try:
                return zygote.run(job)
            except ZygoteDied:
                with self._changing:
                    self.restarts += 1
                if job.stopped:
                    raise SandboxBroken(STOPPED) from None
            finally:
                self._give_back(zygote)
        return Finished(b"", KILLED_THE_WORKER)

    def _test(self) -> Isolation:
        with self._testing:
            if self._isolation is None:
                self._isolation = observed_isolation(self._tried)
            return self._isolation

    def _tried(self, expression: str) -> ExpressionResult:
        """Run an expression of our own, before any other code."""
        job = Job(time_limit=max(self._time_limit, 10.0))
        job.result_size = EXPRESSION_RESULT_LIMIT
        job.request = encode_expression(expression, self._limits(job.result_size))
        zygote = self._take(job)
        try:
            finished = zygote.run(job)
        except ZygoteDied:
            raise SandboxBroken("the sandbox process died in its self-test") from None
        finally:
            self._give_back(zygote)
        return decode_expression(finished.result, finished.ended)

    def _take(self, job: Job) -> Zygote:
        """A warm process for this thread alone, as soon as there may be one more: that used last, as its memory is
        still in the caches.

        Raises:
            SandboxBroken: the job was stopped meanwhile, or there is no warm process to be had.
        """
        with self._changing:
            self._changing.wait_for(lambda: job.stopped or self._running < self._workers)
            if job.stopped:
                raise SandboxBroken(STOPPED)
            self._running += 1
            if self._idle:
                return self._idle.pop()
        try:
            return Zygote(self._interpreter or default_interpreter(), self._layers)
        except BaseException:
            self._one_less()
            raise

    def _give_back(self, zygote: Zygote) -> None:
        worn = zygote.served >= RECYCLE_AFTER and not zygote.dead
        if not worn and not zygote.dead:
            with self._changing:
                self._idle.append(zygote)
        self._one_less()
        if worn:
            zygote.close()

    def _one_less(self) -> None:
        with self._changing:
            self._running -= 1
            self._changing.notify()
