"""Task files that the user has named: a task file is code, and is run only if it was named.

A file that only a stored evaluation names is not run, as a store may come from anybody.
"""

from __future__ import annotations

from pathlib import Path

_named: set[str] = set()


def name_task_file(path: str | Path) -> str:
    """Note that the user named this file, or its folder; from now on it may be run. Returns its absolute path."""
    whole = _whole(path)
    _named.add(whole)
    return whole


def is_named(path: str | Path) -> bool:
    """Whether the user has named this file, or the folder that it is in."""
    whole = Path(_whole(path))
    return str(whole) in _named or str(whole.parent) in _named


def _whole(path: str | Path) -> str:
    try:
        return str(Path(path).expanduser().resolve())
    except (OSError, RuntimeError, ValueError):  # circular links, an unknown user, or an invalid path
        return str(path)
