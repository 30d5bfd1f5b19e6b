"""That one evaluation is run by one program at a time.

The kernel keeps the lease and drops it with the process that held it, however that ends, so there is nothing stale
to clean up after a crash.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from dropout_core.store_faults import StoreUnusable


class EvaluationBusy(StoreUnusable):
    """Another program runs this evaluation now."""


class Lease:
    """The right to run one evaluation of a store, held until `give_back`, or the end of this process."""

    def __init__(self, store: Path, evaluation: int) -> None:
        """Take the lease: a lock on one byte of the file beside the store, one byte an evaluation.

        Raises:
            EvaluationBusy: another program holds it.
            StoreUnusable: there can be no such file.
        """
        path = store.with_name(f"{store.name}-leases")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnusable(f"cannot use {path}: {error.strerror}; give another --store") from None
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, evaluation)
        except OSError:
            os.close(self._descriptor)
            raise EvaluationBusy(
                f"evaluation {evaluation} is being run by another program; wait for it, or end that first"
            ) from None

    def give_back(self) -> None:
        """Let another program run it."""
        os.close(self._descriptor)
