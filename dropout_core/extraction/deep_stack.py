"""Stack space for Python's parser, which recurses as deeply as the code is nested and crashes when the stack is too
small."""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

ENOUGH = 2 << 20
"""Stack size in bytes: twice what the parser uses before it refuses deeper nesting."""
DEEP = 16 << 20

_starting = threading.Lock()


def _begin_fork() -> None:
    global _starting
    _starting = threading.Lock()  # a thread of the parent's may hold the other


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_fork)


def with_deep_stack(work: Callable[[], T]) -> T:
    """Result of `work`, which must not raise, on a large enough stack: in a new thread where the current stack may be
    too small.

    Raises:
        MemoryError: there is no such thread to be had.
    """
    if not _may_be_shallow():
        return work()
    results: list[T] = []
    thread = threading.Thread(target=lambda: results.append(work()), name="parser")
    with _starting:
        usual = threading.stack_size(DEEP)
        try:
            thread.start()
        except RuntimeError as error:
            raise MemoryError("there is no room for the parser") from error
        finally:
            threading.stack_size(usual)
    thread.join()
    return results[0]


def _may_be_shallow() -> bool:
    """Whether this thread's stack may be too small. Threads have what the limit says, unless they were started with
    another, or by another C library than that of GNU."""
    soft, asked = _soft_limit(), threading.stack_size()
    if threading.current_thread() is threading.main_thread():
        return soft < ENOUGH
    return (asked or (soft if _has_usual_threads() else 0)) < ENOUGH


def _soft_limit() -> int:
    try:
        soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    except OSError:
        return 0
    return ENOUGH if soft == resource.RLIM_INFINITY else soft


def _has_usual_threads() -> bool:
    if sys.platform != "linux":
        return True
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (OSError, ValueError):
        return False
