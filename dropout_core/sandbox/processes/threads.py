"""Work for threads, where the system may have none left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from dropout_core.sandbox import SandboxBroken

P = ParamSpec("P")
T = TypeVar("T")


def submitted(threads: Executor, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> Future[T]:
    """Hand the work to one of the threads.

    Raises:
        SandboxBroken: there is none, and the system starts no more.
    """
    try:
        return threads.submit(work, *given, **named)
    except RuntimeError as error:
        raise SandboxBroken(f"cannot start a sandbox process: {error}") from error


async def in_some_thread(work: Callable[[], object]) -> None:
    """Do the work in a thread of its own, or in this one, which then waits for it, where the system starts no more.

    The event loop's own threads are left alone: it could not end without one more.
    """
    threads = ThreadPoolExecutor(1)
    try:
        done = threads.submit(work)
    except RuntimeError:
        work()
        return
    try:
        await asyncio.wrap_future(done)
    finally:
        threads.shutdown(wait=False)
