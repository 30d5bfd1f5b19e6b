"""The demo: everything the program does, and on every screen that it is one."""

from __future__ import annotations

from pathlib import Path

from dropout_core.storage.store import Store
from dropout_tui.commands.demo import NOTICE, DemoApp, demo_on
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.screens.trial.screen import TrialScreen
from tests.tui.looking import text_on_screen, until


async def test_every_screen_says_that_it_is_a_demo(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    app = DemoApp(lambda: demo_on(store, pace=None), paced=False)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: NOTICE in text_on_screen(app))
        await until(pilot, lambda: app.live is not None and app.live.state.settled)
        await until(pilot, lambda: "completed" in text_on_screen(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen) and NOTICE in text_on_screen(app))
        await pilot.press("escape", "n")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen) and NOTICE in text_on_screen(app))
        app.told_to_end()
        await app.workers.wait_for_complete()
    assert len(store.history()) == 1
    store.close()


async def test_who_leaves_it_early_is_told_that_nothing_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    app = DemoApp(lambda: demo_on(store, pace=20), paced=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.quit_question() is not None)
        await pilot.press("q")
        await until(pilot, lambda: "Nothing of it is kept." in text_on_screen(app))
        await pilot.press("y")
        await until(pilot, lambda: app._exit)
    store.close()
