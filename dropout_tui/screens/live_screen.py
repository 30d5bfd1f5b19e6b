"""The base of screens that show what goes on changing: they poll it while they are in front."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.events import Mount, ScreenResume, ScreenSuspend
from textual.screen import ModalScreen
from textual.timer import Timer

from dropout_tui.screens.full_screen import FullScreen, Result


class LiveScreen(FullScreen[Result]):
    """A screen that is brought up to date many times a second, unless another one hides it."""

    LOOKS_PER_SECOND: ClassVar[float] = 10

    _looking: Timer | None = None

    @property
    def is_in_sight(self) -> bool:
        """Whether only dialogs are in front of it. To Textual the screen behind the first is always current."""
        for screen in reversed(self.app.screen_stack):
            if screen is self:
                return True
            if not isinstance(screen, ModalScreen):
                break
        return False

    def look(self) -> None:
        """Bring the screen up to date, if anything changed."""
        raise NotImplementedError

    @on(Mount)
    def _start_looking(self) -> None:
        self._looking = self.set_interval(1 / self.LOOKS_PER_SECOND, self.look)

    @on(ScreenSuspend)
    def _pause_looking(self) -> None:
        # It may be in front again before it hears of this.
        if self._looking is not None and not self.is_in_sight:
            self._looking.pause()

    @on(ScreenResume)
    def _resume_looking(self) -> None:
        if self._looking is not None:
            self._looking.resume()
            self.look()
