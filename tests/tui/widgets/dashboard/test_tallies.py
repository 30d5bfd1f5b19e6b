"""The line of counts keeps what matters most as it gets narrower."""

from __future__ import annotations

import re

import pytest
from textual import getters
from textual.app import App, ComposeResult
from textual.content import Content

from dropout_core.state.evaluation_state import evolve
from dropout_core.verdict.verdict import Outcome
from dropout_tui.widgets.dashboard.tallies import Tallies, line
from tests.tui.states import BUSY, HOSTILE_TEXTS, T0, attempt_events, evaluation_state, failed

LEFT = Content("0:12 left")
STATE = evaluation_state(runs=20, trials=BUSY)


def said(width: int) -> str:
    return line(STATE, LEFT, width).plain


def test_a_wide_line_says_everything_in_words() -> None:
    text = said(120)
    words = ["✓ 3 passed", "✗ 6 failed", "⊘ 1 void", "● 4 running", "‖ 2 paused", "○ 4 queued"]
    assert [word for word in words if word in text] == words
    assert text.endswith("4.5k tokens  ▰▰▰▰▰▱▱▱▱▱  10/20  0:12 left")
    assert len(text) == 120


def test_the_numbers_are_there_at_any_width() -> None:
    for width in range(30, 200):
        text = said(width)
        assert len(text) <= width
        numbers = re.findall(r"[✓✗⊘●‖○] ?(\d+)", text)
        assert numbers == ["3", "6", "1", "4", "2", "4"], width
        assert ("left" in text) >= (width >= 42), width


def test_a_very_narrow_line_is_cut_with_a_sign() -> None:
    assert said(10).endswith("…")


def test_the_outcomes_are_said_even_when_there_are_none() -> None:
    text = line(evaluation_state(runs=3), Content(""), 100).plain
    assert "✓ 0 passed  ✗ 0 failed  ⊘ 0 void" in text
    assert "0 tokens" in text


class TalliesApp(App[None]):
    tallies = getters.query_one(Tallies)

    def compose(self) -> ComposeResult:
        yield Tallies()

    def line(self) -> str:
        return self.tallies.render_line(0).text


async def test_the_time_that_is_left_shrinks() -> None:
    app = TalliesApp()
    async with app.run_test(size=(120, 5)):
        state = evaluation_state(runs=20, trials=[Outcome.PASSED, Outcome.FAILED], concurrency=1)
        app.tallies.show(state, T0 + 6)
        assert app.line().rstrip().endswith("0:58 left")
        for event in attempt_events(3, Outcome.PASSED):
            state = evolve(state, event)
        app.tallies.show(state, T0 + 7)
        assert app.line().rstrip().endswith("0:54 left")


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("completed", "completed in 0:06"),
        ("decided", "decided after 0:06"),
        ("stopped", "stopped after 0:06"),
        ("the key was refused", "the key was refused · after 0:06"),
        (HOSTILE_TEXTS[0], "[/foo] a[/]b · after 0:06"),
    ],
)
async def test_when_it_has_ended_it_says_why_and_after_how_long(reason: str, shown: str) -> None:
    app = TalliesApp()
    async with app.run_test(size=(130, 5)):
        app.tallies.show(evaluation_state(runs=2, trials=[Outcome.PASSED, failed()], ended=reason), T0 + 99)
        assert app.line().rstrip().endswith(shown)


def test_a_long_reason_is_cut_not_left_out() -> None:
    reason = Content("could not go on: the server at the other end has closed the connection")
    text = line(STATE, reason, 80).plain
    assert "could not go on" in text
    assert text.endswith("…")
