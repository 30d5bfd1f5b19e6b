"""From the dashboard to what the rate would be, and to an evaluation with that change, in the whole program."""

from __future__ import annotations

from pathlib import Path

from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.evaluations.reopened import ReopenedScreen
from dropout_tui.screens.evaluations.what_if import WhatIfScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from tests.tui.app.test_history_in_the_app import opened_history, program, settled
from tests.tui.looking import text_on_screen, until
from tests.tui.states import failed
from tests.tui.stored import stored


async def test_a_change_is_looked_at_while_runs_go_on_and_then_set_up(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    form = LaunchForm(model="sample", runs="2", seed="4")
    async with program(store, start=form) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, WhatIfScreen))
        await until(pilot, lambda: settled(app, 1))
        await until(
            pilot, lambda: "/2 " in text_on_screen(app) and "all answers judged" in text_on_screen(app)
        )
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        assert isinstance(app.screen, LaunchScreen)
        assert (app.screen.left.suite, app.screen.left.runs) == ("hard", "2")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
    store.close()


async def test_a_stored_evaluation_is_asked_about_from_its_dashboard(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    stored(store, [Outcome.PASSED, failed("scaling")], model="claude-haiku-4-5", suite="basic")
    stored(store, [Outcome.PASSED], model="sample")
    async with program(store, shown=2) as (app, pilot):
        await opened_history(app, pilot, "h")
        await pilot.press("j", "i")  # nothing is open that it could be about
        assert isinstance(app.screen, HistoryScreen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await pilot.press("i")
        await until(
            pilot, lambda: "What if" in text_on_screen(app) and "all answers judged" in text_on_screen(app)
        )
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
    store.close()
