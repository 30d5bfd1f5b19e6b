"""The picture of the pass rate says the same with and without colour, and something at every size."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import getters
from textual.app import App, ComposeResult
from textual.content import Content

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.settled_prefix import SettledPrefix
from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.pass_rate import Band, Decision, confidence_sequence, wilson_interval
from dropout_core.verdict.verdict import Outcome
from dropout_tui.widgets.dashboard.pass_rate import PassRate, Rate, lines
from dropout_tui.widgets.rate_axis import axis, labels
from tests.tui.states import evaluation_state

BAND = Band(0.1, 0.4)


def rate(passed: int, graded: int, void: int = 0, band: Band = BAND) -> Rate:
    return Rate(
        passed,
        graded,
        void,
        band,
        wilson_interval(passed, graded),
        confidence_sequence(passed, graded),
        decide(passed, graded, band),
        SettledPrefix(graded + void, passed, graded - passed),
    )


def text(rate: Rate, width: int, height: int) -> str:
    return "\n".join(line.plain for line in lines(rate, width, height))


def three_of_ten(void: int = 0) -> EvaluationState:
    outcomes = [Outcome.PASSED] * 3 + [Outcome.FAILED] * 7 + [Outcome.VOID] * void
    return evaluation_state(runs=20, trials=outcomes)


def test_everything_is_said_in_words_where_there_is_room() -> None:
    said = text(Rate.of(three_of_ten(void=1)), 140, 5)
    for words in ("3 of 10", "? undecided", "95 % 11–60", "at any time", "band 10–40", "P(in band) 70 %"):
        assert words in said
    assert re.search(r"about [\d,]+ more trials to decide", said)
    assert "⊘ 1 void: 27–36 % possible" in said


def test_the_single_line_keeps_the_decision_to_the_last() -> None:
    assert text(rate(3, 10), 80, 1) == "30 % (3/10)  95 % 11–60  band 10–40  ? undecided"
    assert text(rate(3, 10), 26, 1) == "30 % (3/10)  ? undecided"
    assert text(rate(3, 10), 11, 1) == "? undecided"


@pytest.mark.parametrize(
    ("passed", "graded", "decision", "words"),
    [
        (150, 600, Decision.IN, "✓ in band"),
        (0, 200, Decision.BELOW, "▼ below band"),
        (95, 100, Decision.ABOVE, "▲ above band"),
        (3, 10, Decision.UNDECIDED, "? undecided"),
    ],
)
@pytest.mark.parametrize("size", [(120, 5), (80, 4), (80, 3), (50, 2), (80, 1), (25, 2)])
def test_the_decision_is_said_at_every_size(
    passed: int, graded: int, decision: Decision, words: str, size: tuple[int, int]
) -> None:
    assert decide(passed, graded, BAND) is decision
    said = text(rate(passed, graded), *size)
    assert words in said
    assert ("more" in said) <= (decision is Decision.UNDECIDED)


def test_a_rate_at_an_edge_of_the_band_will_not_be_decided_soon() -> None:
    assert "more than 1,000 more: near an edge" in text(rate(400, 1_000), 140, 5)


@pytest.mark.parametrize("size", [(120, 5), (80, 3), (40, 1), (20, 1)])
def test_before_the_first_graded_trial(size: tuple[int, int]) -> None:
    said = text(rate(0, 0, void=2), *size)
    assert "no trial graded yet" in said
    assert "├" not in said
    assert "0 %" not in said.replace("100 %", "")


def test_the_axis_reads_without_colour() -> None:
    drawn = axis(101, BAND, (0.2, 0.6), 0.3).plain
    assert (drawn[10], drawn[40]) == ("╫", "╫")
    assert (drawn[20], drawn[30], drawn[60]) == ("├", "●", "┤")
    assert drawn[11:20] == "░" * 9
    assert set(drawn[21:30] + drawn[31:40] + drawn[41:60]) == {"─"}
    assert set(drawn[:10] + drawn[61:]) == {"·"}


def test_an_end_on_an_edge_shows_both() -> None:
    assert axis(101, BAND, (0.1, 0.4), 0.3).plain[10::30][:2] == "╟╢"
    assert axis(101, BAND, sequence=(0.05, 0.4)).plain[40] == "╢"


def test_estimate_interval_sequence_and_band_are_one_picture() -> None:
    drawn = axis(101, BAND, (0.2, 0.6), 0.3, (0.05, 0.8)).plain
    assert drawn[5:81] == "╎╌╌╌╌╫╌╌╌╌╌╌╌╌╌├─────────●─────────╫───────────────────┤" + "╌" * 19 + "╎"


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(60, 220))
def test_the_picture_shows_every_part_at_any_count(counts: tuple[int, int], width: int) -> None:
    said = text(rate(*counts), width, 5)
    assert "●" in said.splitlines()[1]
    assert "95 %" in said
    assert "band 10–40" in said


def test_three_lines_of_76_cells_are_the_whole_picture() -> None:
    said = text(rate(3, 10, void=12), 76, 3)
    for words in ("95 % 11–60", "any time 4–73", "band 10–40", "≈", "? undecided", "3 of 10"):
        assert words in said


def test_the_single_line_keeps_the_band_when_there_are_voids() -> None:
    for width in range(60, 121):
        said = text(rate(3, 10, void=12), width, 1)
        assert "band 10–40" in said, width
        assert "30 % (3/10)" in said, width
        assert "? undecided" in said, width
        assert "⊘ 12 void" in said, width


def test_labels_stand_over_their_places_and_edges_win() -> None:
    assert labels(101, BAND).plain.split() == ["0", "10", "40", "100"]
    assert labels(101, BAND).plain[10:12] == "10"
    assert "1" in labels(40, Band(0.01, 0.05)).plain.split()


@given(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(0, 50),
    st.sets(st.integers(0, 100), min_size=2, max_size=2),
    st.integers(1, 220),
    st.integers(1, 9),
)
def test_it_never_overflows(
    counts: tuple[int, int], void: int, edges: set[int], width: int, height: int
) -> None:
    band = Band(min(edges) / 100, max(edges) / 100)
    drawn = lines(rate(*counts, void=void, band=band), width, height)
    assert len(drawn) <= height
    assert all(line.cell_length <= width for line in drawn)


class RateApp(App[None]):
    CSS = "PassRate { height: 1fr; }"
    rate = getters.query_one(PassRate)

    def compose(self) -> ComposeResult:
        yield PassRate()


@pytest.mark.parametrize("size", [(20, 5), (80, 8), (120, 7), (200, 9)])
async def test_the_widget_draws_at_its_size(size: tuple[int, int]) -> None:
    app = RateApp()
    async with app.run_test(size=size) as pilot:
        assert isinstance(app.rate.render(), Content)
        app.rate.show(three_of_ten())
        await pilot.pause()
        drawn = [app.rate.render_line(y).text for y in range(app.rate.size.height)]
        assert any("undecided" in line for line in drawn)
        assert any("30 %" in line or "3 of 10" in line for line in drawn)


FIRST_FRAME = """
import asyncio, sys
from textual.app import App
from dropout_core.verdict.verdict import Outcome
from dropout_tui.widgets.dashboard.pass_rate import PassRate, Rate, lines
from tests.tui.states import evaluation_state

state = evaluation_state(runs=20, trials=[Outcome.PASSED] * 3 + [Outcome.FAILED] * 7)

class RateApp(App):
    def compose(self):
        yield PassRate()
    def on_mount(self):
        self.query_one(PassRate).show(state)

async def main():
    async with RateApp().run_test(size=(140, 7)) as pilot:
        while "more trials to decide" not in str(pilot.app.query_one(PassRate).render()):
            await pilot.pause()

lines(Rate.of(state), 140, 7, with_outlook=False)
print("numpy" in sys.modules)
asyncio.run(main())
print("numpy" in sys.modules)
"""


def test_the_first_frame_waits_for_no_numpy_and_the_outlook_follows() -> None:
    # Here NumPy is imported long since, so it takes a process of its own.
    said = subprocess.run(
        [sys.executable, "-c", FIRST_FRAME], capture_output=True, text=True, timeout=100, check=True
    )
    assert said.stdout.split() == ["False", "True"]
