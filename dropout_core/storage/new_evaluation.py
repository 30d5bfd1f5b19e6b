"""A new evaluation in a store, leased to this program before any other can see it; and one that could not begin."""

from __future__ import annotations

from dropout_core.state.events import EvaluationStarted
from dropout_core.storage.errors import StoreUnusable
from dropout_core.storage.lease import Lease
from dropout_core.storage.store import Store


def new_evaluation(store: Store, event: EvaluationStarted) -> tuple[int, Lease]:
    """Store the evaluation that begins with `event`; its number, and its lease.

    Raises:
        StoreUnusable: it cannot be stored.
    """
    taken: list[Lease] = []
    try:
        number = store.create(event, lambda number: taken.append(Lease(store.path, number)))
    except BaseException:
        for lease in taken:
            lease.release()
        raise
    return number, taken[0]


def withdraw(store: Store, number: int) -> None:
    """Remove an evaluation that could not begin. It stays where something has happened in it, or another program has
    taken it up."""
    try:
        lease = Lease(store.path, number)
    except StoreUnusable:
        return
    try:
        store.delete_unbegun(number)
    except StoreUnusable:
        pass
    finally:
        lease.release()
