"""A screen that shows what goes on changing looks at it while it can be seen, and then only."""

from __future__ import annotations

from textual.app import App
from textual.screen import ModalScreen, Screen

from dropout_tui.screens.live_screen import LiveScreen
from tests.tui.looking import until


class Counting(LiveScreen[None]):
    LOOKS_PER_SECOND = 500

    looks = 0

    def look(self) -> None:
        self.looks += 1


class Deeper(Counting):
    """A screen whose base already does something when it is mounted."""

    def on_mount(self) -> None:
        self.look()


class Behind(ModalScreen[None]):
    """A dialog, which leaves the screen under it in sight."""


async def test_it_looks_while_it_can_be_seen_and_at_once_when_it_is_seen_again() -> None:
    screen = Deeper()
    async with App[None]().run_test() as pilot:
        app = pilot.app
        await app.push_screen(screen)
        await until(pilot, lambda: screen.looks > 5)
        await app.push_screen(Behind())
        before = screen.looks
        await until(pilot, lambda: screen.looks > before + 5)
        await app.pop_screen()
        await app.push_screen(Screen())
        await pilot.pause()
        hidden = screen.looks
        for _ in range(5):
            await pilot.pause()
        assert screen.looks == hidden
        await app.pop_screen()
        await until(pilot, lambda: screen.looks > hidden + 5)


async def test_one_clock_is_enough_however_many_classes_are_mounted() -> None:
    screen = Deeper()
    async with App[None]().run_test() as pilot:
        await pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.looks > 1)
        ticking = [timer for timer in screen._timers if timer._callback == screen.look]
        assert len(ticking) == 1
