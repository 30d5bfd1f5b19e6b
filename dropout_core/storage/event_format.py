"""The number of the form in which events are stored: it grows whenever an event or one of its fields comes or goes.

An evaluation keeps the number it was written with, so that an older version says *upgrade* instead of reading half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields

from dropout_core.state.events import FLEETING, KINDS, Event

DIGESTS = ("", "42067d2172", "8c6acace50", "727218c6c5")
"""Of the events of each format from 1 on; empty of the first, from before there were numbers. A released one stays."""


def digest_of(kinds: Mapping[str, type[Event]]) -> str:
    """Equal for the same stored events with the same fields."""
    named = sorted(
        f"{name}({','.join(sorted(item.name for item in fields(kind)))})"
        for name, kind in kinds.items()
        if not issubclass(kind, FLEETING)
    )
    return hashlib.sha256("\n".join(named).encode()).hexdigest()[:10]


def format_of(kinds: Mapping[str, type[Event]]) -> int:
    """The number of the format that these events are stored in.

    Raises:
        LookupError: they are of no format there is: they need a number of their own.
    """
    digest = digest_of(kinds)
    if digest not in DIGESTS:
        raise LookupError(f"the stored events have changed; append their digest {digest!r} to DIGESTS")
    return DIGESTS.index(digest) + 1


FORMAT = format_of(KINDS)
"""Of the events of this version."""
