"""The panel that says what the rate would be by other checks, over a real store and a real sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from dropout_core.analysis.what_if import Change
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.store import Store
from dropout_core.task.prompt import load_prompt
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.screens.evaluations.what_if import WhatIfScreen
from tests.tui.looking import text_on_screen, until
from tests.tui.states import Ending, evaluation_state, failed
from tests.tui.stored import stored

EXPLICIT = load_prompt("explicit", suite="basic", mode="answer", task=dropout).text


class Showing(App[None]):
    def __init__(self, store: Store, state: EvaluationState | None = None) -> None:
        super().__init__()
        self.given: list[Change | None] = []
        self.said: list[str] = []
        self.live = LiveEvaluation(1, state or store.state(1))
        self.what_if = WhatIfScreen(self.live, store, allow_weak_sandbox=True)

    def on_mount(self) -> None:
        self.push_screen(self.what_if, self.given.append)

    def notify(self, message: str, **how: Any) -> None:
        self.said.append(message)
        super().notify(message, **how)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(tmp_path / "store.sqlite3")
    stored(one, [Outcome.PASSED, failed("scaling", "other_rates"), failed("scaling", "other_rates")],
           prompt_text=EXPLICIT)  # fmt: skip
    yield one
    one.close()


@asynccontextmanager
async def judged(
    store: Store, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Showing, Pilot[None]]]:
    app = Showing(store)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "all answers judged" in text_on_screen(app))
        yield app, pilot


def row_of(app: Showing, name: str) -> str:
    (line,) = [line for line in text_on_screen(app).splitlines() if line[1:].startswith(f"{name} ")]
    return line


async def test_a_second_look_is_there_at_once_and_enter_gives_the_change_under_the_cursor(
    store: Store,
) -> None:
    async with judged(store) as (app, pilot):
        await pilot.press("escape")
        await until(pilot, lambda: app.given == [None])
    kept = store.kept_gradings(1)
    assert kept
    async with judged(store) as (app, pilot):
        assert store.kept_gradings(1) == kept
        for size in ((80, 24), (200, 60)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda lines=size[1]: len(text_on_screen(app).splitlines()) == lines)  # type: ignore[misc]
            assert "1/3  33.3%" in row_of(app, "as it is")
            assert "◂ rate in band" in row_of(app, "as it is")
            assert row_of(app, "with dtype").rstrip(" ▁▂▃▄▅▆▇█").endswith("never asked")
            assert "never asked" not in row_of(app, "without shape")
        await pilot.resize_terminal(30, 6)
        await until(pilot, lambda: "36×8 is the least" in " ".join(text_on_screen(app).split()))
        await pilot.resize_terminal(80, 24)
        await pilot.press("G")
        await until(pilot, lambda: "suite hard: --suite hard" in text_on_screen(app))
        assert "The prompt never asked for input_untouched, dtype" in text_on_screen(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.given)
        assert [change and change.suite for change in app.given] == ["hard"]


async def test_runs_that_end_meanwhile_are_judged_too(store: Store) -> None:
    first = evaluation_state(runs=3, trials=[Outcome.PASSED], prompt_text=EXPLICIT)
    app = Showing(store, first)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "1/1  100.0%" in text_on_screen(app))
        app.live.take(store.state(1))
        await until(pilot, lambda: "1/3  33.3%" in text_on_screen(app))


async def test_that_the_task_has_changed_is_said_once(store: Store) -> None:
    endings: list[Ending] = [
        Outcome.PASSED,
        failed("scaling", "other_rates"),
        failed("scaling", "other_rates"),
    ]
    first, later = (
        evaluation_state(
            runs=3, trials=endings[:ended], prompt_text=EXPLICIT, task_version=dropout.version + 1
        )
        for ended in (1, 3)
    )
    app = Showing(store, first)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "1/1 100.0%" in " ".join(text_on_screen(app).split()))
        app.live.take(later)
        await until(pilot, lambda: "1/3 33.3%" in " ".join(text_on_screen(app).split()))
        (said,) = app.said
        assert "the task dropout has changed since the evaluation began" in said


async def test_a_task_that_is_gone_is_one_line(store: Store) -> None:
    number = stored(store, [Outcome.PASSED], task="gone", task_file="gone.py", function="gone")
    app = Showing(store, store.state(number))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "there is no file 'gone.py'" in text_on_screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.given)
