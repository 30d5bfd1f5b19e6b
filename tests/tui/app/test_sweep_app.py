"""A sweep on the screen: real HTTP, a real store, a real sandbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from dropout_core.storage.lease import Lease
from dropout_core.storage.store import Store
from dropout_tui.app.sweep_app import SweepApp, SweepStart
from dropout_tui.command_line.lines.line_output import LineOptions
from dropout_tui.command_line.sweep.running import RunningSweep, SweepListener, SweepOptions
from dropout_tui.commands.sweep_screen import sweep_screen
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.sweep.grid import Grid, axis, laid_out
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.sweep.cell import SweepCellScreen
from dropout_tui.screens.sweep.screen import SweepScreen
from dropout_tui.settings.known_addresses import KnownAddresses
from dropout_tui.settings.preferences import Preferences
from tests.messages_server import Answer, Behaviour, Failure, Gate, MessagesServer, Received, Stream
from tests.tui.looking import text_on_screen, until

PROSE = "Rather not."


@pytest.fixture
def gate(messages_server: MessagesServer) -> Iterator[Gate]:
    """Holds the replies of model `a` from the third on; `b` is answered in prose, and `c` not known."""
    gate, counted = Gate(), iter(range(1000))

    def answer(request: Received) -> Behaviour:
        model, events = request.body["model"], Answer(f"{PROSE} {next(counted)}").events()
        if model == "c":
            return Failure(404, "not_found_error", "model: [b]c[/b]")
        asked = sum(one.body["model"] == "a" for one in messages_server.requests)
        return Stream([*events[:3], gate, *events[3:]] if model == "a" and asked > 2 else events)

    messages_server.default = answer
    yield gate
    gate.open()


def grid_of(server: MessagesServer, models: str, runs: int) -> Grid:
    form = LaunchForm(
        model="a", base_url=server.url, runs=str(runs), concurrency="2", max_tokens="100", seed="5"
    )
    return laid_out(form, [axis("model", models)], {})


@asynccontextmanager
async def program(store: Store, grid: Grid) -> AsyncIterator[tuple[SweepApp, Pilot[None]]]:
    address = next(cell.config.base_url or "" for cell in grid.cells if cell.config is not None)

    def opening(listener: SweepListener) -> SweepStart:
        options = SweepOptions(LineOptions(), KnownAddresses().with_one(address))
        return SweepStart(store, LaunchForm("sample"), running=RunningSweep(store, grid, options, listener))

    app = SweepApp(opening)
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        await until(pilot, lambda: app.hears_keys or not app.is_running)
        yield app, pilot
        await app.workers.wait_for_complete()


async def test_a_sweep_is_watched_entered_paused_left_and_gone_on_with(
    tmp_path: Path, messages_server: MessagesServer, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    store, grid = Store(tmp_path / "store.sqlite3"), grid_of(messages_server, "a,b,c", 4)
    async with program(store, grid) as (app, pilot):

        def reads(*words: str) -> bool:
            screen = text_on_screen(app)
            return all(word in screen for word in words)

        # Two of `a` are held, so `b` waits; what is not known says so.
        await until(pilot, lambda: reads("running, 2 at once", "● 2 in flight", "! stopped", "0/2"))
        assert reads("3 cells (3 models)", "model a  #1")
        await pilot.press("j", "j")
        await until(pilot, lambda: reads("model c  #3", "does not know the model 'c'"))

        # Into a cell and back: its dashboard takes the commands of any other, and leads nowhere else.
        await pilot.press("k", "k", "enter")
        await until(pilot, lambda: isinstance(app.screen, SweepCellScreen) and reads("2/4", "● replying"))
        await pilot.press("n", "h", "i", "plus")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SweepScreen))

        # Paused, it begins nothing; it goes on where it was.
        await pilot.press("P")
        await until(pilot, lambda: reads("pausing", "P Go on"))
        asked = len(messages_server.requests)
        gate.open()
        await until(pilot, lambda: app.running is not None and not app.running.live.in_flight)
        await until(pilot, lambda: reads("paused") and not reads("pausing"))
        assert len(messages_server.requests) == asked

        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.was_interrupted
    assert app.failure is None

    # The same grid goes on, also with what was paused, and asks only for what is missing.
    async with program(store, grid) as (app, pilot):
        await until(pilot, lambda: "going on with a sweep that this store has" in text_on_screen(app))
        await until(pilot, lambda: app.running is not None and app.running.is_done)
        await until(pilot, lambda: text_on_screen(app).count("0/4") == 2)
        await until(pilot, lambda: "completed" in text_on_screen(app))
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert not app.was_interrupted
    asked_of = Counter(request.body["model"] for request in messages_server.requests)
    # What the server does not know is asked for once more by each start.
    assert asked_of == {"a": 4, "b": 4, "c": 2}
    store.close()


async def test_leaving_asks_and_lets_what_is_in_flight_end(
    tmp_path: Path, messages_server: MessagesServer, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    store = Store(tmp_path / "store.sqlite3")
    async with program(store, grid_of(messages_server, "a", 6)) as (app, pilot):
        await until(pilot, lambda: "● 2 in flight" in text_on_screen(app))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "the same command goes on from there" in " ".join(text_on_screen(app).split())
        await pilot.press("f")
        await until(pilot, lambda: "What is in flight still ends" in text_on_screen(app))
        gate.open()
        await until(pilot, lambda: not app.is_running)
    assert app.was_interrupted
    assert store.state(1).tally.graded == 4

    # What another program runs is left alone.
    lease = Lease(store.path, 1)
    async with program(store, grid_of(messages_server, "a", 6)) as (app, pilot):
        await until(pilot, lambda: not app.is_running)
    assert app.failure is not None
    assert "evaluation 1" in app.failure
    lease.release()
    assert len(messages_server.requests) == 4
    store.close()


def test_a_theme_that_is_not_there_is_said_before_anything_is_opened(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    path, said = tmp_path / "store.sqlite3", list[str]()
    options = SweepOptions(LineOptions(), KnownAddresses())
    preferences = Preferences(theme="no-such-theme")
    grid = grid_of(messages_server, "a", 6)
    assert sweep_screen(path, grid, options, said.append, preferences) == EXIT_USAGE
    assert "no-such-theme" in said[0]
    assert not path.exists()
