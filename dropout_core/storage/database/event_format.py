"""Format number of stored events: it grows when a release adds or drops an event, or a field of one.

An evaluation keeps the number it was written with, so that an older version says *upgrade* instead of reading half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields

from dropout_core.state.events import FLEETING, KINDS, Event

DIGESTS = ("9f96d2a246",)
"""Digest of the events of each released format, from 1 on, and of the next one to be released."""


def digest_of(kinds: Mapping[str, type[Event]]) -> str:
    """Digest that is equal for the same stored events with the same fields."""
    named = sorted(
        f"{name}({','.join(sorted(item.name for item in fields(kind)))})"
        for name, kind in kinds.items()
        if not issubclass(kind, FLEETING)
    )
    return hashlib.sha256("\n".join(named).encode()).hexdigest()[:10]


def format_of(kinds: Mapping[str, type[Event]]) -> int:
    """The number of the format that these events are stored in.

    Raises:
        LookupError: they are of no format there is. One that is not released yet gets their digest; else append it.
    """
    digest = digest_of(kinds)
    if digest not in DIGESTS:
        raise LookupError(f"the stored events have changed; their digest {digest!r} belongs in DIGESTS")
    return DIGESTS.index(digest) + 1


FORMAT = format_of(KINDS)
"""Format of this version's events."""
