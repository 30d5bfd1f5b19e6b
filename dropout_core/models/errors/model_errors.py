"""A fault as the `ModelError` that a model raises for it."""

from __future__ import annotations

from dropout_core.models import NOTHING_SPENT, ModelError, ModelUnusable, TryAgain, Usage
from dropout_core.models.errors.connection_errors import cannot_reach
from dropout_core.models.errors.request_failure import Fault, Remedy

FIRST_CONTACT_TRIES = 3
"""Tries to connect to a server that has never answered; a wrong address stays wrong."""


def error_of(fault: Fault, *, spent: Usage = NOTHING_SPENT, discarded_text: bool = False) -> ModelError:
    """The error for a `fault`, with what the reply had cost that was broken off, and whether its text is discarded."""
    match fault.remedy:
        case Remedy.STOP:
            return ModelUnusable(fault.message, spent=spent, discarded_text=discarded_text)
        case Remedy.GIVE_UP:
            return ModelError(fault.message, spent=spent, discarded_text=discarded_text)
        case Remedy.RETRY:
            return TryAgain(
                fault.message,
                said=fault.said,
                spent=spent,
                discarded_text=discarded_text,
                retry_after=fault.retry_after,
                turned_away=fault.turned_away,
            )


def never_reached(fault: Fault, why: str, base_url: str) -> TryAgain:
    """The error for the `fault` that a server which has never answered cannot be connected to, and `why`."""
    return TryAgain(
        fault.message, tries=FIRST_CONTACT_TRIES, unusable=cannot_reach(base_url, why, fault.proxy)
    )
