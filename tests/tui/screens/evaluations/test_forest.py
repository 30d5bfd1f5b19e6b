"""Any number of evaluations on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App

from dropout_core.analysis.comparison.ranking import CheckAcross, Compared, rank
from dropout_core.storage.store import Store
from dropout_core.values.annotation import AnnotationChange
from dropout_core.verdict.verdict import Outcome
from dropout_tui.screens.evaluations.compare import CompareScreen
from dropout_tui.screens.evaluations.forest import ForestScreen
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.evaluations.reopened import ReopenedScreen
from dropout_tui.text.words.ranking import title_across
from dropout_tui.widgets.evaluations.checks_across import check_lines, columns_in_sight
from dropout_tui.widgets.evaluations.forest import forest_lines
from tests.tui.looking import text_on_screen, until
from tests.tui.states import T0, Ending, evaluation_state, failed
from tests.tui.stored import Recorded, many, varied


class Showing(App[None]):
    def __init__(self, store: Store) -> None:
        super().__init__()
        self.history = HistoryScreen(store, Recorded(), clock=lambda: T0 + 9e5)

    def on_mount(self) -> None:
        self.push_screen(self.history)

    @property
    def forest(self) -> ForestScreen | None:
        return self.screen if isinstance(self.screen, ForestScreen) else None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "store.sqlite3")) as one:
        yield one


def line_of(app: App[None], beginning: str) -> str:
    """The first line on screen that begins so, after the cursor and the letter."""
    lines = (line[2:].strip() for line in text_on_screen(app).splitlines())
    return next((line for line in lines if line.startswith(beginning)), "")


async def test_from_the_marks_to_the_runs_behind_a_check(store: Store) -> None:
    varied(store)
    store.annotate(6, AnnotationChange("[/best]"))
    app = Showing(store)
    async with app.run_test(size=(130, 34), notifications=True) as pilot:
        await until(pilot, lambda: app.history._rows is not None)
        await pilot.press("M", "c")
        await until(pilot, lambda: line_of(app, "#6 [/best]"))
        assert line_of(app, "#6 [/best]").endswith("95 %  76–99  19/20 ▲ above band")
        text = text_on_screen(app)
        order = [text.index(f"#{number} ") for number in (6, 4, 8, 9, 2, 3, 1, 7)]
        assert order == sorted(order)
        said = "#6 [/best] · claude-sonnet-4-5-20250929 · explicit · strict · answer – higher than #2, #3, #1, #7"
        assert said in text
        assert "an error of 5 % over all 36 pairs" in text
        assert "! The suites differ" in " ".join(text.split())

        # The highest is compared with another one in every detail.
        await pilot.press("j", "j", "c")
        await until(pilot, lambda: "A #6 with B #8" in text_on_screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.forest is not None)
        await pilot.press("space", "k", "c")
        await until(pilot, lambda: "A #8 with B #4" in text_on_screen(app))
        assert isinstance(app.screen, CompareScreen)
        await pilot.press("escape")
        await until(pilot, lambda: app.forest is not None)

        # From evaluation to evaluation among the checks, and on to the runs behind one.
        await pilot.press("tab", "l", "l", "j", "j")
        await until(
            pilot, lambda: "Edge cases: fails 1 of the 5 runs that reached it in #9" in text_on_screen(app)
        )
        await pilot.press("enter")
        await until(pilot, lambda: "fails Edge cases  1 of 20" in text_on_screen(app))
        assert isinstance(app.screen, ReopenedScreen)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.forest is not None)
        await pilot.press("h", "enter")
        await until(pilot, lambda: "No run of #8 fails: Edge cases" in str([*app._notifications]))
        await pilot.press("tab", "g", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.history)
        assert len(app.history.table.marked) == 9


async def test_thirty_scroll_in_a_small_terminal(store: Store) -> None:
    many(store, 30, trials=1)
    app = Showing(store)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.history._rows is not None)
        await pilot.press("M", "c")
        await until(pilot, lambda: app.forest is not None and app.forest.forest.option_count == 30)
        forest = app.forest
        assert forest is not None
        ranking = forest._ranking
        assert ranking is not None
        await pilot.press("G")
        last = ranking.rows[-1].number
        await until(pilot, lambda: "of 30" in text_on_screen(app) and line_of(app, f"#{last} "))
        await pilot.press("tab", "h")
        before = ranking.rows[-2].number
        await until(
            pilot, lambda: f"in #{before}, " in text_on_screen(app) or f"of #{before} " in text_on_screen(app)
        )


ENDINGS: dict[int, tuple[list[Ending], str]] = {
    1: ([Outcome.PASSED, failed("scaling")], "terse"),
    200: ([failed("rate")] * 12, "plain"),
    30: ([], "漢字" * 30),
}
RANKING = rank(
    [
        Compared(number, evaluation_state(runs=len(trials) or 1, trials=trials, prompt=prompt))
        for number, (trials, prompt) in ENDINGS.items()
    ]
)


@given(st.integers(36, 250), st.integers(0, 2), st.integers(0, 1))
def test_the_lines_fit_any_width(width: int, chosen: int, row: int) -> None:
    head, lines = check_lines(RANKING, chosen, row, width)
    assert len({line.cell_length for line in (head, *lines)}) == 1
    scale, rows = forest_lines(RANKING, chosen, width)
    assert all(line.cell_length <= width for line in (head, *lines, scale, *rows))
    assert all("%" in line.plain or "–" in line.plain for line in rows)


@given(st.integers(1, 60), st.data(), st.integers(0, 40))
def test_the_chosen_column_is_in_sight(count: int, data: st.DataObject, room: int) -> None:
    chosen = data.draw(st.integers(0, count - 1))
    sight = columns_in_sight(count, chosen, room)
    assert chosen in sight
    assert len(sight) == max(1, min(count, room))
    assert 0 <= sight.start < sight.stop <= count


@pytest.mark.parametrize(("check", "title"), [("rate", "Drop rate"), ("memory", "Memory"), ("lost", "Lost")])
def test_a_check_has_its_title_although_the_first_suite_does_not_know_it(check: str, title: str) -> None:
    states = [evaluation_state(trials=[Outcome.PASSED], suite=suite) for suite in ("basic", "hard")]
    ranking = rank([Compared(number, state) for number, state in enumerate(states, 1)])
    assert title_across(CheckAcross(check, ((0, 1), (0, 1))), ranking) == title
