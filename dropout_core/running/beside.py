"""What evaluations share that run beside each other: what may be in flight, whose turn it is, where code is run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dropout_core.models.retry.gate import Gate
from dropout_core.running.batches.rounds import Rounds

if TYPE_CHECKING:
    from dropout_core.sandbox import ReadableFolder, Sandbox

OpenSandbox = Callable[["ReadableFolder | None"], Awaitable["Sandbox"]]
"""Gives the sandbox that may read a folder. Whoever made it closes what it opens."""


class Turns(Protocol):
    """Says which of several evaluations begins the next trial."""

    def may_begin(self, evaluation: int) -> bool:
        """Whether the evaluation of this number may give a slot to one trial now; asked once for each trial."""
        ...

    def advanced(self) -> None:
        """Something has begun or ended: it may be another one's turn."""
        ...


@dataclass(frozen=True, slots=True)
class Beside:
    """What one evaluation shares with others."""

    turns: Turns
    gate: Gate | None
    """What the requests of all pass through; ``None`` for answers that no server gives."""
    sandbox: OpenSandbox
    rounds: Rounds = field(default_factory=Rounds)
    """Where requests wait for others, to be submitted in the same round."""
