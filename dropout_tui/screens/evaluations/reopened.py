"""The dashboard of a stored evaluation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from textual import work
from textual.binding import Binding
from textual.screen import Screen

from dropout_core.running.stored_plan import change_stored_plan
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.lease import leased_elsewhere
from dropout_core.storage.store import Store, StoreUnusable, UnknownEvaluation
from dropout_core.values.plan import Plan
from dropout_tui.presenters.evaluations.command_refusal import FOLLOWED, Refusal
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.evaluations.stored_commands import GoOn, StoredCommands, at_rest
from dropout_tui.screens.dashboard.screen import DashboardScreen

_FOR_WHAT_IS_IN_FLIGHT = frozenset({"pause_or_resume", "cancel", "pause_all", "cancel_all", "concurrency"})
FOLLOWING_SECONDS = 1.0
"""Seconds between two reads of an evaluation that another program runs."""


class ReopenedScreen(DashboardScreen, inherit_bindings=False):
    """A stored evaluation: nothing runs until a command resumes it. One that runs elsewhere is followed."""

    TITLE = "Stored evaluation"
    BINDINGS = [
        Binding(
            "escape,backspace,b",
            "back",
            "Back",
            id="stored.back",
            tooltip="Show all again, or go back",
        ),
        *DashboardScreen.BINDINGS,
        *Screen.BINDINGS,
    ]

    def __init__(
        self,
        store: Store,
        number: int,
        state: EvaluationState,
        go_on: GoOn,
        *,
        elsewhere: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Show `state` of evaluation `number`; `go_on` resumes it. With `elsewhere` another program runs it."""
        super().__init__(LiveEvaluation(number, state), store, clock=clock)
        self._store = store
        self._go_on = go_on
        self._elsewhere = elsewhere
        self._reading = False
        if elsewhere:
            self._live.refusal = Refusal(FOLLOWED)
        else:
            self._rest(state)

    def on_mount(self) -> None:
        """Follow the store if another program runs the evaluation."""
        if self._elsewhere:
            self.set_interval(FOLLOWING_SECONDS, self._look_again)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys for runs in flight, since there are none."""
        if action in _FOR_WHAT_IS_IN_FLIGHT and not self._elsewhere:
            return False
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Show every run again; when all are shown, back to where it was opened from."""
        if self.has_more_to_show:
            self.action_show_all()
        else:
            self.dismiss()

    def _rest(self, state: EvaluationState) -> None:
        resting = at_rest(state)
        self._live.refusal = None
        self._live.commands = StoredCommands(self._live.number, state, self._go_on, self._keep_soon)
        self._live.take(resting)
        if not resting.settled:
            self._live.halt()

    def _keep_soon(self, plan: Plan) -> None:
        self._keep(plan)

    @work(group="keeping", exit_on_error=False)
    async def _keep(self, plan: Plan) -> None:
        """Store another plan, and show what comes of it."""
        number = self._live.number
        try:
            why = await asyncio.to_thread(change_stored_plan, self._store, number, plan)
            self._rest(await asyncio.to_thread(self._store.state, number))
        except (StoreUnusable, UnknownEvaluation) as error:
            why = str(error)
        self.say_why(why)

    def _look_again(self) -> None:
        """Read again, unless the last read, which may take longer than the interval, is still going on."""
        if self._elsewhere and not self._reading:
            self._reading = True
            self._follow()

    @work(group="following", exit_on_error=False)
    async def _follow(self) -> None:
        """Read what the other program has stored since."""
        try:
            await self._read()
        finally:
            self._reading = False

    async def _read(self) -> None:
        # The lease first: a state read after the lease was released is the final one.
        still = self._live.number in await asyncio.to_thread(leased_elsewhere, self._store.path)
        try:
            state = await asyncio.to_thread(self._store.state, self._live.number)
        except (StoreUnusable, UnknownEvaluation) as error:
            self._elsewhere = False
            self.notify(str(error), severity="error", markup=False)
            return
        if still:
            self._live.take(state)
        else:
            self._elsewhere = False
            self._rest(state)
            self.notify("The other program is done with this evaluation.", markup=False)
