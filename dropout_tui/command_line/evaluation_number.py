"""The number of the evaluation that an argument gives: itself, or by its name."""

from __future__ import annotations

import re
from pathlib import Path

from dropout_tui.command_line.complaints import Complaint
from dropout_tui.command_line.options.values import whole_number

MOST_SAID = 10
"""The most numbers listed of evaluations that have one name."""


def evaluation_number(text: str, argument: str, path: Path) -> int:
    """The number that `text` is, or that of the one evaluation in the store at `path` that has this name.

    Raises:
        Complaint: it is neither, or several have the name.
    """
    named = [] if re.fullmatch(r"#?[+-]?\d+", text) or not path.exists() else _numbers_named(text, path)
    if len(named) > 1:
        more = f" and {len(named) - MOST_SAID:,} more" if len(named) > MOST_SAID else ""
        which = ", ".join(map(str, named[:MOST_SAID])) + more
        raise Complaint(f"{argument} is {text!r}, the name of several evaluations; give a number: {which}")
    return named[0] if named else whole_number(text, argument, or_else="the name of an evaluation")


def _numbers_named(name: str, path: Path) -> list[int]:
    # Imported only for a name, to keep the first paint quick.
    from dropout_core.storage.errors import StoreUnusable
    from dropout_tui.command_line.open_store import open_store

    try:
        store = open_store(path)
    except StoreUnusable as error:
        raise Complaint(str(error)) from None
    try:
        return store.numbers_named(name)
    finally:
        store.close()
