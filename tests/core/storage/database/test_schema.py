"""The schema of a store, and what is kept of ended trials."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from dropout_core.state import events
from dropout_core.state.evaluation_state import replay
from dropout_core.storage.database import schema
from dropout_core.storage.store import Store, StoreUnusable
from dropout_core.verdict.check import Check, CheckStatus
from dropout_core.verdict.packed_checks import PackedChecks
from dropout_core.verdict.verdict import Outcome, Verdict
from tests.core.bench import config
from tests.core.state.test_evaluation_state import histories


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


def test_a_new_store_has_the_latest_schema_and_opening_it_again_changes_nothing(path: Path) -> None:
    Store(path).close()
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    before = path.read_bytes()
    Store(path).close()
    assert path.read_bytes() == before


def test_a_newer_schema_is_left_alone(path: Path) -> None:
    Store(path).close()
    sqlite3.connect(path).execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreUnusable, match=f"newer dropout-tui .schema {schema.VERSION + 1}"):
        Store(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [1, schema.UNRELEASED])
def test_a_store_from_before_the_first_release_is_left_alone(path: Path, version: int) -> None:
    Store(path).close()
    sqlite3.connect(path).execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(StoreUnusable, match="before its first release; give another --store"):
        Store(path)
    assert path.read_bytes() == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_what_is_kept_of_ended_trials_is_what_their_events_say(
    tmp_path: Path, history: list[events.Event]
) -> None:
    history = [event for event in history if not isinstance(event, events.FLEETING)]
    first, *rest = history
    assert isinstance(first, events.EvaluationStarted)
    path = tmp_path / "store.sqlite3"
    store = Store(path)
    number = store.create(first)
    for event in rest:
        store.append(number, [event])
    whole, quick = replay(history), store.state(number)
    assert quick.trials == whole.trials
    # Seconds are added up in another order, which shows in the last digit.
    assert quick.tally.seconds == pytest.approx(whole.tally.seconds, rel=1e-12)
    assert replace(quick.tally, seconds=whole.tally.seconds) == whole.tally
    assert quick.in_order == whole.in_order
    assert dict(quick.checks) == dict(whole.checks)
    summary = store.history()[0]
    outcomes = [
        next((o for o in ended if o is not Outcome.VOID), Outcome.VOID)
        for trial in whole.trials
        if (ended := [a.verdict.outcome for a in trial.attempts if a.verdict is not None])
    ]
    counted = [outcomes.count(outcome) for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.VOID)]
    assert [summary.passed, summary.failed, summary.void] == counted
    assert (summary.in_order, summary.decision) == (whole.in_order, whole.decision)
    assert summary.interval == whole.interval
    store.close()


def test_checks_of_an_opened_evaluation_are_unpacked_when_needed(path: Path) -> None:
    store = Store(path)
    check = Check("runs", "Runs", CheckStatus.FAILED, "It fails")
    verdict = Verdict(Outcome.FAILED, "It fails", "basic", 9, "full", (check,), 0.5, "runs")
    number = store.create(events.EvaluationStarted(at=1.5, config=config()))
    store.append(
        number,
        [
            events.AttemptStarted(at=5.0, trial=1, attempt=1, seed=1),
            events.VerdictReached(at=6.0, trial=1, attempt=1, verdict=verdict),
        ],
    )
    kept = store.state(number).trial(1).attempts[0].verdict
    assert kept is not None
    assert isinstance(kept.checks, PackedChecks)
    assert kept.cause == "runs"
    assert kept == verdict
    assert kept.checks[0].message == "It fails"
    assert kept.to_json() == verdict.to_json()
    store.close()
