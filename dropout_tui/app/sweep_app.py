"""The app of a sweep: it runs the cells, shows the matrix and their dashboards, and leaves.

This is imported before the first paint; what runs a sweep is imported after it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.worker import Worker, WorkerCancelled, WorkerFailed, WorkerState

from dropout_tui.app.startup import FirstFrameText, StartPoint
from dropout_tui.app.startup_app import StartupApp
from dropout_tui.settings.preferences import Preferences

if TYPE_CHECKING:
    from dropout_core.state.events import Event
    from dropout_core.storage.errors import StoreBlocked
    from dropout_tui.command_line.running_sweep import RunningSweep, SweepListener

TITLE_SECONDS = 1.0
"""Seconds between updates of the terminal's title."""
LINE_SECONDS = 20.0
"""Seconds for which a line about the whole sweep stays."""
_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class SweepStart(StartPoint):
    """A store, and the sweep to run in it."""

    running: RunningSweep | None = None


OpenSweep = Callable[["SweepListener"], SweepStart]
"""Opens the store and the sweep that tells a listener what happens, off the event loop; raises `CannotOpen`."""


class SweepApp(StartupApp):
    """Runs a sweep, and shows it."""

    TITLE = "dropout-tui"
    BINDINGS = [
        Binding("ctrl+q", "leave", "Quit", id="app.leave", show=False, priority=True, tooltip="Leave the program"),
        Binding("ctrl+c", "copy_or_leave", "Interrupt", id="app.interrupt", show=False, priority=True,
                tooltip="Copy what is selected with the mouse; else leave the program"),
        Binding("f1", "toggle_help", "Help", id="app.keys", show=False, tooltip="What the keys do"),
    ]  # fmt: skip

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
        self._finishing: Worker[None] | None = None
        self._has_rung = False

    def on_mount(self) -> None:
        """Listen to signals."""
        for number in _ENDING_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._leave)

    def on_unmount(self) -> None:
        """Stop listening to signals, and restore the terminal."""
        self.terminal_title.restore()
        for number in _ENDING_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    def show_opened(self, opened: StartPoint) -> None:
        """Show the matrix, and run the sweep."""
        from dropout_tui.command_line.wait_notices import WaitNotices
        from dropout_tui.screens.sweep import SweepScreen

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

    def action_toggle_help(self) -> None:
        """Show what the keys do on this screen."""
        from dropout_tui.screens.help import HelpScreen

        if not self.screen.is_modal:
            self.push_screen(HelpScreen(self.screen))

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

    # ---- leaving --------------------------------------------------------------------------------------------------

    @property
    def _in_flight(self) -> int:
        return 0 if self.running is None else self.running.live.in_flight

    async def action_quit(self) -> None:
        """What the command palette calls."""
        await self.action_leave()

    async def action_leave(self) -> None:
        """Leave, after asking when runs are in flight."""
        from dropout_tui.screens.leave_sweep import leave_sweep_dialog

        if not self._in_flight:
            self._leave()
        elif not any(screen.is_modal for screen in self.screen_stack):
            self.push_screen(leave_sweep_dialog(self._in_flight), self._quit_answered)

    async def action_copy_or_leave(self) -> None:
        """Copy what is selected; when nothing is, leave."""
        if selected := self.screen.get_selected_text():
            self.copy(selected, "the selection")
            self.screen.clear_selection()
        else:
            await self.action_leave()

    def _quit_answered(self, answer: str | None) -> None:
        from dropout_tui.screens.confirm import FINISH, QUIT

        was_leaving = self._finishing is not None
        if self._finishing is not None:
            self._finishing.cancel()
            self._finishing = None
        if answer == QUIT:
            self._leave()
        elif answer == FINISH and self.running is not None:
            self._finishing = self.run_worker(
                self._leave_when_finished(self.running), group="finishing", exit_on_error=False
            )
        elif was_leaving:
            self.say("Staying. Nothing more begins until you press P.")

    async def _leave_when_finished(self, running: RunningSweep) -> None:
        self.say("What is in flight still ends; then this closes. q asks again.", seconds=10)
        running.stop()
        await running.finished(lambda _: None)
        self._leave()

    def _leave(self) -> None:
        self.run_worker(self._shut_down(), group="leaving", exit_on_error=False)

    async def _shut_down(self) -> None:
        """Cut off what is in flight, store what there is, and leave."""
        self.was_interrupted = self.running is not None and not self.running.is_done
        self._ending.set()
        if self._runner is not None:
            try:
                await self._runner.wait()
            except WorkerFailed as failed:
                self.failure = str(failed.error)
            except WorkerCancelled:
                pass
        self.exit()

    # ---- aside ----------------------------------------------------------------------------------------------------

    def _show_title(self) -> None:
        from dropout_tui.presenters.sweep_status import title_of

        if self.running is None or self.away:
            return
        self.terminal_title.show(title_of(self.running.live))
        if self.running.is_done and not self._has_rung:
            self._has_rung = True
            self.ring()
