"""A picture of the dashboard whose runs wait for a batch. Update with ``pytest -n 0 --snapshot-update``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from dropout_core.state import events as happened
from dropout_core.verdict.verdict import Outcome
from dropout_tui.screens.dashboard.screen import DashboardScreen
from tests.tui.gallery_trial import RecordedCommands, StoredConversations
from tests.tui.states import T0, failed, live_evaluation
from tests.tui.test_snapshots import Shown

RUNS = 12
ANSWERED = (failed("scaling", "other_rates"), Outcome.PASSED, failed("edge_cases"))
"""What came of the first batch."""
HOUR = 3600.0


def waiting() -> Iterator[happened.Event]:
    """The other runs, in a second batch of which the server has answered four."""
    waiting = range(len(ANSWERED) + 1, RUNS + 1)
    for trial in waiting:
        yield happened.AttemptStarted(at=T0 + 10, trial=trial, attempt=1, seed=trial)
    yield happened.BatchPlanned(at=T0 + 11, batch=2, mark="0123456789ab", requests=len(waiting))
    for trial in waiting:
        yield happened.RequestBatched(at=T0 + 11, trial=trial, attempt=1, step=1, batch=2)
    yield happened.BatchSubmitted(at=T0 + 12, batch=2, id="msgbatch_02", expires_at=T0 + 24 * HOUR)
    yield happened.BatchProgressed(at=T0 + 20, batch=2, done=4, note="")


@pytest.fixture
def in_utc() -> Iterator[None]:
    """A batch expires at an hour of this machine's clock."""
    with pytest.MonkeyPatch.context() as zone:
        zone.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_utc")
def test_runs_that_wait_for_a_batch(snap_compare: Callable[..., bool]) -> None:
    live = live_evaluation(runs=RUNS, trials=ANSWERED, commands=RecordedCommands(), batch=True)
    live.receive(list(waiting()))
    screen = DashboardScreen(live, StoredConversations(), clock=lambda: T0 + 30)
    assert snap_compare(Shown(screen), terminal_size=(120, 40))
