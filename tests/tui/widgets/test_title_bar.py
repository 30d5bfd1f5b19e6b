"""What the title says of an evaluation as a whole."""

from __future__ import annotations

from dropout_core.state import events
from dropout_core.state.evaluation_state import evolve
from dropout_core.state.trial_state import Phase
from dropout_tui.widgets.title_bar import status_words
from dropout_tui.widgets.trial.trial_title import headline
from tests.tui.states import T0, evaluation_state


def test_it_says_when_fewer_go_on_together_than_are_allowed() -> None:
    state = evaluation_state(runs=10, trials=[Phase.ASKING], concurrency=10)
    assert status_words(state) == "running, 10 at once"
    held = evolve(state, events.ConcurrencyAdapted(at=T0 + 5, allowed=4))
    assert status_words(held) == "running, held at 4 of 10 at once"
    recovered = evolve(held, events.ConcurrencyAdapted(at=T0 + 9, allowed=10))
    assert status_words(recovered) == "running, 10 at once"
    # Beside others it has its share.
    assert status_words(recovered, limit_of_all=6) == "running, 1 of 6 at once"
    assert status_words(held, limit_of_all=6) == "running, held at 4 of 6 at once"
    assert status_words(recovered, limit_of_all=20) == "running, 1 of 10 at once"


def test_it_says_how_many_will_go_on_together_while_all_are_paused() -> None:
    state = evaluation_state(runs=1, concurrency=7)
    state = evolve(state, events.PauseAsked(at=T0 + 1, trial=1))
    state = evolve(state, events.Paused(at=T0 + 1, trial=1))
    assert status_words(state) == "paused, 7 at once"


def test_the_line_of_a_trial_that_waits_says_for_what() -> None:
    trial = evaluation_state(runs=1, trials=[Phase.WAITING]).trial(1)
    said = headline(trial, trial.latest, T0 + 22).plain
    assert said == "Run 1   ● waiting   0:21   rate limited, try 2 of 8 in 10 s"
