"""Sandbox for Linux: each piece of code runs in a fork of a warm process, behind every layer that the system offers.

Each worker is a warm process, started when first needed, and a thread that waits for it. There is one more thread, so
that a request can be prepared, or a result judged, while all workers are busy. The event loop only submits requests and
receives results. A warm process that has died, or served long, is replaced before it is used. If one dies while it runs
code, the code is run once more on a new one, alone. If that dies too, it is the code's failure where the code is able
to cause it, and otherwise the sandbox is broken. Code that was not begun, as the child that was to run it had been
killed, says nothing about either, and is begun anew a few times. Code that was starved on a busy machine is also run
once more, alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Collection, Iterator

from dropout_core.sandbox import ExpressionResult, Fault, FaultKind, ReadableFolder, SandboxBroken
from dropout_core.sandbox.inside.closed_memory import close_memory
from dropout_core.sandbox.inside.layers import NAMES
from dropout_core.sandbox.interpreter import default_interpreter
from dropout_core.sandbox.isolation import Isolation, observed_isolation
from dropout_core.sandbox.processes.ending import Starved
from dropout_core.sandbox.processes.process import Finished
from dropout_core.sandbox.processes.process_sandbox import CLOSED, GIBIBYTE, ProcessSandbox, Request
from dropout_core.sandbox.processes.threads import submitted
from dropout_core.sandbox.processes.turns import STOPPED
from dropout_core.sandbox.processes.zygote import Job, NotStarted, Zygote, ZygoteDied
from dropout_core.sandbox.time_limits import DEFAULT_TIME_LIMIT, TimeLimits
from dropout_core.sandbox.wire import EXPRESSION_RESULT_LIMIT, decode_expression, encode_expression

RECYCLE_AFTER = 1000
"""Pieces of code after which a warm process is replaced."""

MOST_STARTS = 4
"""Times that code is tried to be begun. The system may kill a child that waits for code, as the first thing to go when
memory runs out."""

KILLED_THE_WORKER = Fault(FaultKind.KILLED, "Killed the worker that ran it, twice")
DIED_TWICE = "the sandbox process died, twice, while it ran the code"


class WarmProcess(ProcessSandbox[Job]):
    """Runs each piece of code in a fork of a warm process, on at most `workers` of these at a time."""

    def __init__(
        self,
        *,
        time_limit: float = DEFAULT_TIME_LIMIT,
        clock_limit: float | None = None,
        memory: int = GIBIBYTE,
        workers: int | None = None,
        interpreter: str | None = None,
        layers: Collection[str] = NAMES,
        folder: ReadableFolder | None = None,
    ) -> None:
        """See `ProcessSandbox`; `interpreter` is the running Python unless given.

        Fewer `layers` than all are for measuring what each is worth. The code works in the `folder`, if one is given,
        and may read what is in it and not hidden.
        """
        super().__init__(
            time_limit=time_limit, clock_limit=clock_limit, memory=memory, at_once=workers, spare_threads=1
        )
        self._interpreter = interpreter
        self._layers = tuple(layers)
        self._folder = folder
        self._idle: list[Zygote] = []
        self._isolation: Isolation | None = None
        self._testing = threading.Lock()
        self.restarts = 0
        """Number of warm processes that died and were replaced."""

    @property
    def isolation(self) -> str:
        """Level found by the self-test, which runs before the first piece of code."""
        return "not tested yet" if self._isolation is None else self._isolation.level

    async def tested(self) -> Isolation:
        """What the self-test finds; it is made once. Where that is weak, the memory of this process is closed to others
        of its user (see `closed_memory`), among them the untrusted one.

        Raises:
            SandboxBroken: the sandbox does not work, or is closed.
        """
        if self._closed:
            raise SandboxBroken(CLOSED)
        return await asyncio.wrap_future(submitted(self._threads, self._test))

    def _new_job(self) -> Job:
        return Job(self._time_limits)

    def _end(self) -> None:
        super()._end()
        while self._idle:
            self._idle.pop().close()

    def _finished(self, job: Job, request: Request, result_size: int) -> Finished:
        """Run the request; once more, with no other beside it, when it was starved."""
        job.request, job.result_size = request, result_size
        if job.stopped:
            raise SandboxBroken(STOPPED)
        self._test()
        try:
            return self._run(job)
        except Starved:
            job.limits = job.limits.alone
            return self._run(job, alone=True)

    def _run(self, job: Job, *, alone: bool = False) -> Finished:
        """Run the job on a warm process; when that dies of it, or the code was not begun, once more on a new one, with
        no other beside it.

        Raises:
            SandboxBroken: two died and it was not the code, the code was not begun again and again, or the job was
                stopped.
        """
        died = not_begun = 0
        while True:
            again = died + not_begun > 0
            try:
                with self._taken(job, alone=alone or again, new=again) as zygote:
                    return self._run_on(zygote, job)
            except NotStarted:
                not_begun += 1
                if not_begun == MOST_STARTS:
                    raise
            except ZygoteDied:
                died += 1
                if died == 2:
                    if zygote.is_exposed:
                        return Finished(b"", KILLED_THE_WORKER)
                    raise SandboxBroken(DIED_TWICE) from None

    def _run_on(self, zygote: Zygote, job: Job) -> Finished:
        """Run the job there; when the warm process ends, count that."""
        try:
            return zygote.run(job)
        except NotStarted:
            zygote.kill()
            self._count_restart()
            raise
        except ZygoteDied:
            self._count_restart()
            if job.stopped:
                raise SandboxBroken(STOPPED) from None
            raise

    def _count_restart(self) -> None:
        with self._changing:
            self.restarts += 1

    def _idle_one(self) -> Zygote | None:
        """The most recently used of the living ones."""
        while True:
            with self._changing:
                zygote = self._idle.pop() if self._idle else None
            if zygote is None or zygote.is_alive:
                return zygote
            zygote.kill()
            self._count_restart()

    def _test(self) -> Isolation:
        with self._testing:
            if self._isolation is None:
                try:
                    self._isolation = observed_isolation(self._tried)
                except OSError as error:
                    raise SandboxBroken(f"the sandbox cannot be tested: {error}") from error
                if self._isolation.is_weak:
                    close_memory()
            return self._isolation

    def _tried(self, expression: str) -> ExpressionResult:
        """Run an expression of the self-test."""
        job = Job(TimeLimits.of(max(self._time_limits.processor, DEFAULT_TIME_LIMIT), None))
        job.result_size = EXPRESSION_RESULT_LIMIT
        job.request = encode_expression(expression, self._limits(job.result_size))
        finished = self._run(job)
        return decode_expression(finished.result, finished.ended)

    @contextlib.contextmanager
    def _taken(self, job: Job, *, alone: bool = False, new: bool = False) -> Iterator[Zygote]:
        """A warm process for this thread alone, as soon as there may be one more: that used last, as its memory is
        still in the caches, unless it is to be `new`. Afterwards it is given back, unless it is dead.

        Raises:
            SandboxBroken: the job was stopped meanwhile, or there is no warm process to be had.
        """
        with self._turns.taken(lambda: job.stopped, alone=alone):
            zygote = None if new else self._idle_one()
            if zygote is None:
                zygote = Zygote(self._interpreter or default_interpreter(), self._layers, self._folder)
            try:
                yield zygote
            finally:
                if zygote.served >= RECYCLE_AFTER and not zygote.dead:
                    zygote.close()
                elif not zygote.dead:
                    with self._changing:
                        self._idle.append(zygote)
