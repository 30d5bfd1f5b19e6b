"""What the app opens once its first frame is painted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dropout_core.running.overrides import ResumeOverrides
    from dropout_core.running.session import Session
    from dropout_core.storage.store import Store
    from dropout_core.values.config import EvaluationConfig
    from dropout_tui.presenters.launch_form import LaunchForm
    from dropout_tui.settings.known_addresses import KnownAddresses


class CannotOpen(Exception):
    """There is nothing to show; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A store, and what to begin with."""

    store: Store
    form: LaunchForm
    """What the launch form is filled in with."""
    first: EvaluationConfig | Session | None = None
    """An evaluation to begin with: a new one, or a stored one to go on with. ``None`` shows the launch form."""
    changes: ResumeOverrides | None = None
    """What is to be otherwise when a stored one goes on."""
    known: KnownAddresses | None = None
    """Where a key may go when a stored one goes on; ``None``: nowhere that only the store names."""


Opening = Callable[[], Opened]
"""Opens it, off the event loop; raises `CannotOpen`. Whoever made it closes the store when the app has ended."""


@dataclass(frozen=True, slots=True)
class FirstWords:
    """What is painted meanwhile."""

    title: str = ""
    detail: str = ""
    notice: str = ""
    """What must be said on every screen."""
