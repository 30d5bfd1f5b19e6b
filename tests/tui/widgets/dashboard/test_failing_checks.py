"""The chart of failing checks says what it counts and never overflows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import getters
from textual.app import App, ComposeResult

from dropout_core.verdict.verdict import Outcome
from dropout_tui.widgets.dashboard.failing_checks import Bar, FailingChecks, bars_of, chart
from tests.tui.states import BUSY, evaluation_state, failed, verdict

TITLES = {
    "rate": "Drop rate",
    "eval_mode": "Evaluation mode",
    "scaling": "Scaling",
    "edge_cases": "Edge cases",
    "other_rates": "Other rates",
}


def test_first_failures_lead_and_all_failures_follow() -> None:
    trials = [failed("scaling", "other_rates")] * 3 + [failed("edge_cases")] + [failed("scaling")]
    state = evaluation_state(runs=9, trials=trials)
    assert bars_of(state.checks, TITLES) == (
        Bar("scaling", "Scaling", 4, 4),
        Bar("edge_cases", "Edge cases", 1, 1),
        Bar("other_rates", "Other rates", 0, 3),
    )


def test_solid_is_first_and_lighter_is_failed_as_well() -> None:
    lines = [
        line.plain
        for line in chart((Bar("scaling", "Scaling", 4, 4), Bar("other_rates", "Other rates", 1, 2)), 61, 5)
    ]
    solid, lighter = [line.count("█") for line in lines], [line.count("▒") for line in lines]
    assert lighter[0] == 0
    assert solid[1] == lighter[1]
    assert abs(solid[0] - 2 * (solid[1] + lighter[1])) <= 1
    assert lines[0].endswith("4 first")
    assert lines[1].endswith("1 first · 2 in all")


def test_a_cause_without_checks_has_a_bar_of_its_own() -> None:
    trials = [
        verdict(Outcome.FAILED, cause=cause)
        for cause in ("no_code", "no_submission", "refusal", "a_new_cause")
    ]
    state = evaluation_state(runs=4, trials=trials)
    labels = [bar.label for bar in bars_of(state.checks, TITLES)]
    assert labels == ["A new cause", "No code", "No submission", "Refused"]


def test_a_check_without_a_title_goes_by_its_id() -> None:
    state = evaluation_state(runs=2, trials=[failed("rate"), failed("eval_mode")])
    assert [bar.label for bar in bars_of(state.checks, TITLES)] == ["Drop rate", "Evaluation mode"]
    assert [bar.label for bar in bars_of(state.checks, {})] == ["Rate", "Eval mode"]


def test_what_no_check_is_to_blame_for_stands_below_the_checks_and_says_so() -> None:
    causes = ["cut_off"] * 5 + ["refusal:frontier_llm"] * 2
    trials = [failed("scaling"), *(verdict(Outcome.FAILED, cause=cause) for cause in causes)]
    bars = bars_of(evaluation_state(runs=8, trials=trials).checks, TITLES)
    assert [(bar.label, bar.first, bar.beside) for bar in bars] == [
        ("Scaling", 1, False),
        ("Cut off", 5, True),
        ("Refused: frontier_llm", 2, True),
    ]
    for width in (36, 48, 78):
        lines = [line.plain for line in chart(bars, width, 5)]
        assert ["▚" in line for line in lines] == [False, True, True]
        assert "Refused: frontier_llm " in lines[2]
        assert lines[2].endswith(" 2 beside the task" if width > 36 else " 2")


def test_what_does_not_fit_is_counted() -> None:
    bars = tuple(Bar(f"check_{n}", f"check {n}", 9 - n, 9) for n in range(6))
    lines = [line.plain for line in chart(bars, 60, 4)]
    assert len(lines) == 4
    assert lines[-1] == "+3 more"


@given(
    st.lists(st.tuples(st.text(max_size=40), st.integers(0, 9_999), st.integers(1, 9_999)), max_size=12),
    st.integers(1, 200),
    st.integers(1, 15),
)
def test_it_never_overflows(counts: list[tuple[str, int, int]], width: int, height: int) -> None:
    bars = tuple(Bar("check", label, min(first, in_all), in_all) for label, first, in_all in counts)
    lines = chart(bars, width, height)
    assert len(lines) <= height
    assert all(line.cell_length <= width for line in lines)


class ChartApp(App[None]):
    chart = getters.query_one(FailingChecks)

    def compose(self) -> ComposeResult:
        yield FailingChecks()

    def text(self) -> str:
        return "\n".join(self.chart.render_line(y).text.rstrip() for y in range(self.chart.size.height))


async def test_empty_states() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.chart.show(evaluation_state(runs=2))
        await pilot.pause()
        assert "no trial graded yet" in app.text()
        app.chart.show(evaluation_state(runs=2, trials=[Outcome.PASSED]))
        await pilot.pause()
        assert "no check has failed" in app.text()


@pytest.mark.parametrize("size", [(20, 5), (40, 8), (120, 40)])
async def test_it_grows_with_its_bars_up_to_the_room_there_is(size: tuple[int, int]) -> None:
    app = ChartApp()
    async with app.run_test(size=size) as pilot:
        app.chart.show(evaluation_state(runs=20, trials=BUSY))
        await pilot.pause()
        assert "Scaling" in app.text()
        assert app.chart.outer_size.width <= size[0]
        if size[1] == 40:
            assert app.chart.size.height == 6
            assert "first to fail" in str(app.chart.border_subtitle)
