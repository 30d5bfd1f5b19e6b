"""One evaluation of this program, from its being opened or queued until it is closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.worker import Worker

from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session
from dropout_core.state.trial_state import Status
from dropout_tui.app.base_app import BaseApp
from dropout_tui.app.notifications import Notifications
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.evaluations.stored_commands import Then, start, start_with_voids
from dropout_tui.text.words.costs import too_little_words
from dropout_tui.text.words.nothing_left import finished_words

if TYPE_CHECKING:
    from dropout_tui.screens.dashboard.screen import DashboardScreen

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

    def send_first_commands(self, app: BaseApp) -> None:
        """Make the changes, send the first command, and tell on `app` what is to be known of how it runs."""
        session, then, changes = self.session, self.then, self.changes
        if session.notice is not None:
            app.notify(session.notice, severity="warning", markup=False)
        if changes is not None:
            changes.apply(session.evaluation, session.state.config)
            if changes.repeats_voids:
                then = start_with_voids
        changed = changes is not None and changes.changes_plan(session.state.config)
        finished = None if changed else finished_words(session.number, session.state)
        if finished is not None and then is start:
            app.notify(f"{finished.capitalize()}. r makes a new attempt, A adds 20 runs.", markup=False)
        lacking = too_little_words(session.evaluation.state)
        if lacking is not None:
            app.notify(f"{lacking[0].upper()}{lacking[1:]}.", severity="warning", timeout=20, markup=False)
        why = then(session.evaluation)
        if why is not None and finished is None:
            app.notify(why, severity="warning", markup=False)
