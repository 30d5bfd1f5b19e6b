"""The title of the terminal's window."""

from __future__ import annotations

import pytest

from dropout_core.state.trial_state import Phase, Status
from dropout_core.verdict.verdict import Outcome
from dropout_tui.app.evaluations.title import title_of
from dropout_tui.terminal.terminal_title import TerminalTitle
from tests.tui import states
from tests.tui.states import Ending

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED


@pytest.mark.parametrize(
    ("trials", "ended", "title"),
    [
        ([PASSED, FAILED, Phase.ASKING], None, "dropout-tui 2/4 running"),
        ([PASSED, FAILED, Status.PAUSED, Status.PAUSED], None, "dropout-tui 2/4 paused"),
        ([PASSED, FAILED, FAILED, states.void()], "completed", "dropout-tui 1/3 passed"),
        ([PASSED], "the key was refused", "dropout-tui 1/4 stopped"),
    ],
)
def test_the_title_shows_the_progress_of_the_evaluation(
    trials: list[Ending], ended: str | None, title: str
) -> None:
    assert title_of(states.evaluation_state(runs=4, trials=trials, ended=ended)) == title


def test_the_former_title_is_restored() -> None:
    written: list[str] = []
    title = TerminalTitle(written.append)
    title.restore()
    assert written == []
    title.show("one\x1b]2;two\x07")
    title.show("one\x1b]2;two\x07")
    title.show("three")
    title.restore()
    assert written == ["\x1b[22;0t", "\x1b]2;one␛]2;two␇\x07", "\x1b]2;three\x07", "\x1b[23;0t"]
