"""What the store keeps of ended trials does not depend on who folded them, nor on which events came together."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.state import events
from dropout_core.state.evaluation_state import EvaluationState, begin, evolve
from dropout_core.storage.store import EvaluationSummary, Store
from tests.core.state.test_evaluation_state import histories


def kept(
    history: list[events.Event], cuts: list[int], *, told: bool
) -> tuple[EvaluationState, EvaluationSummary]:
    """What is read after `history` was stored in batches that end at `cuts`; `told` how the trials then stand."""
    first = history[0]
    assert isinstance(first, events.EvaluationStarted)
    state = begin(first)
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store.sqlite3")
        number, stored = store.create(first), 1
        for cut in (*cuts, len(history)):
            batch, stored = history[stored:cut], max(stored, cut)
            for event in batch:
                state = evolve(state, event)
            known = {trial.number: trial for trial in state.trials} if told else {}
            store.append(number, batch, known)
        read = store.state(number), store.history()[0]
        store.close()
    return read


@given(histories(), st.lists(st.integers(1, 40)).map(sorted))
def test_a_given_state_is_stored_like_one_computed_from_stored_events(
    history: list[events.Event], cuts: list[int]
) -> None:
    durable = [event for event in history if not isinstance(event, events.FLEETING)]
    told, summary = kept(durable, cuts, told=True)
    folded, folded_summary = kept(durable, [*range(1, len(durable))], told=False)
    assert summary == folded_summary
    assert told.trials == folded.trials
    assert told.in_order == folded.in_order
    assert dict(told.checks) == dict(folded.checks)
    # Seconds are added up in another order, which shows in the last digit.
    assert told.tally.seconds == pytest.approx(folded.tally.seconds, rel=1e-12)
    assert replace(told.tally, seconds=folded.tally.seconds) == folded.tally
