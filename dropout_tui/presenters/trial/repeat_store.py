"""Where the gradings with other seeds are kept that a person asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from dropout_core.storage.kept.repeats import KeptRepeat


@runtime_checkable
class RepeatStore(Protocol):
    """Keeps them, whoever runs the evaluation. Both block."""

    def keep_repeats(self, evaluation: int, repeats: Sequence[KeptRepeat]) -> None:
        """Make gradings durable."""

    def kept_repeats(self, evaluation: int) -> tuple[KeptRepeat, ...]:
        """All that are kept of an evaluation."""
        ...
