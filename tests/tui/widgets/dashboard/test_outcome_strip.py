"""The strip of outcomes shows the newest ones, in the order of the trials."""

from __future__ import annotations

from textual import getters
from textual.app import App, ComposeResult

from dropout_core.state import events
from dropout_core.state.evaluation_state import evolve
from dropout_core.state.trial_state import Phase
from dropout_core.verdict.verdict import Outcome
from dropout_tui.widgets.dashboard.outcome_strip import OutcomeStrip, strip
from tests.tui.states import T0, attempt_events, evaluation_state

P, F, V = Outcome.PASSED, Outcome.FAILED, Outcome.VOID


def test_in_the_order_of_the_trials() -> None:
    state = evaluation_state(runs=9, trials=[F, Phase.ASKING, P, V, F])
    assert strip(state.trials, 20).plain == "✗✓⊘✗"


def test_the_oldest_give_way() -> None:
    state = evaluation_state(runs=6, trials=[P, P, P, F, V, F])
    assert strip(state.trials, 6).plain == "✓✓✓✗⊘✗"
    assert strip(state.trials, 4).plain == "‹✗⊘✗"


def test_a_rerun_keeps_the_outcome_that_counts() -> None:
    state = evaluation_state(runs=1, trials=[F])
    state = evolve(state, events.TrialQueued(at=T0 + 9, trial=1))
    assert strip(state.trials, 9).plain == "✗"
    for event in attempt_events(1, P, attempt=2, at=T0 + 10):
        state = evolve(state, event)
    assert strip(state.trials, 9).plain == "✗"


class StripApp(App[None]):
    strip = getters.query_one(OutcomeStrip)

    def compose(self) -> ComposeResult:
        yield OutcomeStrip()


async def test_the_widget_grows_and_fits() -> None:
    app = StripApp()
    async with app.run_test(size=(20, 5)) as pilot:
        app.strip.show(evaluation_state(runs=50, trials=[P, F]))
        await pilot.pause()
        assert app.strip.render_line(0).text.strip() == "✓✗"
        app.strip.show(evaluation_state(runs=50, trials=[P] * 30 + [F]))
        await pilot.pause()
        assert app.strip.render_line(0).text.strip() == "‹" + "✓" * 16 + "✗"
