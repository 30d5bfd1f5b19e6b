"""The whole dashboard: a real store, a real sandbox, a real SDK over real HTTP, and the keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from dropout_core.running.session import Session, model_for
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.verdict import Outcome
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.startup import StartPoint
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.parsing import parse
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.help import HelpScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.widgets.key_line import hints_of
from dropout_tui.widgets.title_bar import HELD
from tests.core.storage.test_store_blocked import moved_away
from tests.messages_server import Answer, Failure, Gate, MessagesServer, Received, Stream
from tests.tui.looking import text_on_screen, until
from tests.tui.states import failed
from tests.tui.stored import stored

RIGHT = """\
```python
import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    return x * (np.random.rand(*x.shape) >= p) / (1 - p)
```
"""
UNSCALED = RIGHT.replace(" / (1 - p)", "")
HOSTILE = "[/markup] [red]x \x1b[31m \0 \u202e mask[mask == 0]\n" + UNSCALED


def form(**values: str) -> LaunchForm:
    return LaunchForm(**{"model": "sample", "seed": "3", "runs": "3", **values})  # type: ignore[arg-type]


def config(**values: str) -> EvaluationConfig:
    parsed = parse(form(**values))
    assert isinstance(parsed, EvaluationConfig), parsed
    return parsed


def offered(app: DropoutApp) -> set[str]:
    """What the line of keys says that they do."""
    return {hint.description for hint in hints_of(app.screen)}


@asynccontextmanager
async def running(
    tmp_path: Path, first: EvaluationConfig | int | None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[DropoutApp, Pilot[None]]]:
    store = Store(tmp_path / "store.sqlite3")
    opened = Session.resumed(store, first, model_for) if isinstance(first, int) else first
    app = DropoutApp(lambda: StartPoint(store, form(), opened), paced=False)
    try:
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            await until(pilot, lambda: app.hears_keys)
            yield app, pilot
            await pilot.press("ctrl+q")
            if isinstance(app.screen, ConfirmScreen):
                await pilot.press("y")
            await app.workers.wait_for_complete()
    finally:
        store.close()


def statuses(app: DropoutApp) -> list[str]:
    return [] if app.live is None else [str(trial.status) for trial in app.live.state.trials]


def sequence(gate: Gate, *answers: str) -> Callable[[Received], Stream]:
    """The first request waits at the gate after its first words; the others are answered at once."""
    asked = count()

    def answer(_: Received) -> Stream:
        number = next(asked)
        events = Answer(answers[number] if number < len(answers) else UNSCALED).events()
        return Stream([*events[:3], gate, *events[3:]] if number == 0 else events)

    return answer


async def test_from_the_launch_form_to_the_verdicts_and_to_the_next_evaluation(tmp_path: Path) -> None:
    async with running(tmp_path, None) as (app, pilot):
        assert isinstance(app.screen, LaunchScreen)
        assert not [hint for hint in app.screen.active_bindings.values() if is_of_answers(hint.binding.id)]
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        app.screen.query_one("#runs", Input).value = "4"
        await pilot.press("f5")
        await until(pilot, lambda: app.live is not None and app.live.state.settled)
        assert isinstance(app.screen, DashboardScreen)
        await until(pilot, lambda: "completed" in text_on_screen(app))
        assert "4/4" in text_on_screen(app)
        assert "built in" in text_on_screen(app)
        assert app.live is not None
        assert app.live.state.stop_reason == "completed"

        # A form that is left without a start is as it was the next time.
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        app.screen.query_one("#runs", Input).value = "2"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        assert app.screen.query_one("#runs", Input).value == "2"
        await pilot.press("f5")
        await until(pilot, lambda: app.live is not None and app.live.number == 2 and app.live.state.settled)
        assert len(app.live.state.trials) == 2


def is_of_answers(binding_id: str | None) -> bool:
    """Whether a key does something with an answer."""
    return binding_id is not None and binding_id.startswith("answer.")


async def test_a_finished_evaluation_says_that_nothing_was_run(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    stored(store, [Outcome.PASSED, failed("rate")], model="sample")
    store.close()
    async with running(tmp_path, 1) as (app, pilot):
        await until(pilot, lambda: "nothing left to do" in text_on_screen(app))
        assert "nothing was run" in text_on_screen(app)


async def test_opening_a_failing_run_shows_the_check_beside_the_code(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    messages_server.default = Answer(HOSTILE)
    first = config(model="m", base_url=messages_server.url, runs="2")
    async with running(tmp_path, first, size=(80, 24)) as (app, pilot):
        await until(pilot, lambda: statuses(app) == ["failed", "failed"])
        await until(pilot, lambda: "Scaling: ×1.00, expected ×2.00" in text_on_screen(app))
        await pilot.press("down", "enter")
        assert isinstance(app.screen, TrialScreen)
        assert app.screen.trial == 2
        await until(pilot, lambda: "expected 2.00 ×" in text_on_screen(app))
        assert "def dropout(x, p, training)" in text_on_screen(app)
        await pilot.press("2")
        await until(pilot, lambda: "1 · prompt" in text_on_screen(app))
        await pilot.press("end")
        await until(pilot, lambda: "return np.zeros_like(x)" in text_on_screen(app))
        await pilot.press("K", "escape")
        assert isinstance(app.screen, DashboardScreen)
        assert app.screen.table.cursor_trial == 1


async def test_one_run_is_paused_while_others_go_on_then_resumed_and_rerun(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    gate = Gate()
    messages_server.default = sequence(gate, RIGHT, UNSCALED, UNSCALED)
    first = config(model="m", base_url=messages_server.url, runs="3", concurrency="1")
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, gate.reached.is_set)
        await until(pilot, lambda: "replying" in text_on_screen(app))
        await pilot.press("space")
        await until(pilot, lambda: statuses(app)[0] == "pausing")
        gate.open()
        await until(pilot, lambda: statuses(app) == ["paused", "failed", "failed"])
        await until(pilot, lambda: "‖ paused" in text_on_screen(app))
        await pilot.press("space")
        await until(pilot, lambda: statuses(app) == ["passed", "failed", "failed"])
        await pilot.press("r")
        await until(pilot, lambda: statuses(app) == ["failed", "failed", "failed"])
        assert app.live is not None
        assert len(app.live.state.trial(1).attempts) == 2
        assert app.live.state.tally.passed == 1


async def test_cancel_pause_all_and_concurrency(tmp_path: Path, messages_server: MessagesServer) -> None:
    gate = Gate()
    messages_server.default = sequence(gate, UNSCALED)
    first = config(model="m", base_url=messages_server.url, runs="3", concurrency="1")
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, gate.reached.is_set)
        await pilot.press("P")
        await until(pilot, lambda: statuses(app) == ["pausing", "paused", "paused"])
        await until(pilot, lambda: {"Resume", "Resume all"} <= offered(app))
        await pilot.press("x")
        await until(pilot, lambda: statuses(app) == ["void", "paused", "paused"])
        await pilot.press("plus", "plus", "minus")
        await until(pilot, lambda: app.live is not None and app.live.state.limit == 2)
        for name in ("plus", "plus", "minus", "plus", "plus"):
            app.post_message(Key(name, None))
        await until(pilot, lambda: "paused, 5 at once" in text_on_screen(app))
        await pilot.press("P")
        await until(pilot, lambda: statuses(app) == ["void", "failed", "failed"])
        await until(pilot, lambda: {"Pause", "Pause all"} <= offered(app))
        await pilot.press("R", "y")
        await until(pilot, lambda: statuses(app) == ["failed", "failed", "failed"])
        await pilot.press("X")
        assert statuses(app) == ["failed", "failed", "failed"]
        gate.open()


async def test_quitting_asks_while_runs_are_in_flight(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    gate = Gate()
    messages_server.default = sequence(gate, UNSCALED)
    first = config(model="m", base_url=messages_server.url, runs="2", concurrency="1")
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, gate.reached.is_set)
        await until(pilot, lambda: statuses(app) == ["running", "queued"])
        await app.action_quit()  # of the palette
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        assert statuses(app) == ["running", "queued"]
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: not app.is_running)
    gate.open()
    store = Store(tmp_path / "store.sqlite3")
    assert store.newest_unfinished() == 1
    store.close()


async def test_quitting_may_finish_what_is_in_flight_first(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    gate = Gate()
    messages_server.default = sequence(gate, UNSCALED)
    first = config(model="m", base_url=messages_server.url, runs="2", concurrency="1")
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, gate.reached.is_set)
        await until(pilot, lambda: statuses(app) == ["running", "queued"])
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("f")
        await until(pilot, lambda: any("still ends" in notice.message for notice in app._notifications))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: any("Staying" in notice.message for notice in app._notifications))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        gate.open()
        await until(pilot, lambda: not app.is_running)
        assert statuses(app) == ["failed", "queued"]
    assert len(messages_server.requests) == 1
    store = Store(tmp_path / "store.sqlite3")
    assert store.newest_unfinished() == 1
    store.close()


async def test_a_budget_that_is_used_up_is_said(tmp_path: Path, messages_server: MessagesServer) -> None:
    messages_server.default = Answer(UNSCALED, usage={"input_tokens": 1000, "output_tokens": 1000})
    first = config(
        model="m", base_url=messages_server.url, runs="5", price="1,5", budget="0.01", concurrency="1"
    )
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, lambda: any("--budget" in notice.message for notice in app._notifications))
        assert app.live is not None
        assert app.live.state.stop_reason == "budget"
        assert statuses(app)[-1] == "queued"


@pytest.mark.long_run
async def test_a_budget_without_a_price_cannot_start(tmp_path: Path, messages_server: MessagesServer) -> None:
    first = config(model="m", base_url=messages_server.url, budget="1")
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, lambda: any("--price" in notice.message for notice in app._notifications))
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))


async def test_a_stored_evaluation_goes_on(tmp_path: Path, messages_server: MessagesServer) -> None:
    gate = Gate()
    messages_server.default = sequence(gate, UNSCALED)
    first = config(model="m", base_url=messages_server.url, runs="2", concurrency="1")
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, gate.reached.is_set)
        await until(pilot, lambda: statuses(app) == ["running", "queued"])
    gate.open()
    messages_server.default = Answer(RIGHT)
    async with running(tmp_path, 1) as (app, pilot):
        await until(pilot, lambda: statuses(app) == ["passed", "passed"])


async def test_what_cannot_start_says_why_and_offers_the_form(tmp_path: Path) -> None:
    async with running(tmp_path, config(model="claude-haiku-4-5")) as (app, pilot):
        said = "ANTHROPIC_API_KEY"
        await until(pilot, lambda: any(said in notice.message for notice in app._notifications))
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))


async def test_an_evaluation_that_had_to_stop_says_why_and_can_go_on(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    messages_server.default = Failure(401, "authentication_error", "invalid x-api-key [/oops]")
    first = config(model="m", base_url=messages_server.url, runs="2")
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, lambda: app.live is not None and app.live.state.ended_at is not None)
        await until(pilot, lambda: any("401" in notice.message for notice in app._notifications))
        assert statuses(app) == ["queued", "queued"]
        messages_server.default = Answer(RIGHT)
        await pilot.press("s")
        await until(pilot, lambda: statuses(app) == ["passed", "passed"])


async def test_help_says_what_the_keys_do_here(tmp_path: Path) -> None:
    async with running(tmp_path, config()) as (app, pilot):
        await until(pilot, lambda: app.live is not None and app.live.state.settled)
        for key in ("question_mark", "f1"):
            await pilot.press(key)
            await until(pilot, lambda: "Make a new attempt; the old one is kept" in text_on_screen(app))
            assert isinstance(app.screen, HelpScreen)
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("enter", "f1")
        await until(pilot, lambda: "Back to the table" in text_on_screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))


async def test_cancelling_all_asks(tmp_path: Path, messages_server: MessagesServer) -> None:
    gate = Gate()
    messages_server.default = sequence(gate, UNSCALED)
    first = config(model="m", base_url=messages_server.url, concurrency="1")
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, lambda: statuses(app) == ["running", "queued", "queued"])
        await pilot.press("X", "n")
        assert statuses(app) == ["running", "queued", "queued"]
        await pilot.press("X", "y")
        await until(pilot, lambda: statuses(app) == ["void"] * 3)
    gate.open()


async def test_a_narrow_screen_shows_one_view_at_a_time(tmp_path: Path) -> None:
    async with running(tmp_path, config(), size=(80, 24)) as (app, pilot):
        await until(pilot, lambda: app.live is not None and app.live.state.settled)
        screen = app.screen
        assert isinstance(screen, DashboardScreen)
        for table, checks, preview in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)):
            await pilot.pause()
            seen = [bool(w.region.area) for w in (screen.table, screen.failing_checks, screen.preview)]
            assert seen == [bool(table), bool(checks), bool(preview)]
            await pilot.press("v")


@pytest.mark.timeout(600)  # many keys, each as slow as the machine is busy
@pytest.mark.parametrize(
    "looks",
    [
        [((20, 5), "36×8 is the"), ((36, 8), "✗")],
        pytest.param([((200, 60), "✗")], marks=pytest.mark.long_run),
    ],
)
async def test_any_size_of_terminal(tmp_path: Path, looks: list[tuple[tuple[int, int], str]]) -> None:
    async with running(tmp_path, config(), size=(20, 5)) as (app, pilot):
        await until(pilot, lambda: app.live is not None and app.live.state.settled)
        for size, shown in looks:
            await pilot.resize_terminal(*size)
            await until(pilot, lambda shown=shown: shown in text_on_screen(app))  # type: ignore[misc]
            await pilot.press("enter", "1", "2", "3", "escape")
            await until(pilot, lambda: isinstance(app.screen, DashboardScreen))


async def test_while_nothing_can_be_stored_the_clock_stands_and_a_toast_says_so(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    gate = Gate()
    messages_server.default = sequence(gate)
    first = config(model="m", base_url=messages_server.url, runs="1")
    async with running(tmp_path, first) as (app, pilot):
        await until(pilot, lambda: gate.reached.is_set())
        with moved_away(tmp_path / "store.sqlite3"):
            gate.open()
            await until(pilot, lambda: app.live is not None and app.live.held_since is not None)
            await until(pilot, lambda: HELD in text_on_screen(app))
            await until(pilot, lambda: "Held" in text_on_screen(app))
            assert app.live is not None
            assert app.live.at(1e12) == app.live.held_since
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, TrialScreen))
        await until(pilot, lambda: statuses(app) == ["failed"])
        assert app.live.held_since is None
        await until(pilot, lambda: "Held" not in text_on_screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: "completed" in text_on_screen(app))
        assert "Held" not in text_on_screen(app)
        assert app.live.state.idle_seconds > 0
