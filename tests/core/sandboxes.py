"""The sandboxes that there are, for tests of what they have in common."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dropout_core.sandbox import Sandbox
from dropout_core.sandbox.processes.fresh_process import FreshProcess

ON_LINUX = sys.platform == "linux"
linux_only = pytest.mark.skipif(not ON_LINUX, reason="needs Linux")

KINDS = ["fresh", "warm"] if ON_LINUX else ["fresh"]
WARM_FIRST = [pytest.param("fresh", marks=pytest.mark.long_run), "warm"] if ON_LINUX else ["fresh"]
"""For what runs the same in both: in a new interpreter for each call it is seen where there is no other sandbox, and in
long runs."""
UNPROTECTED_KINDS = ["fresh", "warm without layers"] if ON_LINUX else ["fresh"]
"""Those in which code can do what it wants: for tests in which it must speak with the test."""


def made(
    kind: str,
    *,
    time_limit: float,
    clock_limit: float | None = None,
    at_once: int | None = None,
    interpreter: str | None = None,
) -> Sandbox:
    """A sandbox that nobody closes."""
    if kind == "fresh":
        return FreshProcess(
            time_limit=time_limit, clock_limit=clock_limit, concurrency=at_once, interpreter=interpreter
        )
    from dropout_core.sandbox.inside.layers import NAMES
    from dropout_core.sandbox.processes.warm_process import WarmProcess

    layers = NAMES if kind == "warm" else ()
    return WarmProcess(
        time_limit=time_limit,
        clock_limit=clock_limit,
        workers=at_once,
        interpreter=interpreter,
        layers=layers,
    )


@asynccontextmanager
async def opened(kind: str, *, time_limit: float) -> AsyncIterator[Sandbox]:
    """A sandbox that is closed afterwards."""
    sandbox = made(kind, time_limit=time_limit)
    yield sandbox
    await sandbox.close()
