"""Asks at the terminal before a key is sent to an address that only a stored evaluation names."""

from __future__ import annotations

import sys
from pathlib import Path

from dropout_core.running.overrides import ResumeOverrides
from dropout_core.storage.store import StoreUnusable
from dropout_tui.command_line.complaints import Complaint
from dropout_tui.command_line.open_store import Complain, opened_store
from dropout_tui.settings.known_addresses import AddressNotNamed, KnownAddresses
from dropout_tui.text.sanitize import visible_line

NOTHING_SENT = "nothing was sent"


def asked_first(
    store_path: Path, number: int | None, changes: ResumeOverrides, known: KnownAddresses, complain: Complain
) -> KnownAddresses | None:
    """The addresses that may get the key when the evaluation is resumed; ``None`` when the user says no.

    Anything else that is wrong is reported when the evaluation is resumed.
    """
    if not store_path.exists():
        return known
    try:
        with opened_store(store_path, create=False) as store:
            chosen = number or store.newest_unfinished(or_with_voids=changes.repeats_voids)
            if chosen is None:
                return known
            config = changes.of(store.config(chosen))
            known.check(config)
    except (StoreUnusable, Complaint):
        return known
    except AddressNotNamed as unnamed:
        if _says_yes(unnamed.question):
            return known.with_one(unnamed.destination.address)
        complain(NOTHING_SENT)
        return None
    return known


def _says_yes(question: str) -> bool:
    print(f"{visible_line(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
