"""What a store holds beside an evaluation that its checklist is read off."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from dropout_core.storage.errors import StoreUnusable
from dropout_core.storage.kept.audits import KeptAudit
from dropout_core.storage.kept.repeats import KeptRepeat
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """Audits of the task and suite of an evaluation, and what other seeds say of its answers."""

    audits: tuple[KeptAudit, ...] = ()
    """By whatever rules, the newest first."""
    repeats: tuple[KeptRepeat, ...] = ()
    store_option: tuple[str, ...] = ()
    """What a command needs to find the store; nothing where it is found by itself."""


NO_EVIDENCE = StoredEvidence()


def stored_evidence(
    store: Store, number: int, config: EvaluationConfig, store_option: tuple[str, ...] = ()
) -> StoredEvidence:
    """What is stored beside evaluation `number`. What cannot be read shows nothing. Blocking."""
    audits: tuple[KeptAudit, ...] = ()
    repeats: tuple[KeptRepeat, ...] = ()
    with suppress(StoreUnusable):
        audits = store.kept_audits(config.task, config.suite)
    with suppress(StoreUnusable):
        repeats = store.kept_repeats(number)
    return StoredEvidence(audits, repeats, store_option)
