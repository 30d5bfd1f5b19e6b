"""The sandbox that works everywhere: a new interpreter for each call.

Isolation ``weak``: another process with an empty environment, its own working folder, and bounds on memory,
processor time, file size and time by the clock; all of its processes are killed in the end. It keeps verdicts safe.
It does not keep the code from reading files, using the network, or signalling processes of the same user.
"""

from __future__ import annotations

from dropout_core.sandbox.inside.closed_memory import close_memory
from dropout_core.sandbox.interpreter import default_interpreter
from dropout_core.sandbox.isolation import UNPROTECTED, Isolation
from dropout_core.sandbox.processes.ending import Starved
from dropout_core.sandbox.processes.process import ChildProcess, Finished
from dropout_core.sandbox.processes.process_sandbox import GIBIBYTE, ProcessSandbox, Request
from dropout_core.sandbox.time_limits import DEFAULT_TIME_LIMIT


class FreshProcess(ProcessSandbox[ChildProcess]):
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
        """See `ProcessSandbox`; `interpreter` is the running Python unless given.

        From then on, the memory of this process is protected from others of its user, on Linux (see `closed_memory`).
        """
        close_memory()
        super().__init__(time_limit=time_limit, clock_limit=clock_limit, memory=memory, at_once=concurrency)
        self._interpreter = interpreter

    @property
    def isolation(self) -> str:
        """``"weak"``: see the module."""
        return UNPROTECTED.level

    async def tested(self) -> Isolation:
        """It protects from nothing, so there is nothing to test."""
        return UNPROTECTED

    def _new_job(self) -> ChildProcess:
        return ChildProcess(interpreter=self._interpreter or default_interpreter())

    def _finished(self, job: ChildProcess, request: Request, result_size: int) -> Finished:
        """Run the request; once more, with no other beside it, when it was starved."""
        try:
            with self._turns.taken(lambda: job.stopped):
                return job.run(request, result_size, self._time_limits)
        except Starved:
            with self._turns.taken(lambda: job.stopped, alone=True):
                return job.run(request, result_size, self._time_limits.alone)
