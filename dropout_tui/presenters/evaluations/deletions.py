"""Deleting evaluations with undo: hidden at once, removed from the store some seconds later.

Until then each keeps its lease, so that no program resumes it, and can be restored. A program that is killed
meanwhile has deleted nothing.
"""

from __future__ import annotations

import threading
from contextlib import suppress

from dropout_core.storage.lease import Lease
from dropout_core.storage.store import Store, StoreUnusable, UnknownEvaluation

UNDO_SECONDS = 10.0
"""Seconds for which a deletion can be undone."""


class Deletions:
    """The evaluations deleted by this program. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leases: dict[int, Lease] = {}
        """The leases of those that can still be restored, in the order they were deleted."""
        self._gone: set[int] = set()
        self._guard = threading.Lock()

    @property
    def latest(self) -> int | None:
        """The evaluation that `undo` would restore; ``None`` when there is none."""
        return next(reversed(self._leases), None)

    def hides(self, evaluation: int) -> bool:
        """Whether an evaluation is hidden."""
        return evaluation in self._leases or evaluation in self._gone

    def set_aside(self, evaluation: int) -> None:
        """Hide an evaluation; it can be restored until `complete` removes it.

        Raises:
            EvaluationBusy: a program runs it.
        """
        lease = Lease(self._store.path, evaluation)
        with self._guard:
            self._leases[evaluation] = lease

    def undo(self) -> int | None:
        """Restore the evaluation that was deleted last and return its number; ``None`` when there is none."""
        with self._guard:
            if not self._leases:
                return None
            evaluation, lease = self._leases.popitem()
        lease.release()
        return evaluation

    def complete(self, evaluation: int) -> None:
        """Remove it from the store, unless it has been restored.

        Raises:
            StoreUnusable: that failed, and the evaluation is no longer hidden.
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
        """Remove all of them from the store, as far as possible now."""
        for evaluation in tuple(self._leases):
            with suppress(StoreUnusable):
                self.complete(evaluation)
