"""A terminal without room for a screen is told so, and the screen is there again when it grows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.screen import Screen

from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.compare import CompareScreen
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.screens.trial.screen import TrialScreen
from tests.tui.gallery_trial import StoredConversations
from tests.tui.looking import text_on_screen, until
from tests.tui.states import live_evaluation
from tests.tui.stored import Recorded, varied


class Shown(App[None]):
    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._shown = screen

    def on_mount(self) -> None:
        self.push_screen(self._shown)


def dashboard(_: Store) -> DashboardScreen:
    return DashboardScreen(live_evaluation(trials=[Outcome.PASSED]), StoredConversations())


def trial(_: Store) -> TrialScreen:
    return TrialScreen(live_evaluation(trials=[Outcome.PASSED]), 1, StoredConversations())


def launch(_: Store) -> LaunchScreen:
    return LaunchScreen(LaunchForm(model="sample"), key_configured=False)


def history(store: Store) -> HistoryScreen:
    return HistoryScreen(store, Recorded())


def compare(store: Store) -> CompareScreen:
    return CompareScreen(store, 9, 7, open_one=lambda _: None)


@pytest.mark.parametrize("screen", [dashboard, trial, launch, history, compare])
async def test_the_notice_about_a_small_terminal_comes_and_goes(
    tmp_path: Path, screen: Callable[[Store], Screen[object]]
) -> None:
    store = Store(tmp_path / "store.sqlite3")
    varied(store)
    shown = screen(store)
    app = Shown(shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: shown.focused)
        before = shown.focused
        for width, height in ((19, 24), (80, 4)):
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda: "Make this terminal" in text_on_screen(app))
            await pilot.resize_terminal(80, 24)
            await until(pilot, lambda: "Make this terminal" not in text_on_screen(app))
            assert shown.focused is before
    store.close()
