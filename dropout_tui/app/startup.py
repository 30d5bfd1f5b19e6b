"""What the app starts with, opened once the first frame is painted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dropout_core.costs.purse import Purse
    from dropout_core.running.overrides import ResumeOverrides
    from dropout_core.running.session import Session
    from dropout_core.storage.store import Store
    from dropout_core.values.config import EvaluationConfig
    from dropout_tui.presenters.launch.form import LaunchForm
    from dropout_tui.settings.known_addresses import KnownAddresses


class CannotOpen(Exception):
    """The start point cannot be opened; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class StartPoint:
    """A store, and the first thing to show: an evaluation to run, or the launch form."""

    store: Store
    form: LaunchForm
    """The values that the launch form starts with."""
    first: EvaluationConfig | Session | None = None
    """An evaluation to run at once: a new one, or a stored one to resume. ``None`` shows the launch form."""
    changes: ResumeOverrides | None = None
    """Settings to change when a stored evaluation is resumed."""
    known: KnownAddresses | None = None
    """Addresses that may get the key when a stored evaluation is resumed; ``None``: none that only the store names."""
    purse: Purse | None = None
    """What all evaluations of the program may cost together; ``None`` is no limit."""


OpenStartPoint = Callable[[], StartPoint]
"""Opens the start point, off the event loop; raises `CannotOpen`. The caller closes the store after the app ends."""


@dataclass(frozen=True, slots=True)
class FirstFrameText:
    """The text of the first frame, painted while the start point is opened."""

    title: str = ""
    detail: str = ""
    notice: str = ""
    """A notice that every screen shows."""
