"""Pattern of a line that begins a definition of the requested function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

_function: ContextVar[str] = ContextVar("function", default="dropout")


@contextmanager
def looking_for(function: str) -> Iterator[None]:
    """Extract code that defines a function of this name inside the block; outside it the name is `dropout`."""
    token = _function.set(function)
    try:
        yield
    finally:
        _function.reset(token)


def function_name() -> str:
    """Name of the requested function."""
    return _function.get()


def definition_line() -> re.Pattern[str]:
    """Pattern of a line that begins its definition, whether or not it parses."""
    return _definition_of(_function.get())


@lru_cache(maxsize=64)
def _definition_of(function: str) -> re.Pattern[str]:
    name = re.escape(function)
    return re.compile(
        rf"^[ \t]*(?:def[ \t]+{name}[ \t]*[(\[]|class[ \t]+{name}\b|{name}[ \t]*(?::[^=\n]+)?=(?!=))", re.M
    )
