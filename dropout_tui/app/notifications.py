"""Toasts about the running evaluation: why it stopped or waits, and what events on other screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dropout_core.costs.budget import BUDGET, why_none_may_begin
from dropout_core.state.events import EvaluationEnded, Event, RerunWithdrawn
from dropout_core.storage.errors import StoreBlocked
from dropout_tui.app.base_app import BaseApp
from dropout_tui.app.notification_digest import OF_ITSELF, NotificationDigest
from dropout_tui.presenters.live_evaluation import LiveEvaluation
from dropout_tui.screens.dashboard import DashboardScreen
from dropout_tui.text.numbers import pluralize

NEWS_SECONDS = 0.5
"""Seconds to collect events before a toast sums them up: many runs may become void at once."""


class Notifications:
    """Shows toasts about the running evaluation, and rings the bell when it ends."""

    def __init__(self, app: BaseApp, live: Callable[[], LiveEvaluation | None]) -> None:
        """Show toasts on `app`; `live` returns the evaluation that runs."""
        self._app = app
        self._live = live
        self._digest = NotificationDigest()
        self._blocked = False

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

    def say_blocked(self, error: StoreBlocked | None) -> None:
        """Report that nothing can be stored and the evaluation waits, and later that it goes on."""
        if error is None:
            self.forget_blockage()
            self._app.notify("It can be written to again; the runs go on.", title="Store", markup=False)
        else:
            self._blocked = True
            self._app.notify(
                f"{error}. The runs wait and nothing is lost; they go on when that has healed.",
                title="Held", severity="error", timeout=86_400, markup=False,
            )  # fmt: skip

    def forget_blockage(self) -> None:
        """Remove the toast about a store that could not be written to."""
        if self._blocked:
            self._blocked = False
            self._app.clear_notifications()

    def complain(self, text: str) -> None:
        """Report what stopped it."""
        self._app.notify(text, title="Stopped", severity="error", timeout=60, markup=False)

    def _out_of_budget(self) -> str:
        live = self._live()
        why = None if live is None else why_none_may_begin(live.state)
        return why or "The budget let no further run begin. Press s to go on."

    def _tell(self) -> None:
        """Show the digest, unless the dashboard that shows it all is on screen."""
        if not self._app.screen_stack:
            return  # the program is closing
        live = self._live()
        if live is None or isinstance(self._app.page, DashboardScreen):
            self._digest.forget()
            return
        for line in self._digest.lines(live.number, live.state):
            self._app.say(line)
