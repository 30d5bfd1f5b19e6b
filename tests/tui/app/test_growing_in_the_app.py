"""More runs, another band, another budget, from the dashboard: of an evaluation that runs, has ended or is stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from dropout_core.statistics.pass_rate import Band
from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.dashboard.plan import PlanScreen
from dropout_tui.screens.evaluations.reopened import ReopenedScreen
from dropout_tui.widgets.form.form_row import Field
from tests.messages_server import Answer, Gate, MessagesServer, Stream
from tests.tui.app.test_history_in_the_app import (
    at_the_open_one,
    opened_history,
    program,
    settled,
)
from tests.tui.looking import text_on_screen, until
from tests.tui.stored import stored


async def asked_for_more(app: DropoutApp, pilot: Pilot[None]) -> None:
    await pilot.press("A")
    await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
    await pilot.press("y")


async def plan_screen(app: DropoutApp, pilot: Pilot[None]) -> PlanScreen:
    await pilot.press("B")
    await until(pilot, lambda: isinstance(app.screen, PlanScreen))
    assert isinstance(app.screen, PlanScreen)
    return app.screen


async def reopened(app: DropoutApp, pilot: Pilot[None]) -> None:
    """Evaluation 1, from the history. The newest, at which the program begins, is another."""
    await opened_history(app, pilot, "h")
    await pilot.press("j", "enter")
    await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))


async def entered(app: DropoutApp, pilot: Pilot[None], **values: str) -> None:
    screen = app.screen
    for name, value in values.items():
        screen.query_one(f"#{name}", Field).value = value
    await pilot.pause()
    await pilot.press("ctrl+s")


async def test_of_one_that_has_ended_a_click_opens_the_band_and_a_key_makes_twenty_more_runs(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "store.sqlite3")
    async with program(store, start=LaunchForm(model="sample", runs="2", seed="1")) as (app, pilot):
        await until(pilot, lambda: settled(app, 1) and "completed in" in text_on_screen(app))
        lines = text_on_screen(app).splitlines()
        y, x = next((y, line.index("band 10–40")) for y, line in enumerate(lines) if "band 10–40" in line)
        await pilot.click(offset=(x + 2, y))
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        await pilot.press("escape")
        await until(pilot, lambda: at_the_open_one(app))
        await asked_for_more(app, pilot)
        await until(pilot, lambda: app.live is not None and len(app.live.state.trials) == 22)
        await until(pilot, lambda: settled(app, 1) and "22/22" in text_on_screen(app))
    assert store.state(1).tally.graded == 22
    assert store.history()[0].config.runs == 22
    store.close()


async def test_a_key_makes_twenty_more_runs_of_a_stored_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    stored(store, [Outcome.PASSED] * 3, model="sample", suite="basic")
    stored(store, [Outcome.PASSED], model="sample")
    async with program(store, shown=2) as (app, pilot):
        await reopened(app, pilot)
        await asked_for_more(app, pilot)
        await until(pilot, lambda: app.live is not None and app.live.state.tally.graded == 23)
        await until(pilot, lambda: at_the_open_one(app))
        assert [notice.message for notice in app._notifications if "running" in notice.message] == []
    store.close()


async def test_a_stored_one_is_given_another_band_at_once_and_what_cannot_be_is_said_at_its_field(
    tmp_path: Path,
) -> None:
    """No model is asked, so none needs to be there."""
    store = Store(tmp_path / "store.sqlite3")
    stored(store, [Outcome.PASSED] * 12, model="claude-haiku-4-5", suite="basic")
    stored(store, [Outcome.PASSED], model="sample")
    async with program(store, shown=2) as (app, pilot):
        await reopened(app, pilot)
        await until(pilot, lambda: "above" in text_on_screen(app))
        for band, tolerance, decision in (("50-100", "5", "▣ in"), ("10-40", "", "above")):
            await plan_screen(app, pilot)
            await entered(app, pilot, band=band, tolerance=tolerance)
            await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
            shown = f"band {band.replace('-', '–')}"
            await until(pilot, lambda shown=shown: shown in text_on_screen(app))  # type: ignore[misc]
            word = decision.split()[-1]
            await until(pilot, lambda word=word: word in text_on_screen(app))  # type: ignore[misc]
            assert store.state(1).config.band == Band.parse(band)
            assert store.history()[1].config.band == Band.parse(band)

        # What cannot be is said, and escape changes nothing.
        await pilot.resize_terminal(80, 24)
        await plan_screen(app, pilot)
        for field, value, said in (
            ("runs", "11", "there are 12 already"),
            ("band", "40-10", "the low end comes first"),
            ("tolerance", "15", "leaves nothing of the band"),
            ("budget", "free", "is not an amount of dollars"),
            ("max_total_tokens", "0", "0 is out of range"),
        ):
            before = app.screen.query_one(f"#{field}", Field).value
            await entered(app, pilot, **{field: value})
            await until(pilot, lambda said=said: said in text_on_screen(app))  # type: ignore[misc]
            assert isinstance(app.screen, PlanScreen)
            assert app.screen.focused is app.screen.query_one(f"#{field}", Field)
            app.screen.query_one(f"#{field}", Field).value = before
            await until(pilot, lambda said=said: said not in text_on_screen(app))  # type: ignore[misc]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        state = store.state(1)
        assert (state.config.runs, state.config.band) == (12, Band())
    store.close()


@pytest.mark.parametrize("size", [(80, 24), pytest.param((200, 60), marks=pytest.mark.long_run)])
async def test_keys_alone_fill_it_in_while_runs_are_in_flight(
    tmp_path: Path, messages_server: MessagesServer, size: tuple[int, int]
) -> None:
    gate = Gate()
    events = Answer("no code").events()
    messages_server.default = lambda _: Stream([*events[:3], gate, *events[3:]])
    store = Store(tmp_path / "store.sqlite3")
    form = LaunchForm(model="m", base_url=messages_server.url, runs="1")
    async with program(store, start=form) as (app, pilot):
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: app.live is not None and app.live.commands is not None)
        await plan_screen(app, pilot)
        assert app.screen.focused is app.screen.query_one("#runs", Field)
        await pilot.press("backspace", "3", "down", *["backspace"] * 5, *"20-50", "down", "5")
        assert all(label in text_on_screen(app) for label in ("Runs", "Band, %", "Budget, $", "Total tokens"))
        await pilot.press("enter")
        await until(pilot, lambda: app.live is not None and len(app.live.state.trials) == 3)
        assert app.live is not None
        config = app.live.state.config
        assert (config.runs, config.band, config.tolerance) == (3, Band(0.2, 0.5), 0.05)
        gate.open()
        await until(pilot, lambda: settled(app, 1))
        assert store.state(1).tally.graded == 3
    store.close()
