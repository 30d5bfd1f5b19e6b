"""Repeatability: whether something in the code may change its verdict although the seed is the same.

The entropy of the process follows from the seed, also for generators created without one. A clock, an address and a
process id do not; code that reads one is reported, whatever it does with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dropout_core.extraction.python_source import parse

_CLOCKS = frozenset({"time", "perf_counter", "monotonic", "process_time", "thread_time"})
_READ = frozenset(
    {
        *(f"time.{name}{suffix}" for name in _CLOCKS for suffix in ("", "_ns")),
        *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "uuid.uuid1"),
        *("os.getpid", "threading.get_ident", "threading.get_native_id", "ssl.RAND_bytes"),
    }
)
_BARE = frozenset(
    {"id", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "uuid1", "getpid", "get_ident"}
)
_FILES = frozenset({"/dev/urandom", "/dev/random"})
_WORDS = ("time", "today", "id", "monotonic", "perf_counter", "RAND_bytes", "/dev/")


def unrepeatable(code: str) -> tuple[int, str] | None:
    """First line that reads something that does not depend on the seed, and what that is; `None` when none does."""
    if not any(word in code for word in _WORDS):
        return None
    tree = parse(code)
    return min(_readings(tree), default=None) if isinstance(tree, ast.Module) else None


def _readings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in _BARE:
                yield node.lineno, name
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                if f"{owner}.{name}" in _READ:
                    yield node.lineno, f"{owner}.{name}"
            case ast.Constant(value=str(path)) if path in _FILES:
                yield node.lineno, path
