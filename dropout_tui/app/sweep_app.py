"""The app of a sweep: it runs the cells, shows the matrix and their dashboards, and leaves.

This is imported before the first paint; what runs a sweep is imported after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import Worker, WorkerCancelled, WorkerFailed, WorkerState

from dropout_tui.app.leaving_app import LeavingApp
from dropout_tui.app.startup import FirstFrameText, StartPoint
from dropout_tui.settings.preferences import Preferences

if TYPE_CHECKING:
    from dropout_core.state.events import Event
    from dropout_core.storage.errors import StoreBlocked
    from dropout_tui.command_line.sweep.running import RunningSweep, SweepListener
    from dropout_tui.screens.confirm import ConfirmScreen

TITLE_SECONDS = 1.0
"""Seconds between updates of the terminal's title."""


@dataclass(frozen=True, slots=True)
class SweepStart(StartPoint):
    """A store, and the sweep to run in it."""

    running: RunningSweep | None = None


OpenSweep = Callable[["SweepListener"], SweepStart]
"""Opens the store and the sweep that tells a listener what happens, off the event loop; raises `CannotOpen`."""


class SweepApp(LeavingApp):
    """Runs a sweep, and shows it."""

    TITLE = "dropout-tui"
    GO_ON_KEY = "P"

    def __init__(
        self,
        opening: OpenSweep,
        words: FirstFrameText = FirstFrameText(),  # noqa: B008
        *,
        allow_weak_sandbox: bool = False,
        preferences: Preferences = Preferences(),  # noqa: B008
    ) -> None:
        """Paint `words`, then run what `opening` returns."""
        super().__init__(partial(opening, self), words, preferences, allow_weak_sandbox=allow_weak_sandbox)
        self.running: RunningSweep | None = None
        """The sweep, once it is open."""
        self.failure: str | None = None
        """Why it cannot run, or cannot go on."""
        self.was_interrupted = False
        """Whether it was left before all cells had ended."""
        self._ending = asyncio.Event()
        self._runner: Worker[None] | None = None
        self._has_rung = False

    def show_opened(self, opened: StartPoint) -> None:
        """Show the matrix, and run the sweep."""
        from dropout_tui.command_line.lines.wait_notices import WaitNotices
        from dropout_tui.screens.sweep.screen import SweepScreen

        if not isinstance(opened, SweepStart) or opened.running is None:
            raise TypeError("there is no sweep to run")
        self.running = opened.running
        self._waits = WaitNotices(self.say)
        self.push_screen(SweepScreen(self.running.live, opened.store))
        self._runner = self.run_worker(self._run(self.running), group="sweep", exit_on_error=False)
        self.set_interval(TITLE_SECONDS, self._show_title)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what only the program of one evaluation can do: its dashboard has keys for it."""
        if not hasattr(self, f"action_{action}"):
            return False
        return super().check_action(action, parameters)

    # ---- what the sweep tells: see `SweepListener` ---------------------------------------------------------------

    def received(self, index: int, events: Sequence[Event]) -> None:  # noqa: ARG002
        """Report waits."""
        self._waits.receive(events)

    def blocked(self, error: StoreBlocked | None) -> None:
        """Report that nothing can be stored, and later that it can again."""
        if error is None:
            self.clear_notifications()
            self.say("It can be written to again; the runs go on.", title="Store")
        else:
            line = f"{error}. The runs wait and nothing is lost; they go on when that has healed."
            self.say(line, title="Held", severity="error", seconds=86_400)

    # ---- running --------------------------------------------------------------------------------------------------

    async def _run(self, running: RunningSweep) -> None:
        async with running:
            await running.open()
            if self._ending.is_set():
                return
            running.start()
            await running.until(self._ending)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Leave when the sweep cannot go on; report any other worker that failed."""
        if event.state is not WorkerState.ERROR:
            return
        why = str(event.worker.error) or repr(event.worker.error)
        if event.worker.group == "sweep":
            self.failure = why
            self.exit()
        else:
            self.say(why, severity="error")

    # ---- leaving: see `LeavingApp` -------------------------------------------------------------------------------

    def quit_question(self) -> ConfirmScreen | None:
        """Asks when runs are in flight."""
        from dropout_tui.screens.sweep.leave import leave_sweep_dialog

        in_flight = 0 if self.running is None else self.running.live.in_flight
        return leave_sweep_dialog(in_flight) if in_flight else None

    async def finish(self) -> None:
        """Let the runs in flight end, and begin no more."""
        if self.running is not None:
            self.running.stop()
            await self.running.finished(lambda _: None)

    async def shut_down(self) -> None:
        """Cut off what is in flight, and store what there is."""
        self.was_interrupted = self.running is not None and not self.running.is_done
        self._ending.set()
        if self._runner is not None:
            try:
                await self._runner.wait()
            except WorkerFailed as failed:
                self.failure = str(failed.error)
            except WorkerCancelled:
                pass

    # ---- aside ----------------------------------------------------------------------------------------------------

    def _show_title(self) -> None:
        from dropout_tui.presenters.sweep.status import title_of

        if self.running is None or self.away:
            return
        self.terminal_title.show(title_of(self.running.live))
        if self.running.is_done and not self._has_rung:
            self._has_rung = True
            self.ring()
