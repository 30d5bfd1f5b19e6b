"""The base of the app: the user's theme and keys, the palette, clipboard, bell and terminal title."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.driver import Driver
from textual.events import DeliveryComplete, DeliveryFailed
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES, Theme

from dropout_tui.app.palette.actions import ActionCommands
from dropout_tui.settings.preferences import Preferences
from dropout_tui.settings.saved_theme import UiStateError
from dropout_tui.terminal.clipboard import copy_aside
from dropout_tui.terminal.colour_reduction import ReducedColours
from dropout_tui.terminal.monochrome import is_monochrome
from dropout_tui.terminal.terminal_title import TerminalTitle
from dropout_tui.text.sanitize import visible_line

_CLIPBOARD_SECONDS = 2
"""Seconds to wait for a clipboard tool before the user is told that it may not have the text."""
TERMINALS_OWN = "ansi-dark"
"""The theme that is made of the terminal's own colours."""
_SCREENSHOT = "screenshot"
"""Textual's name for a screenshot that it delivers."""
_HAVE_KEYS = frozenset({"Quit", "Theme"})


class BaseApp(App[None]):
    """What any terminal program does for its user; it knows nothing of evaluations."""

    COMMANDS = {ActionCommands}
    BINDINGS = [
        Binding("ctrl+p", "command_palette", "Palette", id="app.palette", show=False, priority=True,
                tooltip="Find any action by its name"),
        Binding("ctrl+z", "step_back", "Suspend", id="app.suspend", show=False, priority=True,
                tooltip="Back to the shell for a while; fg returns"),
        Binding("ctrl+t", "change_theme", "Theme", id="app.theme", show=False, tooltip="Choose the theme"),
    ]  # fmt: skip

    def __init__(self, preferences: Preferences = Preferences()) -> None:  # noqa: B008
        super().__init__()
        # A style sheet selects on it: without colours, lines show where the focus is.
        self.no_color = self.no_color or is_monochrome(os.environ)
        self._colours = self._colours_there_are()
        self._few_colours = None if self._colours is None else ReducedColours(self._colours)
        self.preferences = preferences
        self.terminal_title = TerminalTitle(self._write_out)
        self.away = False
        """Whether another program, such as an editor, has the terminal."""
        self._opening_lines: list[str] = []

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver for the terminal or the browser, with pastes that are nothing but text."""
        match super().get_driver_class():
            case driver if driver.__name__ == "LinuxDriver":
                from dropout_tui.terminal.hangup_driver import HangupDriver

                return HangupDriver
            case driver if driver.__name__ == "WebDriver":
                from dropout_tui.terminal.browser_driver import BrowserDriver

                return BrowserDriver
            case driver:
                return driver

    def _colours_there_are(self) -> int | None:
        """The number of colours to reduce to; ``None`` when the terminal has all of them, or none."""
        return None if self.no_color else {"standard": 16, "256": 256}.get(self.console.color_system or "")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The filters that each line passes before it is painted."""
        filters = super().get_line_filters()
        return filters if self._few_colours is None else [*filters, self._few_colours]

    def on_load(self) -> None:
        """Set the theme before the first paint. With sixteen colours it is the terminal's own."""
        theme = self.preferences.theme or self._remembered_theme()
        if theme is None and self._colours == 16:
            theme = TERMINALS_OWN
        if theme is not None and theme in self.available_themes:
            self.theme = theme
        elif theme is not None:
            self._opening_lines.append(f"there is no theme {theme!r}; ctrl+p lists them")

    def on_mount(self) -> None:
        """Report preferences that could not be applied, and from now on save the theme when it changes."""
        for line in self._opening_lines:
            self.say(line, severity="warning")
        self._worn = self.theme
        self.theme_changed_signal.subscribe(self, self._remember)

    async def take_keys(self) -> None:
        """Apply the user's own keys, and report those that cannot be used."""
        if not self.preferences.keys:
            return
        # It imports every screen.
        from dropout_tui.keys.keymap import checked_keys

        checked = await asyncio.to_thread(checked_keys, self.preferences.keys)
        self.set_keymap(checked.keymap)
        for line in checked.problems:
            self.say(line, severity="warning")

    @property
    def page(self) -> Screen[object]:
        """The screen the user reads: the topmost that is no dialog and not the palette."""
        return next((screen for screen in reversed(self.screen_stack) if not screen.is_modal), self.screen)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Textual's own commands, without those that a key of this program has too."""
        return (command for command in super().get_system_commands(screen) if command.title not in _HAVE_KEYS)

    def say(self, line: str, *, title: str = "", severity: str = "information", seconds: float = 8) -> None:
        """Show a one-line toast; `text` may be untrusted."""
        self.notify(
            visible_line(line),
            title=visible_line(title),
            severity=severity,  # type: ignore[arg-type]
            timeout=seconds,
            markup=False,
        )

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save the picture of the screen where this program's other files go: a Downloads folder, which is Textual's
        choice, need not be there."""
        return super().deliver_screenshot(filename, path or str(Path.cwd()), time_format)

    @on(DeliveryComplete)
    def _say_where_it_is(self, event: DeliveryComplete) -> None:
        """Instead of Textual, which takes the name of a folder for markup."""
        if event.name == _SCREENSHOT:
            event.prevent_default()
            self.say("Saved the screenshot" + (f" to {event.path}" if event.path else ""))

    @on(DeliveryFailed)
    def _say_why_it_is_not(self, event: DeliveryFailed) -> None:
        if event.name == _SCREENSHOT:
            event.prevent_default()
            self.say(f"The screenshot could not be saved: {event.exception}", severity="error")

    def copy(self, text: str, what: str) -> None:
        """Copy to the terminal's clipboard and the system's, and tell the user which took it. `what` names the text:
        ``"code"``.
        """
        # Half of a surrogate pair is no text for any clipboard.
        text = text.encode("utf-8", "backslashreplace").decode()
        self.copy_to_clipboard(text)
        lines = len(text.splitlines())
        counted = f"{what}: {lines:,} {'line' if lines == 1 else 'lines'}"

        def say(taken: bool) -> None:
            if taken:
                self.say(f"Copied {counted}.", seconds=4)
            else:
                self.say(f"Sent {counted}, to the terminal, which may not have taken it.", seconds=6)

        if self.preferences.clipboard is None or self.is_web:
            say(taken=False)
            return
        loop, no_answer = asyncio.get_running_loop(), self.set_timer(_CLIPBOARD_SECONDS, partial(say, False))

        def answered(taken: bool) -> None:
            no_answer.stop()
            say(taken)

        def from_aside(taken: bool) -> None:
            # The program may have ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.call_later, answered, taken)

        copy_aside(self.preferences.clipboard, text, from_aside)

    def action_step_back(self) -> None:
        """Give the terminal back to the shell until it says ``fg``."""
        if self._driver is None or not self._driver.can_suspend:
            self.say("There is no shell to go back to here.", severity="warning", seconds=4)
            return
        self.terminal_title.restore()
        self.action_suspend_process()

    def ring(self) -> None:
        """Ring the bell of the terminal, unless it is not wanted."""
        if self.preferences.bell and not self.away:
            self.bell()

    def _remembered_theme(self) -> str | None:
        if self.preferences.remembered is None:
            return None
        try:
            return self.preferences.remembered.theme()
        except UiStateError as problem:
            self._opening_lines.append(str(problem))
            return None

    def _remember(self, theme: Theme) -> None:
        if theme.name == self._worn or self.preferences.remembered is None:
            return
        self._worn = theme.name
        try:
            self.preferences.remembered.keep_theme(theme.name)
        except UiStateError as problem:
            self.say(str(problem), severity="warning")

    def _write_out(self, sequence: str) -> None:
        """Write an escape sequence that Textual has no function for."""
        if self._driver is not None and not (self.is_headless or self.is_web or self.away):
            self._driver.write(sequence)


def problem_with_theme(name: str | None) -> str | None:
    """One line when there is no such theme."""
    if name is None or name in BUILTIN_THEMES:
        return None
    return f"there is no theme {visible_line(name)!r}; the themes are {', '.join(BUILTIN_THEMES)}"
