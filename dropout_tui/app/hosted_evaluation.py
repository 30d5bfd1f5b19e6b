"""One evaluation of this program, from its being opened or queued until it is closed."""

from __future__ import annotations

import asyncio

from textual.worker import Worker

from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session
from dropout_core.state.trial_state import Status
from dropout_tui.app.base_app import BaseApp
from dropout_tui.app.notifications import Notifications
from dropout_tui.presenters.live_evaluation import LiveEvaluation
from dropout_tui.presenters.stored_commands import Then
from dropout_tui.screens.dashboard import DashboardScreen

_IN_FLIGHT = (Status.RUNNING, Status.PAUSING)


class HostedEvaluation:
    """What belongs to one evaluation: its session, what the screens see of it, and the worker that runs it."""

    def __init__(self, app: BaseApp, session: Session, then: Then, changes: ResumeOverrides | None) -> None:
        """`session` is not entered yet; the command `then` is sent to it first, after `changes`."""
        self.session = session
        self.then = then
        self.changes = changes
        self.live = LiveEvaluation(session.number, session.state)
        self.notifications = Notifications(app, self.live)
        self.ending = asyncio.Event()
        """Set when it is to be closed."""
        self.worker: Worker[None] | None = None
        """What runs it; ``None`` while it waits for others."""
        self.screen: DashboardScreen | None = None
        """Its dashboard, which keeps its place, filter and marks; ``None`` until it has been looked at."""

    @property
    def number(self) -> int:
        """Its number in the store."""
        return self.session.number

    @property
    def has_begun(self) -> bool:
        """Whether it waits for no other evaluation."""
        return self.worker is not None

    @property
    def takes_commands(self) -> bool:
        """Whether it is open."""
        return self.live.commands is not None

    @property
    def is_under_way(self) -> bool:
        """Whether it has begun, and has neither ended nor failed. One whose runs are paused is under way."""
        if not self.has_begun or self.live.halted or self.ending.is_set():
            return False
        # What is shown lags behind what has been begun.
        return not self.takes_commands or self.session.evaluation.state.ended_at is None

    @property
    def in_flight(self) -> int:
        """How many of its runs are in flight."""
        return sum(map(self.live.state.tally.count, _IN_FLIGHT))
