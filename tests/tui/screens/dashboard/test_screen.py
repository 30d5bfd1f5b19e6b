"""The dashboard by keys and by mouse: order, filter, groups, marks and what is chosen in the charts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from textual.app import App
from textual.pilot import Pilot

from dropout_core.state.events import EvaluationEnded, EvaluationReopened, PauseAsked, PriceKnown, Resumed
from dropout_core.state.trial_state import Phase, Status, TrialState
from dropout_core.values.price import Price
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations import cancelling
from dropout_tui.presenters.trials.trial_filter import Failing, WithStatus
from dropout_tui.presenters.trials.trial_lines import Heading
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.widgets.dashboard.failing_checks import FailingChecks
from dropout_tui.widgets.dashboard.pass_rate import PassRate
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.trials.filter_line import FilterInput
from dropout_tui.widgets.trials.trial_table import TrialTable
from tests.tui.gallery_trial import RecordedCommands, StoredConversations
from tests.tui.looking import text_on_screen, until
from tests.tui.states import (
    BUSY,
    HOSTILE_TEXTS,
    T0,
    Ending,
    attempt_events,
    failed,
    live_evaluation,
    verdict,
    void,
)


class Dashboard(App[None]):
    def __init__(self, runs: int, trials: Sequence[Ending], model: str, price: Price | None = None) -> None:
        super().__init__()
        self.commands = RecordedCommands()
        self.live = live_evaluation(
            runs=runs, trials=trials, commands=self.commands, model=model, price=price
        )
        self.now = T0 + 30
        self.dashboard = DashboardScreen(self.live, StoredConversations(), clock=lambda: self.now)

    def on_mount(self) -> None:
        self.push_screen(self.dashboard)

    @property
    def table(self) -> TrialTable:
        return self.dashboard.table

    def rows(self) -> list[int]:
        """The numbers of the trials in the table, from the top."""
        return [line.number for line in self.table._lines if isinstance(line, TrialState)]

    def headings(self) -> list[str]:
        return [line.title for line in self.table._lines if isinstance(line, Heading) and not line.depth]

    def line(self) -> str:
        """What stands under the table."""
        if not self.dashboard.runs.filter_line.display:
            return ""
        y = self.dashboard.runs.filter_line.region.y
        return text_on_screen(self).splitlines()[y]


@asynccontextmanager
async def dashboard(
    trials: Sequence[Ending] = BUSY,
    *,
    runs: int = 20,
    size: tuple[int, int] = (120, 40),
    model: str = "claude-haiku-4-5",
) -> AsyncIterator[tuple[Dashboard, Pilot[None]]]:
    app = Dashboard(runs, trials, model)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        yield app, pilot


async def click_text(pilot: Pilot[None], text: str, *, below: int = 0) -> None:
    """Click on the first place from line `below` on where the screen reads `text`."""
    for y, line in enumerate(text_on_screen(pilot.app).splitlines()):
        if y >= below and text in line:
            assert await pilot.click(offset=(line.index(text) + len(text) // 2, y))
            await pilot.pause()
            return
    raise AssertionError(f"{text!r} is not on the screen")


async def test_the_order_goes_through_the_columns_and_turns_round_by_keys_and_by_clicks_on_titles() -> None:
    async with dashboard([failed(), Outcome.PASSED, failed(), Outcome.PASSED], runs=4) as (app, pilot):
        await pilot.press("o")
        assert app.rows() == [2, 4, 1, 3]
        await until(pilot, lambda: "Status ▲" in text_on_screen(app))
        await pilot.press("O")
        assert app.rows() == [1, 3, 2, 4]
        await until(pilot, lambda: "Status ▼" in text_on_screen(app))
        await pilot.press("o", "o", "o", "o")
        assert app.rows() == [1, 2, 3, 4]
        await until(pilot, lambda: "▲" not in text_on_screen(app))
        await click_text(pilot, "Status")
        assert app.rows() == [2, 4, 1, 3]
        await click_text(pilot, "Status")
        assert app.rows() == [1, 3, 2, 4]


async def test_the_cursor_and_the_rows_that_are_read_stay_where_they_are_while_others_end() -> None:
    async with dashboard([], runs=100) as (app, pilot):

        async def pass_while_one_looks(numbers: range) -> None:
            for number in numbers:
                app.live.receive(attempt_events(number, Outcome.PASSED, at=T0))
            app.now += 5
            app.dashboard.look()
            await pilot.pause()

        await pilot.press("o", *["down"] * 30)
        await pilot.pause()
        before = app.table.cursor_trial
        line = app.table._cursor - app.table.scroll_offset.y
        await pass_while_one_looks(range(60, 90))
        assert app.rows()[:30] == list(range(60, 90))
        assert app.table.cursor_trial == before
        assert app.table._cursor - app.table.scroll_offset.y == line

        # A reader has scrolled away from the cursor.
        app.table.scroll_to(y=3, animate=False)
        await pilot.pause()
        first = app.rows()[app.table.scroll_offset.y]
        await pass_while_one_looks(range(50, 60))
        assert app.rows()[:40] == list(range(50, 90))
        assert app.rows()[app.table.scroll_offset.y] == first
        assert app.table.cursor_trial == before


async def test_a_filter_is_typed_kept_cleared_and_forgotten() -> None:
    async with dashboard() as (app, pilot):
        await pilot.press("slash", *"check:scaling")
        await pilot.pause()
        assert app.rows() == [1, 14]
        assert "check:scaling" in app.line()
        assert "2 of 20" in app.line()
        await pilot.press("enter", "j")
        assert isinstance(app.focused, TrialTable)
        assert app.table.cursor_trial == 14
        await pilot.press("escape")
        await pilot.pause()
        assert (len(app.rows()), app.line()) == (20, "")
        assert app.table.cursor_trial == 14

        # Letters are typed and do nothing else; escape while one types forgets them.
        await pilot.press("slash", *"rxgomfq/")
        assert isinstance(app.focused, FilterInput)
        assert app.focused.value == "rxgomfq/"
        assert app.commands.asked == []
        await pilot.pause()
        assert app.rows() == []
        assert "0 of 20" in app.line()
        text = text_on_screen(app)
        assert "No run matches; esc shows all" in text
        assert "No run is highlighted." in text
        assert "Wrong" not in text
        await pilot.press("escape")
        await pilot.pause()
        assert (len(app.rows()), app.line()) == (20, "")
        assert "No run is highlighted." not in text_on_screen(app)
        assert isinstance(app.focused, TrialTable)

        # By mouse.
        await click_text(pilot, "/ Filter")
        await pilot.press(*"void", "enter")
        assert app.rows() == [5]
        await click_text(pilot, "void", below=36)
        assert isinstance(app.focused, FilterInput)


async def test_the_runs_are_walked_through_in_the_order_of_the_table() -> None:
    async with dashboard() as (app, pilot):
        await pilot.press("slash", *"failed", "enter", "o", "O", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))
        assert isinstance(app.screen, TrialScreen)
        shown, walked = app.rows(), [app.screen.trial]
        assert len(shown) == 6
        for _ in shown:
            await pilot.press("J")
            walked.append(app.screen.trial)
        assert walked == [*shown, shown[-1]]
        await pilot.press("K", "escape")
        await until(pilot, lambda: app.screen is app.dashboard)
        assert app.table.cursor_trial == shown[-2]


async def test_failures_are_grouped_by_cause_and_keys_on_a_heading_are_for_its_group() -> None:
    trials: list[Ending] = [Outcome.PASSED, failed("scaling"), failed("scaling"), failed("shape")]
    async with dashboard(trials, runs=4) as (app, pilot):
        await pilot.press("g")
        await until(pilot, lambda: app.headings() == ["✗ Scaling", "✗ Shape", "✓ passed"])
        assert app.rows() == [2, 3, 4, 1]
        assert app.table.cursor_heading is not None
        await until(pilot, lambda: "▾ ✗ Scaling  2 runs" in text_on_screen(app))
        await until(pilot, lambda: str(app.dashboard.preview.border_title).startswith("Run 2"))
        await pilot.press("r")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("y")
        assert app.commands.asked == [("rerun", 2), ("rerun", 3)]
        await pilot.press("enter")
        await pilot.pause()
        assert app.rows() == [4, 1]
        assert "▸ ✗ Scaling  2 runs" in text_on_screen(app)
        await click_text(pilot, "✗ Shape")
        assert app.rows() == [1]
        await pilot.press("g")
        assert app.rows() == [1, 2, 3, 4]


async def test_one_run_is_rerun_at_once_and_marked_ones_after_a_question() -> None:
    async with dashboard() as (app, pilot):
        await pilot.press("r")
        assert app.commands.asked == [("rerun", 1)]
        app.commands.asked.clear()
        await pilot.press("m", "j", "ctrl+@")
        assert app.table.marked == {1, 3}
        await pilot.pause()
        assert "◆ 2 marked" in app.line()
        await pilot.press("r")
        assert "2 runs" in text_on_screen(app)
        await pilot.press("n")
        assert not app.commands.asked
        assert app.table.marked == {1, 3}
        await pilot.press("r", "y")
        assert app.commands.asked == [("rerun", 1), ("rerun", 3)]
        assert not app.table.marked

        # By mouse; and a mark that the filter hides is told.
        for line, marked in ((3, {3}), (4, {3, 4}), (4, {3})):
            await pilot.click(TrialTable, offset=(5, line), control=True)
            assert app.table.marked == marked
        await pilot.press("f")
        await pilot.pause()
        assert "◆ 1 marked, 1 not shown" in app.line()
        await pilot.press("M")
        assert app.table.marked == {3, *app.rows()}
        await pilot.press("M")
        assert app.table.marked == {3}


async def test_marked_runs_are_paused_and_resumed_without_a_question() -> None:
    async with dashboard([], runs=3) as (app, pilot):
        await pilot.press("M", "space")
        assert app.commands.asked == [("pause", 1), ("pause", 2), ("pause", 3)]
    async with dashboard([Status.PAUSED, Outcome.PASSED, Status.PAUSED], runs=3) as (app, pilot):
        await pilot.press("M", "space")
        assert app.commands.asked == [("resume", 1), ("resume", 3)]


async def test_only_what_goes_on_is_cancelled_and_held_until_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancelling, "GRACE_SECONDS", 0.05)
    async with dashboard([Outcome.PASSED], runs=3) as (app, pilot):
        await pilot.press("M", "x", "y")
        await until(pilot, lambda: len(app.commands.asked) == 4)
        assert app.commands.asked == [("pause", 2), ("pause", 3), ("cancel", 2), ("cancel", 3)]


async def test_a_cancel_is_taken_back_with_one_key_and_a_rerun_of_what_is_in_flight_asks_first() -> None:
    async with dashboard([Phase.REPLYING], runs=2) as (app, pilot):
        await pilot.press("u")
        assert app.commands.asked == []
        await pilot.press("x")
        app.live.receive([PauseAsked(at=T0 + 60, trial=1)])
        assert app.dashboard.check_action("undo", ())
        await pilot.press("u", "u")
        assert app.commands.asked == [("pause", 1), ("resume", 1)]
        app.commands.asked.clear()
        app.live.receive([Resumed(at=T0 + 61, trial=1)])
        await pilot.press("r")
        assert isinstance(app.screen, ConfirmScreen)
        assert "re-rolled" in text_on_screen(app)
        await pilot.press("n")
        assert app.commands.asked == []
        await pilot.press("r", "y")
        assert app.commands.asked == [("rerun", 1)]


async def test_start_is_offered_where_it_starts_something() -> None:
    async with dashboard([Outcome.PASSED] * 10, runs=40) as (app, pilot):
        app.live.receive([EvaluationEnded(at=T0 + 60, reason="decided")])
        await pilot.pause()
        assert not app.dashboard.check_action("start", ())
        await pilot.press("s")
        assert app.commands.asked == []
        app.live.receive([EvaluationReopened(at=T0 + 61), EvaluationEnded(at=T0 + 62, reason="stopped")])
        await pilot.pause()
        assert app.dashboard.check_action("start", ())
        await pilot.press("s")
        assert app.commands.asked == [("start", None)]


async def test_a_bar_of_the_chart_shows_its_runs_by_keys_and_by_mouse() -> None:
    async with dashboard() as (app, pilot):
        await pilot.press("tab")
        assert isinstance(app.focused, FailingChecks)
        await pilot.press("enter")
        await pilot.pause()
        assert app.rows() == [1, 14]
        assert "fails Scaling" in app.line()
        await pilot.press("j", "enter")
        assert app.rows() == [6, 14]
        await pilot.press("enter")
        assert len(app.rows()) == 20
        await pilot.press("enter", "escape")
        assert len(app.rows()) == 20
        await pilot.click(FailingChecks, offset=(6, 2))
        await pilot.pause()
        assert app.dashboard.runs.choice == Failing("edge_cases")
        assert app.rows() == [6, 14]
        await pilot.click(FailingChecks, offset=(6, 2))
        assert len(app.rows()) == 20

        # Where the chart takes the place of the table, it leads back to it.
        app.table.focus()
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.focused is app.table and "v View" in text_on_screen(app))
        await pilot.press("v")
        assert isinstance(app.focused, FailingChecks)
        await pilot.press("k", "enter")
        await pilot.pause()
        assert app.table.region.area
        assert isinstance(app.focused, TrialTable)
        assert app.rows() == [1, 14]


async def test_counts_and_the_pass_rate_show_their_runs_by_mouse() -> None:
    async with dashboard() as (app, pilot):
        await click_text(pilot, "✗ 6 failed")
        assert app.dashboard.runs.choice == WithStatus(Status.FAILED)
        assert len(app.rows()) == 6
        await pilot.pause()
        assert "6 of 20" in app.line()
        await click_text(pilot, "✗ 6 failed")
        assert len(app.rows()) == 20
        await click_text(pilot, "3 of 9")
        assert app.rows() == [3, 9, 16]
        await pilot.click(PassRate, offset=(100, 2))
        assert app.dashboard.runs.choice == WithStatus(Status.FAILED)
        await click_text(pilot, "● 4 running")
        assert app.rows() == [2, 10, 11, 12]
        # Where there is room, they say what it costs.
        await pilot.resize_terminal(160, 40)
        await until(pilot, lambda: "unpriced" in text_on_screen(app))
        app.live.receive([PriceKnown(at=app.now, price=Price(1.0, 5.0, "genai-prices 0.2.3"))])
        await until(pilot, lambda: " of about $0.0" in text_on_screen(app))
        assert "unpriced" not in text_on_screen(app)


async def test_a_key_goes_through_the_outcomes_and_what_is_typed_counts_too() -> None:
    async with dashboard() as (app, pilot):
        seen = []
        for _ in range(4):
            await pilot.press("f")
            seen.append(len(app.rows()))
        assert seen == [6, 3, 1, 20]
        await pilot.press("f", "slash", *"nan", "enter")
        await pilot.pause()
        assert app.rows() == [6, 14]
        assert "✗ failed" in app.line()
        await pilot.press("escape")
        assert len(app.rows()) == 20


@pytest.mark.parametrize(
    "size",
    [
        (250, 70),
        *(
            pytest.param(size, marks=pytest.mark.long_run)
            for size in ((20, 5), (36, 8), (60, 20), (80, 24), (120, 40))
        ),
    ],
)
async def test_hostile_text_at_any_size(size: tuple[int, int]) -> None:
    trials = [
        *(void(text) for text in HOSTILE_TEXTS),
        *(failed("scaling", reason=text) for text in HOSTILE_TEXTS),
        *(verdict(Outcome.FAILED, cause=text, reason=text) for text in HOSTILE_TEXTS),
    ]
    async with dashboard(trials, runs=40, size=size, model=HOSTILE_TEXTS[0]) as (app, pilot):
        await pilot.press(
            "g", "m", "down", "m", "o", "enter", "O", "M", "f", "tab", "down", "enter", "v", "v"
        )
        await pilot.press("v", "slash", *"[/x] [@click=app.bell]", "enter", "g")
        await pilot.pause()
        lines = text_on_screen(app).splitlines()
        assert len(lines) == size[1]
        assert app.is_running


async def test_keys_that_do_not_fit_are_left_out_whole_and_that_of_the_views_is_there_where_it_is_needed() -> (
    None
):
    async with dashboard(size=(60, 20)) as (app, pilot):
        for size in ((60, 20), (80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            views = size != (120, 40)
            await until(pilot, lambda views=views: ("v View" in text_on_screen(app)) is views)  # type: ignore[misc]
            line = app.screen.query_one(KeyLine).render().plain
            assert "…" not in line
            assert line.endswith("? Help  q Quit")
            assert "r Rerun" in line
            assert len(line) <= size[0] - 2
            await click_text(pilot, "r Rerun")
            assert app.commands.asked.pop() == ("rerun", 1)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: "v View" in text_on_screen(app))
        await click_text(pilot, "v View")
        await until(pilot, lambda: "Failing checks" in text_on_screen(app))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "v View" not in text_on_screen(app))


async def test_a_toast_covers_no_row() -> None:
    async with dashboard() as (app, pilot):
        for size in ((120, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            app.clear_notifications()
            app.notify("The API is overloaded; it is asked again.", markup=False)
            await until(pilot, lambda: any(toast.region.area for toast in app.screen.query("Toast")))
            [toast] = app.screen.query("Toast")
            assert not toast.region.overlaps(app.table.region)
            assert app.table.region.area


async def test_escape_leaves_one_level_of_the_dashboard_at_a_time_and_never_the_dashboard() -> None:
    async with dashboard(size=(80, 24)) as (app, pilot):
        for presses in (1, 2):
            await pilot.press("slash", *"failed", "enter", "m", *["v"] * presses)
            await until(pilot, lambda: app.focused is not app.table)
            await pilot.press("escape")
            await until(pilot, lambda: app.focused is app.table)
            assert app.table.marked
            await pilot.press("escape")
            await until(pilot, lambda: not app.table.marked)
            assert len(app.rows()) < 20
            await pilot.press("escape")
            await until(pilot, lambda: len(app.rows()) == 20)
            await pilot.press("escape", "escape")
            await pilot.pause()
            assert app.screen is app.dashboard
