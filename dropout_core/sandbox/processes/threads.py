"""Submitting work to threads, on systems that may have none left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from dropout_core.sandbox import SandboxBroken

P = ParamSpec("P")
T = TypeVar("T")


def submitted(threads: Executor, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> Future[T]:
    """Submit the work to one of the threads.

    Raises:
        SandboxBroken: there is none, and the system starts no more.
    """
    try:
        return threads.submit(work, *given, **named)
    except RuntimeError as error:
        raise SandboxBroken(f"cannot start a sandbox process: {error}") from error


async def in_some_thread(work: Callable[[], object]) -> None:
    """Do the work in a new thread, or in this one where the system starts no more.

    The event loop's own threads are not used: the loop needs one of them to end.
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
