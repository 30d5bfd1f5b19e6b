"""The table of trials: what a row says, the cursor, the mouse, and what is repainted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events, getters
from textual.app import App, ComposeResult
from textual.strip import Strip

from dropout_core.state import events as happened
from dropout_core.state.evaluation_state import EvaluationState, evolve, replay
from dropout_core.state.trial_state import Phase, Status, TrialState, Wait
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.verdict import Outcome
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.trials.trial_row import GAP, Columns, cells_of, columns_for, fitted, row_at
from dropout_tui.widgets.trials.trial_table import TrialTable
from tests.tui.looking import until
from tests.tui.states import (
    BUSY,
    HOSTILE_TEXTS,
    T0,
    attempt_events,
    evaluation_state,
    failed,
    live_evaluation,
    verdict,
    void,
)


class CountingTable(TrialTable):
    """A table that says which lines were painted."""

    def __init__(self) -> None:
        super().__init__()
        self.painted_lines: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.painted_lines.append(y)
        return super().render_line(y)


class TableApp(App[None]):
    table = getters.query_one(CountingTable)

    def __init__(self) -> None:
        super().__init__()
        self.highlighted: list[int | None] = []
        self.opened: list[int] = []

    def compose(self) -> ComposeResult:
        yield CountingTable()

    def on_mount(self) -> None:
        self.table.focus()

    def on_trial_table_highlighted(self, message: TrialTable.Highlighted) -> None:
        assert message.control is message.table
        self.highlighted.append(message.trial)

    def on_trial_table_opened(self, message: TrialTable.Opened) -> None:
        self.opened.append(message.trial)

    def lines(self) -> list[str]:
        return [self.table.render_line(y).text for y in range(self.table.size.height)]

    def marked_trial(self) -> int:
        """The number of the only row that bears the cursor mark."""
        [row] = [line for line in self.lines() if "▌" in line]
        return int(row.replace("▌", " ").split()[0])

    def show(self, trials: Sequence[TrialState], now: float = T0 + 20, max_steps: int = 1) -> None:
        self.table.show(trials, now, max_steps=max_steps)


def many(count: int) -> Sequence[TrialState]:
    return evaluation_state(runs=count).trials


def text_of(trial: TrialState, width: int = 120, *, max_steps: int = 1, now: float = T0 + 20) -> str:
    columns = columns_for(width, highest=trial.number, max_steps=max_steps)
    return "".join(
        text for text, _ in cells_of(row_at(trial, now, None), columns, max_steps=max_steps)
    ).rstrip()


def with_second_attempt(first: Outcome, second: Outcome | Phase) -> TrialState:
    state = evaluation_state(runs=1, trials=[first])
    again = attempt_events(1, second, attempt=2, at=T0 + 30)
    for event in [happened.TrialQueued(at=T0 + 29, trial=1), *again]:
        state = evolve(state, event)
    return state.trial(1)


def test_every_status_is_a_glyph_and_a_word() -> None:
    state = evaluation_state(runs=20, trials=BUSY)
    said = [text_of(trial).split()[1:3] for trial in state.trials]
    assert said[:8] == [
        ["✗", "failed"],
        ["●", "replying"],
        ["✓", "passed"],
        ["‖", "paused"],
        ["⊘", "void"],
        ["✗", "failed"],
        ["✗", "failed"],
        ["✗", "failed"],
    ]
    assert said[9:13] == [["●", "grading"], ["●", "asking"], ["●", "tool"], ["‖", "pausing"]]
    assert said[-1] == ["○", "queued"]


def test_a_failure_says_what_was_measured_and_expected_and_what_else_failed() -> None:
    trial = evaluation_state(runs=1, trials=[failed("scaling", "edge_cases")]).trial(1)
    assert text_of(trial).endswith("Scaling: ×1.00, expected ×2.00  also edge cases")


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (void("API overloaded, gave up after 8 tries"), "API overloaded, gave up after 8 tries"),
        (verdict(Outcome.FAILED, cause="no_code", reason="No code in the reply"), "No code in the reply"),
        (verdict(), "412"),
    ],
)
def test_the_reason_of_what_was_not_checked(ending: Outcome, reason: str) -> None:
    assert text_of(evaluation_state(runs=1, trials=[ending]).trial(1)).endswith(reason)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (Wait("API rate limited", T0 + 24, 1, 8), "rate limited, try 2 of 8 in 4 s"),
        (Wait("API rate limited", T0 + 23.2, 1, 8), "rate limited, try 2 of 8 in 4 s"),
        (Wait("API server error 500", T0 + 19, 7, 8), "server error 500, try 8 of 8 in 0 s"),
        (Wait("API overloaded", T0 + 29, 0, 8), "overloaded, all wait 9 s"),
        (Wait("API overloaded", None, 0, 8), "overloaded, waits its turn"),
        (Wait("", None, 0, 8), "waits its turn"),
        (Wait("\x1b[2Jbad", T0 + 24, 1, 8), "␛[2Jbad, try 2 of 8 in 4 s"),
    ],
)
def test_a_request_that_waits_says_for_what_and_how_long(wait: Wait, words: str) -> None:
    trial = evaluation_state(runs=1, trials=[Phase.WAITING]).trial(1)
    waiting = replace(trial, attempts=(replace(trial.attempts[0], wait=wait),))
    assert text_of(waiting, now=T0 + 20).endswith(words)
    assert "● waiting" in text_of(waiting)


def test_a_model_that_thinks_out_of_sight_says_since_when() -> None:
    state = evaluation_state(runs=1, trials=[Phase.ASKING])
    thinking = evolve(state, happened.ThinkingNoticed(at=T0 + 20, trial=1, attempt=1, step=1))
    assert "● thinking" in text_of(thinking.trial(1))
    assert text_of(thinking.trial(1), now=T0 + 95.5).endswith("thinking, 75 s")
    arrived = evolve(thinking, happened.TextArrived(at=T0 + 96, trial=1, attempt=1, step=1, text="so"))
    assert "thinking" not in text_of(arrived.trial(1), now=T0 + 96)


@pytest.mark.parametrize("reason_width", range(16, 40))
@pytest.mark.parametrize(
    ("wait", "counted"),
    [(Wait("API rate limited", T0 + 78, 1, 8), "in 58 s"), (Wait("API overloaded", T0 + 29, 0, 8), "9 s")],
)
def test_a_wait_counts_down_in_sight_however_narrow_the_column(
    wait: Wait, counted: str, reason_width: int
) -> None:
    trial = evaluation_state(runs=1, trials=[Phase.WAITING]).trial(1)
    waiting = replace(trial, attempts=(replace(trial.attempts[0], wait=wait),))
    columns = Columns(3, 14, 0, 6, 0, reason_width)
    shown = "".join(text for text, _ in cells_of(row_at(waiting, T0 + 20, None), columns, max_steps=1))
    assert counted in shown


def test_a_wait_counts_down_and_ends_when_the_request_is_sent() -> None:
    state = evaluation_state(runs=1, trials=[Phase.WAITING])
    trial = state.trial(1)
    assert row_at(trial, T0 + 20, None) != row_at(trial, T0 + 21, None)
    sent = evolve(state, happened.RequestSent(at=T0 + 32, trial=1, attempt=1, step=1)).trial(1)
    assert row_at(sent, T0 + 32, None).wait == ""
    assert row_at(sent, T0 + 32, None).tokens == "126"  # what broke off has been paid for


def test_what_had_arrived_of_a_reply_that_broke_off_is_gone() -> None:
    live = live_evaluation(runs=2, trials=[Phase.WAITING, Phase.REPLYING])
    assert live.arriving(1) == ""
    assert live.arriving(2) != ""


def test_steps_are_a_column_of_agent_mode_only() -> None:
    trial = evaluation_state(runs=1, trials=[Phase.REPLYING]).trial(1)
    assert "1/10" in text_of(trial, max_steps=10)
    assert "1/1" not in text_of(trial, max_steps=1)


def test_a_second_attempt_is_marked_and_never_hides_the_one_that_counts() -> None:
    passed_later = text_of(with_second_attempt(Outcome.FAILED, Outcome.PASSED))
    assert "✓ passed ↻2" in passed_later
    assert passed_later.endswith("attempt 1 counts ✗ failed")
    assert text_of(with_second_attempt(Outcome.FAILED, Phase.ASKING)).endswith("attempt 1 was ✗ failed")


def test_after_a_void_attempt_the_second_one_counts() -> None:
    assert "counts" not in text_of(with_second_attempt(Outcome.VOID, Outcome.PASSED))


def test_tokens_of_an_arriving_reply_are_an_estimate() -> None:
    trial = evaluation_state(runs=1, trials=[Phase.REPLYING]).trial(1)
    assert row_at(trial, T0 + 5, lambda _: 12_400).tokens == "~12.4k"
    assert row_at(trial, T0 + 5, lambda _: 0).tokens == ""


@given(st.integers(20, 240), st.integers(1, 99_999), st.sampled_from([1, 10, 50]))
def test_a_row_is_exactly_as_wide_as_its_columns(width: int, number: int, max_steps: int) -> None:
    trial = replace(evaluation_state(runs=1, trials=[failed()]).trial(1), number=number)
    columns = columns_for(width, highest=number, max_steps=max_steps)
    shown = [columns.run, columns.status, columns.step, columns.time, columns.tokens, columns.reason]
    shown = [cells for cells in shown if cells]
    assert 1 + sum(shown) + GAP * (len(shown) - 1) <= width
    parts = cells_of(row_at(trial, T0, None), columns, max_steps=max_steps)
    assert sum(cell_len(text) for text, _ in parts) == sum(shown) + GAP * (len(shown) - 1)


def test_tokens_go_before_steps_and_steps_before_times() -> None:
    kept = [
        (bool(c.tokens), bool(c.step), bool(c.time), bool(c.reason))
        for c in (columns_for(width, highest=10, max_steps=10) for width in range(20, 121))
    ]
    assert kept == sorted(kept)
    assert kept[0] == (False, False, False, False)
    assert kept[-1] == (True, True, True, True)


@given(st.lists(st.text(max_size=12), max_size=4), st.integers(1, 30))
def test_cutting_never_changes_the_width(texts: list[str], width: int) -> None:
    parts = fitted([(visible_line(text), "") for text in texts], width)
    assert sum(cell_len(text) for text, _ in parts) == width


async def test_hostile_text_is_only_text_at_any_size() -> None:
    app = TableApp()
    async with app.run_test(size=(20, 5), notifications=True) as pilot:
        app.show(evaluation_state(runs=10, trials=[void(text) for text in HOSTILE_TEXTS]).trials)
        for size in ((20, 5), (40, 10), (80, 24), (120, 40), (200, 60)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: {cell_len(line) for line in app.lines()} == {size[0]})  # type: ignore[misc]
        for text in HOSTILE_TEXTS:
            assert any(visible_line(text) in line for line in app.lines())


@pytest.mark.parametrize(
    ("keys", "trial"),
    [
        ("j j", 3),
        ("down down up", 2),
        ("j j k", 2),
        ("k", 1),
        ("G", 100),
        ("end", 100),
        ("G less_than_sign", 1),
        ("end home", 1),
        ("less_than_sign greater_than_sign", 100),
        ("pagedown", 10),
        ("ctrl+f ctrl+f ctrl+b", 10),
        ("ctrl+d", 5),
        ("ctrl+d ctrl+d ctrl+u", 5),
        ("G pagedown", 100),
    ],
)
async def test_keys_move_the_cursor(keys: str, trial: int) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show(many(100))
        await pilot.press(*keys.split())
        assert app.table.cursor_trial == trial
        assert app.highlighted[-1] == trial
        await pilot.pause()
        assert app.marked_trial() == trial


async def test_the_header_stays_while_rows_scroll() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show(many(100))
        await pilot.press("G")
        await pilot.pause()
        lines = app.lines()
        assert lines[0].split()[:2] == ["Run", "Status"]
        assert lines[1].split()[0] == "92"
        assert app.marked_trial() == 100


async def test_enter_opens_the_highlighted_trial() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.press("enter")
        assert app.opened == []
        app.show(many(5))
        await pilot.press("j", "enter")
        assert app.opened == [2]


async def test_a_click_highlights_and_a_click_on_the_highlighted_opens() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show(many(5))
        await pilot.pause()
        await pilot.click(TrialTable, offset=(5, 3))
        assert (app.table.cursor_trial, app.opened) == (3, [])
        await pilot.click(TrialTable, offset=(5, 3))
        assert app.opened == [3]


@pytest.mark.parametrize("line", [1, 4])
async def test_a_double_click_opens_once(line: int) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show(many(5))
        await pilot.pause()
        await pilot.double_click(TrialTable, offset=(5, line))
        assert app.opened == [line]


@pytest.mark.parametrize("line", [0, 8])
async def test_a_click_beside_the_rows_does_nothing(line: int) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show(many(5))
        await pilot.pause()
        await pilot.click(TrialTable, offset=(5, line))
        assert (app.table.cursor_trial, app.opened) == (1, [])


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show(many(100))
        await pilot.pause()
        app.table.post_message(events.MouseScrollDown(app.table, 5, 3, 0, 1, 0, False, False, False))
        await pilot.wait_for_scheduled_animations()
        assert app.table.scroll_offset.y > 0
        assert app.table.cursor_trial == 1
        app.show(many(100), now=T0 + 21)
        await pilot.pause()
        assert app.table.scroll_offset.y > 0


async def test_the_cursor_stays_on_its_trial_when_the_order_changes() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        trials = many(30)
        app.show(trials)
        app.table.move_to(7)
        app.show(tuple(reversed(trials)))
        await pilot.pause()
        assert app.table.cursor_trial == 7
        assert app.marked_trial() == 7
        assert app.highlighted == [1, 7]


async def test_when_its_trial_goes_the_cursor_keeps_its_place() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        trials = many(6)
        app.show(trials)
        app.table.move_to(6)
        app.show(trials[:4])
        assert app.table.cursor_trial == 4
        app.show(())
        assert app.table.cursor_trial is None
        await pilot.pause()
        assert any("No runs to show" in line for line in app.lines())
        app.show(trials)
        assert app.table.cursor_trial == 1


async def test_moving_to_a_trial_that_is_not_shown_does_nothing() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)):
        app.show(many(6))
        app.table.move_to(3)
        app.table.move_to(99)
        assert app.table.cursor_trial == 3


@pytest.mark.usefixtures("each_frame")
async def test_only_changed_lines_are_painted() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 20)) as pilot:
        state = evaluation_state(runs=1_000, trials=[Outcome.PASSED] * 6)
        app.show(state.trials)
        await pilot.pause()
        app.table.painted_lines.clear()
        changed = _grow(state, 9, Outcome.FAILED)
        changed = _grow(changed, 900, Outcome.FAILED)
        app.show(changed.trials, now=T0 + 30)
        await pilot.pause()
        assert set(app.table.painted_lines) == {9}


@pytest.mark.usefixtures("each_frame")
async def test_a_running_row_is_painted_when_its_time_reads_differently() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 20)) as pilot:
        state = evaluation_state(runs=10, trials=[Outcome.PASSED, Phase.ASKING, Status.PAUSED])
        app.show(state.trials, now=T0 + 10.00)
        await pilot.pause()
        app.table.painted_lines.clear()
        app.show(state.trials, now=T0 + 10.01)
        await pilot.pause()
        assert app.table.painted_lines == []
        app.show(state.trials, now=T0 + 10.3)
        await pilot.pause()
        assert set(app.table.painted_lines) == {2}


async def test_a_resize_keeps_the_cursor_in_sight() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 30)) as pilot:
        app.show(many(100))
        app.table.move_to(28)
        await pilot.resize_terminal(20, 5)
        await pilot.pause()
        assert app.marked_trial() == 28


async def test_two_lines_are_rows_without_a_header() -> None:
    app = TableApp()
    async with app.run_test(size=(20, 2)) as pilot:
        app.show(many(3))
        await pilot.press("j")
        await pilot.pause()
        assert [line.split()[-3:] for line in app.lines()] == [["1", "○", "queued"], ["2", "○", "queued"]]


async def test_colours_follow_the_theme_and_the_focus() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.show(evaluation_state(runs=3, trials=[Outcome.PASSED, Outcome.FAILED]).trials)
        await pilot.pause()

        def styles(y: int) -> list[object]:
            return [segment.style for segment in app.table.render_line(y)]

        dark, focused = styles(2), styles(1)
        app.set_focus(None)
        await pilot.pause()
        assert styles(1) != focused
        app.theme = "textual-light"
        await pilot.pause()
        assert styles(2) != dark


def _grow(state: EvaluationState, trial: int, ending: Outcome) -> EvaluationState:
    for event in attempt_events(trial, ending, at=T0 + 20):
        state = evolve(state, event)
    return state


def test_replayed_states_compare_equal() -> None:
    """The builders are deterministic, so that what a test shows is what another one shows."""
    started = happened.EvaluationStarted(at=T0, config=evaluation_state(runs=2).config)
    assert replay([started]) == evaluation_state(runs=2)


def test_a_flag_stands_before_the_reason_whatever_the_outcome() -> None:
    flags = (
        Flag("frames", "reads the frames of its callers (f_back)", 3),
        Flag("gc", "looks for objects", 4),
    )
    for outcome in (verdict(), failed("scaling")):
        trial = evaluation_state(runs=1, trials=[replace(outcome, flags=flags)]).trial(1)
        assert "⚑ frames +1" in text_of(trial, 80)
    trial = evaluation_state(runs=1, trials=[replace(failed("scaling"), flags=flags)]).trial(1)
    assert text_of(trial).endswith("⚑ frames +1  Scaling: ×1.00, expected ×2.00")
    assert "⚑" not in text_of(evaluation_state(runs=1, trials=[verdict()]).trial(1))
