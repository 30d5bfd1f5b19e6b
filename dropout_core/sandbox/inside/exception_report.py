"""Report of an exception in plain text, however hostile the exception is.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import builtins
import errno
from collections.abc import Callable

FILE_NAME = "<answer>"
UNSPEAKABLE = "An exception that cannot be described"
LONGEST_TEXT = 300
MOST_TYPES = 20
MOST_CAUSES = 5
BUILT_IN_EXCEPTIONS = {
    id(kind): kind.__name__
    for kind in vars(builtins).values()
    if isinstance(kind, type) and issubclass(kind, BaseException)
}
name_of: Callable[[type], str] = type.__dict__["__name__"].__get__
bases_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
"""Name of a class, and the class with all its bases, whatever its metaclass says."""
REFUSALS = (errno.EPERM, errno.EACCES, errno.EROFS)
NO_TEMPORARY_FOLDER = "No usable temporary directory"
"""Message of `tempfile` when no folder is writable."""


def told(error: BaseException, kind: str, _: object = None) -> tuple[str, str, int | None, tuple[str, ...]]:
    """Kind, message, line and classes of an exception, as plain values."""
    kind, text, line = described(error, kind)
    try:
        text = plain(text)[:LONGEST_TEXT]
    except BaseException:
        text = UNSPEAKABLE
    return kind, text, line if type(line) is int else None, _types(error)


def plain(text: str) -> str:
    """A plain string for a text that may be of a class of its own."""
    return "".join((text,))


def class_name(kind: type) -> str:
    """Name of the class, whatever its metaclass says."""
    return plain(name_of(kind))


def described(error: BaseException, kind: str) -> tuple[str, str, int | None]:
    """Kind, message and line of an exception, however hostile it is."""
    try:
        name, words = type(error).__name__, str(error)
        text = f"{name}: {words}" if words else name
        if kind == "syntax":
            if isinstance(error, SyntaxError):
                return kind, f"{name}: {error.msg}", error.lineno
            return kind, f"Cannot be compiled: {text}", None
        if isinstance(error, MemoryError):
            return "out_of_memory", "Ran out of memory", _line(error)
        if _was_forbidden(error):
            return "forbidden", f"Not allowed in the sandbox: {text}", _line(error)
        if isinstance(error, SystemExit):
            return "exited", "Exited early, with sys.exit", _line(error)
        return kind, text, _line(error)
    except BaseException:
        return kind, UNSPEAKABLE, None


def _was_forbidden(error: BaseException) -> bool:
    """Whether the system refused something, including errors that a library words itself."""
    seen: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if isinstance(seen, OSError) and seen.errno in REFUSALS:
            return True
        if isinstance(seen, FileNotFoundError) and NO_TEMPORARY_FOLDER in str(seen):
            return True
        if isinstance(seen, RuntimeError) and seen.args == ("can't start new thread",):
            return True
        if seen is None:
            return False
        seen = seen.__cause__ or seen.__context__
    return False


def _types(error: BaseException) -> tuple[str, ...]:
    """Names of the built-in classes by which ``except`` catches the exception."""
    names = (BUILT_IN_EXCEPTIONS.get(id(kind)) for kind in bases_of(type(error)))
    return tuple(filter(None, names))[:MOST_TYPES]


def _line(error: BaseException) -> int | None:
    """Last line of the code in the exception's traceback."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
