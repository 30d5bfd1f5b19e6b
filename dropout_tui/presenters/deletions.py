"""Evaluations that were deleted a moment ago: out of sight at once, out of the store some seconds later.

Until then each keeps its lease, so that nobody goes on with it, and can be brought back. A program that is killed
meanwhile has deleted nothing.
"""

from __future__ import annotations

import threading
from contextlib import suppress

from dropout_core.storage.lease import Lease
from dropout_core.storage.store import Store, StoreUnusable, UnknownEvaluation

UNDO_SECONDS = 10.0
"""How long a deletion can be undone."""


class Deletions:
    """What was deleted here. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leases: dict[int, Lease] = {}
        """Of those that can still be brought back, in the order they were deleted."""
        self._gone: set[int] = set()
        self._guard = threading.Lock()

    @property
    def latest(self) -> int | None:
        """What would be brought back next; ``None`` when nothing can be."""
        return next(reversed(self._leases), None)

    def hides(self, evaluation: int) -> bool:
        """Whether it is no longer to be seen."""
        return evaluation in self._leases or evaluation in self._gone

    def set_aside(self, evaluation: int) -> None:
        """Delete it, so that it can be brought back until it is `complete`.

        Raises:
            EvaluationBusy: someone runs it.
        """
        lease = Lease(self._store.path, evaluation)
        with self._guard:
            self._leases[evaluation] = lease

    def undo(self) -> int | None:
        """Bring back what was deleted last; ``None`` when there is nothing."""
        with self._guard:
            if not self._leases:
                return None
            evaluation, lease = self._leases.popitem()
        lease.release()
        return evaluation

    def complete(self, evaluation: int) -> None:
        """Take it out of the store, unless it has been brought back.

        Raises:
            StoreUnusable: that fails; it is to be seen again.
        """
        with self._guard:
            lease = self._leases.pop(evaluation, None)
            if lease is None:
                return
            self._gone.add(evaluation)
        try:
            with suppress(UnknownEvaluation):
                self._store.delete(evaluation)
        except StoreUnusable:
            self._gone.discard(evaluation)
            raise
        finally:
            lease.release()

    def complete_all(self) -> None:
        """Take all of them out of the store, as far as that can be done now."""
        for evaluation in tuple(self._leases):
            with suppress(StoreUnusable):
                self.complete(evaluation)
