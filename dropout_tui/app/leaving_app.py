"""An app that asks before it cuts off runs in flight, and leaves without a question when a signal says so."""

from __future__ import annotations

import asyncio
import signal
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.worker import Worker

from dropout_tui.app.startup import FirstFrameText, OpenStartPoint
from dropout_tui.app.startup_app import StartupApp
from dropout_tui.settings.preferences import Preferences

if TYPE_CHECKING:
    from dropout_tui.screens.confirm import ConfirmScreen

_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class LeavingApp(StartupApp):
    """Leaves when it is asked to: at once, or when the runs in flight have ended."""

    BINDINGS = [
        Binding("ctrl+q", "leave", "Quit", id="app.leave", show=False, priority=True, tooltip="Leave the program"),
        Binding("ctrl+c", "copy_or_leave", "Interrupt", id="app.interrupt", show=False, priority=True,
                tooltip="Copy what is selected with the mouse; else leave the program"),
        Binding("f1", "toggle_help", "Help", id="app.keys", show=False, tooltip="What the keys do"),
    ]  # fmt: skip
    GO_ON_KEY: ClassVar[str]
    """The key that goes on after the user has thought better of leaving."""

    def __init__(
        self,
        opening: OpenStartPoint,
        words: FirstFrameText,
        preferences: Preferences,
        *,
        allow_weak_sandbox: bool,
    ) -> None:
        super().__init__(opening, words, preferences, allow_weak_sandbox=allow_weak_sandbox)
        self._finishing: Worker[None] | None = None

    @abstractmethod
    def quit_question(self) -> ConfirmScreen | None:
        """What to ask before leaving; ``None`` where nothing would be cut off."""

    @abstractmethod
    async def finish(self) -> None:
        """Begin nothing more, and wait until what is in flight has ended."""

    @abstractmethod
    async def shut_down(self) -> None:
        """Cut off what is in flight, and store what there is."""

    def told_to_end(self) -> None:
        """A signal has come: leave without a question, since whoever sent it will not answer one."""
        self.leave()

    def leave(self) -> None:
        """Leave at once."""
        self.run_worker(self._shut_down_and_exit(), group="leaving", exit_on_error=False)

    async def _shut_down_and_exit(self) -> None:
        await self.shut_down()
        self.exit()

    def on_mount(self) -> None:
        """Listen to signals."""
        for number in _ENDING_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self.told_to_end)

    def on_unmount(self) -> None:
        """Stop listening to signals, and restore the terminal's title."""
        self.terminal_title.restore()
        for number in _ENDING_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    def action_toggle_help(self) -> None:
        """Show what the keys do on this screen."""
        from dropout_tui.screens.help import HelpScreen

        if not self.screen.is_modal:
            self.push_screen(HelpScreen(self.screen))

    async def action_quit(self) -> None:
        """What the command palette calls."""
        await self.action_leave()

    async def action_leave(self) -> None:
        """Leave, after asking when something would be cut off."""
        question = self.quit_question()
        if question is None:
            self.leave()
        elif not any(screen.is_modal for screen in self.screen_stack):
            self.push_screen(question, self._quit_answered)

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
            self.leave()
        elif answer == FINISH:
            self._finishing = self.run_worker(
                self._leave_when_finished(), group="finishing", exit_on_error=False
            )
        elif was_leaving:
            self.say(f"Staying. Nothing more begins until you press {self.GO_ON_KEY}.")

    async def _leave_when_finished(self) -> None:
        self.say("What is in flight still ends; then this closes. q asks again.", seconds=10)
        await self.finish()
        self.leave()
