"""Toasts about one running evaluation: why it stopped, and what the current screen does not show of it."""

from __future__ import annotations

from collections.abc import Sequence

from dropout_core.costs.budget import BUDGET, why_none_may_begin
from dropout_core.state.events import EvaluationEnded, Event, RerunWithdrawn
from dropout_tui.app.base_app import BaseApp
from dropout_tui.app.notification_digest import OF_ITSELF, NotificationDigest
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.screens.commanding import CommandingScreen
from dropout_tui.text.numbers import pluralize

NEWS_SECONDS = 0.5
"""Seconds to collect events before a toast sums them up: many runs may become void at once."""


class Notifications:
    """Shows toasts about an evaluation, and rings the bell when it ends."""

    def __init__(self, app: BaseApp, live: LiveEvaluation) -> None:
        """Show toasts about `live` on `app`."""
        self._app = app
        self._live = live
        self._digest = NotificationDigest()

    def follow(self, events: Sequence[Event]) -> None:
        """Report what stopped an evaluation, and what the current screen does not show."""
        withdrawn = sum(isinstance(event, RerunWithdrawn) and event.reason == BUDGET for event in events)
        if withdrawn:
            self.complain(f"{pluralize(withdrawn, 'rerun')} not made. {self._out_of_budget()}")
        for event in events:
            if isinstance(event, EvaluationEnded):
                self._app.ring()
                if event.reason == BUDGET:
                    self.complain(self._out_of_budget())
                elif event.reason not in OF_ITSELF:
                    self.complain(f"{event.reason}. Press s to try again.")
        if self._digest.take(events):
            self._app.set_timer(NEWS_SECONDS, self._tell)

    def complain(self, text: str) -> None:
        """Report what stopped it."""
        title = f"Evaluation {self._live.number} stopped" if self._is_out_of_sight else "Stopped"
        self._app.notify(text, title=title, severity="error", timeout=60, markup=False)

    @property
    def _is_out_of_sight(self) -> bool:
        """Whether there are others, and the screen is not about this one."""
        if self._live.place is None or not self._app.screen_stack:
            return False
        page = self._app.page
        return not (isinstance(page, CommandingScreen) and page.live is self._live)

    def _out_of_budget(self) -> str:
        why = why_none_may_begin(self._live.state)
        return why or "The budget let no further run begin. Press s to go on."

    def _tell(self) -> None:
        """Show the digest, unless a screen that shows it all is in front."""
        from dropout_tui.screens.dashboard.screen import DashboardScreen
        from dropout_tui.screens.evaluations.evaluation_list import EvaluationListScreen

        if not self._app.screen_stack:
            return  # the program is closing
        page = self._app.page
        if isinstance(page, EvaluationListScreen) or (
            isinstance(page, DashboardScreen) and page.live is self._live
        ):
            self._digest.forget()
            return
        for line in self._digest.lines(self._live.number, self._live.state, named=self._is_out_of_sight):
            self._app.say(line)
