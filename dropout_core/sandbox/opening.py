"""Choice of the sandbox on this system, and whether it is strong enough."""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Literal

from dropout_core.sandbox import (
    Call,
    ExpressionResult,
    Observation,
    Prepared,
    ReadableFolder,
    Sandbox,
    SandboxBroken,
    SandboxTooWeak,
    T,
)
from dropout_core.sandbox.function_calls import PreparedCalls
from dropout_core.sandbox.isolation import UNPROTECTED, Isolation
from dropout_core.sandbox.processes.fresh_process import FreshProcess
from dropout_core.sandbox.time_limits import DEFAULT_TIME_LIMIT

Kind = Literal["warm", "fresh"]


class WeakSandboxWarning(UserWarning):
    """Untrusted code is run without protecting the system from it. Verdicts are right all the same."""


async def open_sandbox(
    *,
    allow_weak: bool = False,
    force: Kind | None = None,
    time_limit: float = DEFAULT_TIME_LIMIT,
    clock_limit: float | None = None,
    workers: int | None = None,
    folder: ReadableFolder | None = None,
) -> Sandbox:
    """The best sandbox that this system has, tested: on Linux a fork of a warm process behind every layer the
    kernel offers, elsewhere, or when forced, a fresh process.

    `time_limit` in seconds of processor time for one piece of code, and `clock_limit` in seconds that pass meanwhile,
    six times as many unless given; at most `workers` run at once: as many as there are processors that this process
    may use, unless given. What runs there works in the `folder`, if one is given, and may read what is in
    it and not hidden.

    Raises:
        SandboxTooWeak: it would not protect this system, and `allow_weak` is false.
        SandboxBroken: it does not work.
    """
    sandbox, isolation = await _opened(force, time_limit, clock_limit, workers, folder)
    if isolation.is_weak and not allow_weak:
        await sandbox.close()
        raise SandboxTooWeak(f"{_danger(isolation)}; use --allow-weak-sandbox to run it all the same")
    return sandbox


async def _opened(
    force: Kind | None,
    time_limit: float,
    clock_limit: float | None,
    workers: int | None,
    folder: ReadableFolder | None,
) -> tuple[Sandbox, Isolation]:
    if sys.platform != "linux" or force == "fresh":
        if force == "warm":
            raise SandboxBroken(f"there is no warm sandbox on {sys.platform}")
        return FreshProcess(time_limit=time_limit, clock_limit=clock_limit, concurrency=workers), UNPROTECTED
    from dropout_core.sandbox.processes.warm_process import WarmProcess

    sandbox = WarmProcess(time_limit=time_limit, clock_limit=clock_limit, workers=workers, folder=folder)
    try:
        return sandbox, await sandbox.tested()
    except BaseException:
        await sandbox.close()
        raise


def _danger(isolation: Isolation) -> str:
    return f"on this system untrusted code could {isolation.unprotected}"


class BestSandbox:
    """The best sandbox, opened when it is first used.

    For use from Python, where there is no flag to ask for: a weak one is used with a `WeakSandboxWarning`,
    unless `allow_weak` is true, which silences it, or false, which makes every call raise `SandboxTooWeak`.
    """

    def __init__(
        self,
        *,
        allow_weak: bool | None = None,
        time_limit: float = DEFAULT_TIME_LIMIT,
        clock_limit: float | None = None,
        workers: int | None = None,
        folder: ReadableFolder | None = None,
    ) -> None:
        """See `open_sandbox`."""
        self._allow_weak = allow_weak
        self._time_limit = time_limit
        self._clock_limit = clock_limit
        self._workers = workers
        self._folder = folder
        self._opening: asyncio.Task[Sandbox] | None = None

    @property
    def isolation(self) -> str:
        """See `Sandbox.isolation`."""
        sandbox = self._opened()
        return "not tested yet" if sandbox is None else sandbox.isolation

    async def call(self, code: str, calls: Sequence[Call], *, seed: int) -> Observation:
        """See `Sandbox.call`."""
        return await (await self._best()).call(code, calls, seed=seed)

    async def call_prepared(self, code: str, prepare: Callable[[], Prepared[T]], *, seed: int) -> T:
        """See `Sandbox.call_prepared`."""
        return await (await self._best()).call_prepared(code, prepare, seed=seed)

    async def call_function(self, code: str, prepare: Callable[[], PreparedCalls[T]], *, seed: int) -> T:
        """See `Sandbox.call_function`."""
        return await (await self._best()).call_function(code, prepare, seed=seed)

    async def evaluate(self, expression: str) -> ExpressionResult:
        """See `Sandbox.evaluate`."""
        return await (await self._best()).evaluate(expression)

    async def close(self) -> None:
        """See `Sandbox.close`."""
        if self._opening is not None:
            await asyncio.wait([self._opening])
        sandbox = self._opened()
        if sandbox is not None:
            await sandbox.close()

    def _opened(self) -> Sandbox | None:
        """The sandbox once it is open, even if whoever opened it stopped waiting."""
        opening = self._opening
        if opening is None or not opening.done() or opening.cancelled() or opening.exception() is not None:
            return None
        return opening.result()

    async def _best(self) -> Sandbox:
        if self._opening is None or (self._opening.done() and self._opened() is None):
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> Sandbox:
        sandbox, isolation = await _opened(
            None, self._time_limit, self._clock_limit, self._workers, self._folder
        )
        if isolation.is_weak and self._allow_weak is False:
            await sandbox.close()
            raise SandboxTooWeak(_danger(isolation))
        if isolation.is_weak and self._allow_weak is None:
            warnings.warn(f"{_danger(isolation)} (see allow_weak)", WeakSandboxWarning, stacklevel=2)
        return sandbox
