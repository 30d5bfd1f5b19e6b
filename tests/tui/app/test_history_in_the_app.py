"""The history in the whole program: a real store, a real sandbox, and evaluations that go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.command import CommandPalette
from textual.pilot import Pilot

from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session, model_for
from dropout_core.storage.lease import leased_elsewhere
from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.startup import StartPoint
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.parsing import parse
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.evaluations.reopened import ReopenedScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from tests.messages_server import Answer, Gate, MessagesServer, Stream
from tests.tui.looking import text_on_screen, until
from tests.tui.states import failed
from tests.tui.stored import stored


@asynccontextmanager
async def program(
    store: Store, *, start: LaunchForm | None = None, shown: int | None = None
) -> AsyncIterator[tuple[DropoutApp, Pilot[None]]]:
    """It begins with an evaluation that it starts, or with a stored one that has ended, or with the form, which takes
    the longest to open."""
    first = None if start is None else parse(start)
    assert not isinstance(first, dict)
    opened = first if shown is None else Session.resumed(store, shown, model_for)
    app = DropoutApp(
        lambda: StartPoint(store, LaunchForm(model="sample", runs="2", seed="1"), opened), paced=False
    )
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.hears_keys)
        yield app, pilot
        await pilot.press("ctrl+q")
        if isinstance(app.screen, ConfirmScreen):
            await pilot.press("y")
        await app.workers.wait_for_complete()


def settled(app: DropoutApp, number: int) -> bool:
    return app.live is not None and app.live.number == number and app.live.state.settled


def made_again(app: DropoutApp, trial: int) -> bool:
    return app.live is not None and len(app.live.state.trial(trial).attempts) == 2


def told(app: DropoutApp, words: str) -> bool:
    return any(words in notice.message for notice in app._notifications)


def at_the_open_one(app: DropoutApp) -> bool:
    return isinstance(app.screen, DashboardScreen) and not isinstance(app.screen, ReopenedScreen)


async def opened_history(app: DropoutApp, pilot: Pilot[None], key: str) -> HistoryScreen:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
    screen = app.screen
    assert isinstance(screen, HistoryScreen)
    await until(pilot, lambda: screen._rows is not None)
    return screen


async def test_the_history_leads_to_a_form_and_back_and_resumes_what_can_be_resumed(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    stored(store, [Outcome.PASSED], runs=4, ended=None, model="sample", suite="basic")
    stored(store, [Outcome.PASSED], runs=3, ended="stopped", model="claude-haiku-4-5")
    async with program(store) as (app, pilot):
        await opened_history(app, pilot, "f3")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        history = await opened_history(app, pilot, "f3")

        # Without a key, it is said why there is no going on.
        await pilot.press("s")
        await until(pilot, lambda: told(app, "ANTHROPIC_API_KEY"))
        assert app.screen is history

        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await until(pilot, lambda: "stopped" in text_on_screen(app))
        await pilot.press("s")
        await until(pilot, lambda: settled(app, 1) and at_the_open_one(app))
        assert app.live is not None
        assert [len(trial.attempts) for trial in app.live.state.trials] == [1, 1, 1, 1]
    assert store.state(1).stop_reason == "completed"
    store.close()


async def test_one_run_of_a_completed_evaluation_is_rerun(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    stored(store, [Outcome.PASSED, failed("rate")], model="sample")
    async with program(store, start=LaunchForm(model="sample", runs="2", seed="1")) as (app, pilot):
        await until(pilot, lambda: settled(app, 2))
        await opened_history(app, pilot, "h")
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await pilot.press("j", "r")
        await until(pilot, lambda: settled(app, 1) and made_again(app, 2))
        assert app.live is not None
        assert len(app.live.state.trial(1).attempts) == 1
        assert app.live.state.tally.passed == 1
    store.close()


async def test_while_runs_are_in_flight_other_evaluations_can_be_read_and_go_on_beside_them(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    gate = Gate()
    events = Answer("no code").events()
    messages_server.default = lambda _: Stream([*events[:3], gate, *events[3:]])
    store = Store(tmp_path / "store.sqlite3")
    stored(store, [Outcome.PASSED], runs=3, ended="stopped", model="sample")
    start = LaunchForm(model="m", base_url=messages_server.url, runs="1")
    async with program(store, start=start) as (app, pilot):
        await until(pilot, gate.reached.is_set)
        history = await opened_history(app, pilot, "h")
        assert "● open here" in text_on_screen(app)
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await until(pilot, lambda: "1 of 1" in text_on_screen(app))
        await pilot.press("h")
        assert app.screen is history
        assert history.table.selected is not None
        assert history.table.selected.number == 1
        await pilot.press("k", "enter")
        await until(pilot, lambda: at_the_open_one(app))
        await opened_history(app, pilot, "h")
        await pilot.press("d")
        await until(pilot, lambda: told(app, "open in this program"))
        # Looking at, and failing to delete, other evaluations has not cost it its lease.
        assert leased_elsewhere(store.path) == frozenset()
        await pilot.press("j", "s")
        await until(pilot, lambda: settled(app, 1))
        assert at_the_open_one(app)
        assert [live.number for live in app.evaluations] == [2, 1]
        assert app.evaluations[0].state.ended_at is None
        gate.open()
        await until(pilot, lambda: app.evaluations[0].state.ended_at is not None)
    store.close()


async def test_changes_for_a_resumed_evaluation_do_not_apply_to_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    stored(store, [Outcome.PASSED], runs=2, ended=None, model="sample", suite="basic")
    session = Session.resumed(store, 1, model_for)
    changes = ResumeOverrides(concurrency=1, max_total_tokens=50_000)
    app = DropoutApp(
        lambda: StartPoint(store, LaunchForm(model="sample", runs="2", seed="1"), session, changes),
        paced=False,
    )
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: settled(app, 1))
        assert app.live is not None
        assert (app.live.state.limit, app.live.state.config.max_total_tokens) == (1, 50_000)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        await pilot.press("f5")
        await until(pilot, lambda: settled(app, 2))
        assert (app.live.state.limit, app.live.state.config.max_total_tokens) == (10, None)
        await pilot.press("ctrl+q")
        await app.workers.wait_for_complete()
    store.close()


async def test_a_stored_evaluation_is_opened_from_the_palette(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    for model in ("haiku[/foo]", "my-model"):
        stored(store, [Outcome.PASSED, failed("rate")], model=model)
    stored(store, [Outcome.PASSED], model="sample")
    async with program(store, shown=3) as (app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"my-m")
        await until(pilot, lambda: "Open evaluation 2" in text_on_screen(app))
        assert "1 of 2 passed" in text_on_screen(app)
        await pilot.press(*["backspace"] * 4, *"haiku")
        await until(pilot, lambda: "Open evaluation 1" in text_on_screen(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        assert app.screen.live.number == 1  # type: ignore[attr-defined]
        await pilot.press("slash", *"passed", "enter")
        await until(pilot, lambda: "esc shows all" in text_on_screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: "esc shows all" not in text_on_screen(app))
        assert isinstance(app.screen, ReopenedScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
    store.close()
