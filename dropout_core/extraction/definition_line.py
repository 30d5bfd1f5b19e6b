"""How a line begins that defines the function that is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

_function: ContextVar[str] = ContextVar("function", default="dropout")


@contextmanager
def looking_for(function: str) -> Iterator[None]:
    """Inside, code is looked for that defines a function of this name. Outside it is `dropout`."""
    token = _function.set(function)
    try:
        yield
    finally:
        _function.reset(token)


def function_name() -> str:
    """The name of the function that is asked for."""
    return _function.get()


def definition_line() -> re.Pattern[str]:
    """A line that begins a definition of it, whether or not it parses."""
    return _definition_of(_function.get())


@lru_cache(maxsize=64)
def _definition_of(function: str) -> re.Pattern[str]:
    name = re.escape(function)
    return re.compile(
        rf"^[ \t]*(?:def[ \t]+{name}[ \t]*[(\[]|class[ \t]+{name}\b|{name}[ \t]*(?::[^=\n]+)?=(?!=))", re.M
    )
