"""What a key does to many trials concerns only those it can change, and asks before it costs anything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dropout_core.state.trial_state import Status
from dropout_tui.presenters.trials.bulk_actions import Action, BulkAction, cancel, pause_or_resume, rerun
from tests.tui.gallery_trial import RecordedCommands
from tests.tui.states import BUSY, Ending, evaluation_state

SOME = st.lists(st.sampled_from(BUSY), min_size=1, max_size=12)


@given(SOME)
def test_pausing_holds_what_goes_on_and_only_then_lets_go(endings: list[Ending]) -> None:
    trials = evaluation_state(runs=len(endings), trials=endings).trials
    held = [t.number for t in trials if t.status in (Status.PAUSED, Status.PAUSING)]
    going = [t.number for t in trials if not t.status.settled and t.number not in held]
    expected = BulkAction(Action.PAUSE, tuple(going)) if going else BulkAction(Action.RESUME, tuple(held))
    assert pause_or_resume(trials) == expected
    assert expected.question is None


@given(SOME)
def test_cancelling_concerns_what_has_not_ended_and_rerunning_everything(endings: list[Ending]) -> None:
    trials = evaluation_state(runs=len(endings), trials=endings).trials
    assert cancel(trials).trials == tuple(trial.number for trial in trials if not trial.status.settled)
    assert rerun(trials).trials == tuple(trial.number for trial in trials)


@given(st.sampled_from([Action.RERUN, Action.CANCEL]), st.integers(0, 2_000))
def test_more_than_one_is_asked_about(deed: Action, count: int) -> None:
    question = BulkAction(deed, tuple(range(1, count + 1))).question
    if count < 2:
        assert question is None
    else:
        assert question is not None
        assert f"{count:,} runs" in question


@given(st.sampled_from(Action), st.lists(st.integers(1, 99), max_size=5))
def test_each_trial_is_asked_for_once(deed: Action, numbers: list[int]) -> None:
    commands = RecordedCommands()
    BulkAction(deed, tuple(numbers)).apply(commands)
    assert commands.asked == [(str(deed), number) for number in numbers]
