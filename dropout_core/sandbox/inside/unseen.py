"""Runs untrusted code where it cannot see anything of its grading.

A function can see the frames of its callers, with all their variables. So the steps of a grading come from a generator:
its variables are in its own frame, which is no caller's while it waits, and only the loop refers to the generator.
Everything else that may run the code's own functions – finalizers, garbage collection, timers, profile functions –
happens here too, and not in the generator.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from os import _exit
from signal import ITIMER_PROF, ITIMER_REAL, ITIMER_VIRTUAL, setitimer
from typing import Any

Step = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], list[Any]]
"""A function, its arguments, and the list that receives its result: the result and `None`, or `None` and an
exception."""
Steps = Iterator[Step | None]
"""Steps in order; `None` releases the arguments and the result of the step before it."""

_TIMERS = (ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF)
_TRIES = 5
_TOOLS = range(6)
"""Tool ids of `sys.monitoring`."""
_REFUSED = frozenset({"gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys.addaudithook"})
"""Audit events by which unnamed objects are found, or functions called at any time."""


def _hooks_cleared() -> Callable[[], None]:
    """Clears every hook of the code, with functions that it cannot replace."""
    set_profile, set_trace = sys.setprofile, sys.settrace
    monitoring = getattr(sys, "monitoring", None)
    monitored = None if monitoring is None else (monitoring.get_tool, monitoring.set_events)

    def clear() -> None:
        set_profile(None)
        set_trace(None)
        if monitored is not None:
            tool_of, silence = monitored
            for tool in _TOOLS:
                if tool_of(tool) is not None:
                    silence(tool, 0)
        for timer in _TIMERS:
            setitimer(timer, 0)

    return clear


_clear_hooks = _hooks_cleared()
_tidy, _do_not_tidy = gc.enable, gc.disable


def take(steps: list[Steps]) -> None:
    """Take each step of the one row of `steps`, which is out of reach from then on."""
    for step in steps.pop():
        if step is None:
            function = given = keywords = came = None
            continue
        function, given, keywords, came = step
        step = None  # drop the last reference
        try:
            _tidy()
            came[:] = function(*given, **keywords), None
        except BaseException as error:
            came[:] = None, error
        _be_alone()
    _tidy()


def _be_alone() -> None:
    """Nothing of the code's runs from here on, unless it is called. What cannot be stopped ends the process."""
    for _ in range(_TRIES):
        try:
            _do_not_tidy()
            _clear_hooks()
        except BaseException:  # raised by a hook, which is often removed by it
            continue
        return
    _exit(1)


def keep_out_of_sight() -> None:
    """Refuse what would find the generator nevertheless, and have nothing of this package be found by its name."""

    def refuse(event: str, _: object, refused: frozenset[str] = _REFUSED) -> None:
        if event in refused:
            raise RuntimeError(f"not allowed in the sandbox: {event}")

    sys.addaudithook(refuse)
    package = __name__.rpartition(".")[0]
    vars(sys.modules[package]).clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    launched = vars(sys.modules["__main__"])
    for name in [name for name in launched if not name.startswith("__")]:
        del launched[name]
