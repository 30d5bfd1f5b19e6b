"""Choice of the sandbox on this system, and whether it is strong enough."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol

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
from dropout_core.sandbox.isolation import Isolation
from dropout_core.sandbox.processes.forks import this_process
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
    sandbox = _chosen(force, time_limit, clock_limit, workers, folder)
    try:
        isolation = await sandbox.tested()
        if isolation.is_weak and not allow_weak:
            raise SandboxTooWeak(f"{_danger(isolation)}; use --allow-weak-sandbox to run it all the same")
    except BaseException:
        await sandbox.close()
        raise
    return sandbox


def _chosen(
    force: Kind | None,
    time_limit: float,
    clock_limit: float | None,
    workers: int | None,
    folder: ReadableFolder | None,
) -> TestedSandbox:
    """The best sandbox, not tested yet. It starts nothing before it is used.

    Raises:
        SandboxBroken: there is none of this kind here.
    """
    if sys.platform != "linux" or force == "fresh":
        if force == "warm":
            raise SandboxBroken(f"there is no warm sandbox on {sys.platform}")
        return FreshProcess(time_limit=time_limit, clock_limit=clock_limit, concurrency=workers)
    from dropout_core.sandbox.processes.warm_process import WarmProcess

    return WarmProcess(time_limit=time_limit, clock_limit=clock_limit, workers=workers, folder=folder)


def _danger(isolation: Isolation) -> str:
    return f"on this system untrusted code could {isolation.unprotected}"


class TestedSandbox(Sandbox, Protocol):
    """A sandbox that tells what a test of it finds."""

    async def tested(self) -> Isolation:
        """What the test finds; it is made once.

        Raises:
            SandboxBroken: the sandbox does not work.
        """
        ...


class BestSandbox:
    """The best sandbox, opened when it is first used: from any thread and any event loop, and anew in each process
    that is forked. A copy by pickle is opened by itself.

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
        self._choose = partial(_chosen, None, time_limit, clock_limit, workers, folder)
        self._of_process: dict[object, _Opened] = {}
        """What each process has opened, by its mark. A fork knows of its parent's and never touches it: the threads
        that serve it are not there, and its warm processes are the parent's."""

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_of_process": {}}

    @property
    def isolation(self) -> str:
        """See `Sandbox.isolation`."""
        opened = self._of_process.get(this_process())
        return "not tested yet" if opened is None else opened.sandbox.isolation

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
        """See `Sandbox.close`. Closes that of this process."""
        await self._opened().sandbox.close()

    def _opened(self) -> _Opened:
        """That of this process. Made on first use, in one step for all threads: one that is made and not kept has
        started nothing."""
        mark = this_process()
        opened = self._of_process.get(mark)
        return opened or self._of_process.setdefault(mark, _Opened(self._choose()))

    async def _best(self) -> Sandbox:
        opened = self._opened()
        if opened.isolation is None:
            isolation = await opened.sandbox.tested()
            if isolation.is_weak and self._allow_weak is None and opened.isolation is None:
                warnings.warn(f"{_danger(isolation)} (see allow_weak)", WeakSandboxWarning, stacklevel=2)
            opened.isolation = isolation
        if opened.isolation.is_weak and self._allow_weak is False:
            raise SandboxTooWeak(_danger(opened.isolation))
        return opened.sandbox


@dataclass(slots=True, eq=False)
class _Opened:
    """A sandbox that one process uses."""

    sandbox: TestedSandbox
    isolation: Isolation | None = None
    """What its test found, and the user has been warned of; `None` before."""
