"""Opens the store that a command works on, or ends the program with one line that says why that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.store import DamagedEvaluation, Store, UnknownEvaluation
from dropout_core.values.files.private_files import OWN_FOLDER, close_to_others
from dropout_tui.command_line.complaints import Complaint
from dropout_tui.settings.config_file import default_store
from dropout_tui.settings.store_option import command_line

Complain = Callable[[str], None]


MOST_SAID = 10
"""The most lines printed about unreadable parts of one evaluation."""


def open_store(path: Path) -> Store:
    """The store at `path`. The program's own folder is made private; one that the user named keeps its mode.

    Raises:
        StoreUnusable: it cannot be opened.
    """
    if path.parent.absolute() == default_store().parent.absolute():
        close_to_others(path.parent, OWN_FOLDER)
    return Store(path)


def state_of(store: Store, number: int, complain: Complain) -> EvaluationState:
    """The state of a stored evaluation; prints what part of it cannot be read.

    Raises:
        UnknownEvaluation: there is none with this number.
        StoreUnusable: it cannot be read at all.
    """
    state = store.state(number)
    for line in state.damage[:MOST_SAID]:
        complain(str(DamagedEvaluation(number, line)))
    if (further := len(state.damage) - MOST_SAID) > 0:
        complain(f"evaluation {number}: {further:,} more cannot be read")
    return state


def said_of_no_store(path: Path) -> str:
    """The line about a store that does not exist, with what makes one."""
    return f"there is no store {path} yet; dropout-tui run makes one, --store names another"


def said_of_unknown(error: UnknownEvaluation, store: Path) -> str:
    """The line about a number that `store` does not have, with the command that shows those it has."""
    return f"{error}; see: {command_line(store, 'history')}"


@contextmanager
def opened_store(path: Path, *, create: bool = True) -> Iterator[Store]:
    """The open store. Without `create` it must exist.

    Raises:
        Complaint: there is none, or what is done with it asks for an evaluation that it does not have.
        StoreUnusable: it cannot be opened.
    """
    if not create and not path.exists():
        raise Complaint(said_of_no_store(path))
    store = open_store(path)
    try:
        yield store
    except UnknownEvaluation as error:
        raise Complaint(said_of_unknown(error, path)) from None
    finally:
        store.close()
