"""What is typed right after a key that opens a line belongs to that line, however fast it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Select

from dropout_core.state.trial_state import Status
from dropout_core.storage.store import Store
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.startup import StartPoint
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.widgets.form.form_row import Field
from tests.tui.app.test_dropout_app import config, running
from tests.tui.looking import until

COMMANDS = "rrandomxXVPsqhn+?"
"""Letters that would start, stop, open or leave something, were they keys."""


def burst(app: DropoutApp, *keys: str | events.Event) -> None:
    """Everything at once, as a terminal sends what is typed fast. A word in brackets is a key: ``<enter>``."""
    for key in keys:
        if isinstance(key, events.Event):
            app.post_message(key)
        elif key.startswith("<"):
            app.post_message(events.Key(key[1:-1], None))
        else:
            for character in key:
                app.post_message(events.Key(key_name(character), character))


def key_name(character: str) -> str:
    return {"/": "slash", "+": "plus", "?": "question_mark", " ": "space"}.get(character, character)


def typed(app: DropoutApp) -> str:
    focused = app.focused
    return focused.value if isinstance(focused, Input) else ""


@asynccontextmanager
async def ended(tmp_path: Path) -> AsyncIterator[tuple[DropoutApp, Pilot[None]]]:
    """The dashboard of an evaluation whose two runs have ended."""
    async with running(tmp_path, config(runs="2")) as (app, pilot):
        await until(pilot, lambda: app.live is not None and app.live.state.ended_at is not None)
        await pilot.pause()
        yield app, pilot
        live = app.live
        assert live is not None
        assert [len(trial.attempts) for trial in live.state.trials] == [1, 1], "a letter was a command"


async def on_dashboard(app: DropoutApp, pilot: Pilot[None]) -> None:
    assert isinstance(app.screen, DashboardScreen)


async def in_history(app: DropoutApp, pilot: Pilot[None]) -> None:
    await pilot.press("h")
    await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.table.selected)


async def on_run(app: DropoutApp, pilot: Pilot[None]) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, TrialScreen) and app.screen.focused)


Place = Callable[[DropoutApp, Pilot[None]], Awaitable[None]]
LINES: list[tuple[Place, str, str]] = [
    (on_dashboard, "/", COMMANDS),
    (in_history, "/", COMMANDS),
    (on_run, "d", "112"),
    (on_run, "w", COMMANDS),
    (on_dashboard, "<ctrl+p>", COMMANDS),
]
"""Where a key opens a line, the key, and what follows."""
PALETTES: list[tuple[Place, str, str]] = [
    (on_run, "<ctrl+p>", COMMANDS),
    (in_history, "<ctrl+p>", COMMANDS),
]


@pytest.mark.timeout(600)  # many keys, each as slow as the machine is busy
@pytest.mark.parametrize("lines", [LINES, pytest.param(PALETTES, marks=pytest.mark.long_run)])
async def test_what_follows_the_key_is_typed(tmp_path: Path, lines: list[tuple[Place, str, str]]) -> None:
    async with ended(tmp_path) as (app, pilot):
        for go, opens, text in lines:
            await go(app, pilot)
            here = app.page
            burst(app, opens, text)
            await until(pilot, lambda text=text: typed(app).endswith(text))  # type: ignore[misc]
            assert app.page is here
            # Out of the field, out of the screen that asks, and back to the dashboard, which it never leaves.
            await pilot.press("escape", "escape", "escape")
            await until(pilot, lambda: isinstance(app.screen, DashboardScreen) and not typed(app))


async def test_keys_between_screens_go_to_the_screen_they_were_meant_for_and_the_ways_out_do_not_wait(
    tmp_path: Path,
) -> None:
    async with ended(tmp_path) as (app, pilot):
        burst(app, "h/", COMMANDS)
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and typed(app) == COMMANDS)
        burst(app, "<escape>", "<escape>", "/", "xyz")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen) and typed(app) == "xyz")
        await pilot.press("escape")

        # A paste outside a field is dropped whole.
        burst(app, events.Paste("/rrXq\n" * 1000), "/", events.Paste("abc"), "d")
        await until(pilot, lambda: typed(app) == "abcd")
        await pilot.press("escape")
        assert app.live is not None
        assert app.live.state.tally.count(Status.VOID) == 0

        burst(app, "/", "x" * 100, "<ctrl+q>")
        await until(pilot, lambda: app._exit)


async def test_a_form_that_holds_a_file_begins_at_its_first_field_and_a_choice_of_a_file_is_followed_by_its_path(
    tmp_path: Path,
) -> None:
    with closing(Store(tmp_path / "store.sqlite3")) as store:
        app = DropoutApp(lambda: StartPoint(store, LaunchForm("sample", prompt="mine.txt")))
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LaunchScreen) and app.hears_keys)
            model = app.screen.query_one("#model")
            await until(pilot, lambda: app.focused is model)
            assert app.focused is model, "the focus went to the file that the form holds"
            prompt, level = app.screen.query_one("#prompt", Field), app.screen.query_one("#level", Select)
            level.value, prompt.value = "explicit", ""
            level.focus()
            await until(pilot, lambda: app.focused is level and not prompt.is_on_screen)
            burst(app, "<enter>", "<end>", "<enter>", "other.txt")
            await until(pilot, lambda: prompt.value == "other.txt")
            assert app.focused is prompt
            assert prompt.is_on_screen
