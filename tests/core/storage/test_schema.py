"""Stores written by earlier versions, and what ended trials come to."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from dropout_core.state import events
from dropout_core.state.evaluation_state import replay
from dropout_core.storage import schema
from dropout_core.storage.store import Store, StoreUnusable
from dropout_core.verdict.packed_checks import PackedChecks
from dropout_core.verdict.verdict import Outcome
from tests.core.state.test_evaluation_state import histories

WRITTEN_BY_SCHEMA_1 = """
PRAGMA application_id = 1685221232;
PRAGMA user_version = 1;
CREATE TABLE evaluations (
    id          INTEGER PRIMARY KEY,
    started_at  REAL NOT NULL,
    config      TEXT NOT NULL,
    stop_reason TEXT
);
CREATE TABLE events (
    position   INTEGER PRIMARY KEY,
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    at         REAL NOT NULL,
    kind       TEXT NOT NULL,
    trial      INTEGER,
    attempt    INTEGER,
    outcome    TEXT,
    body       TEXT NOT NULL
);
CREATE INDEX events_of_evaluation ON events (evaluation, position);
CREATE INDEX verdicts ON events (evaluation, trial, attempt, outcome) WHERE outcome IS NOT NULL;
CREATE TABLE messages (
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    trial      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    message    TEXT NOT NULL,
    PRIMARY KEY (evaluation, trial, attempt, position)
) WITHOUT ROWID;
INSERT INTO evaluations VALUES (1, 1.5, '{"model":"m","prompt_text":"Write dropout.","seed":5,"base_url":null,
"runs":3,"concurrency":2,"sequential":false,"mode":"answer","max_steps":10,"max_tokens":2000,"prompt":"explicit",
"suite":"basic","band":[0.1,0.4],"until_decided":false}', NULL);
INSERT INTO events SELECT 1, 1, 1.5, 'EvaluationStarted', NULL, NULL, NULL,
    json_object('config', json(config)) FROM evaluations;
INSERT INTO events VALUES
 (2, 1, 2.0, 'AttemptStarted', 1, 1, NULL, '{"seed":9}'),
 (3, 1, 2.0, 'AttemptStarted', 2, 1, NULL, '{"seed":8}'),
 (4, 1, 2.1, 'RequestSent', 1, 1, NULL, '{"step":1}'),
 (5, 1, 2.1, 'RequestSent', 2, 1, NULL, '{"step":1}'),
 (6, 1, 3.0, 'ReplyFinished', 1, 1, NULL, '{"step":1,"stop_reason":"end_turn","model":"m-1","input_tokens":7,
"output_tokens":3,"seconds":0.9}'),
 (7, 1, 3.0, 'CodeFound', 1, 1, NULL, '{"code":"x = 1","origin":"fence"}'),
 (8, 1, 3.0, 'GradingStarted', 1, 1, NULL, '{}'),
 (9, 1, 4.0, 'VerdictReached', 1, 1, 'failed', '{"verdict":{"outcome":"failed","reason":"It fails","suite":"basic",
"seed":9,"isolation":"full","checks":[{"id":"runs","title":"Runs","status":"failed","message":"It fails",
"measured":null,"expected":null}],"seconds":0.5,"cause":null}}'),
 (10, 1, 4.5, 'VerdictReached', 2, 1, 'void', '{"verdict":{"outcome":"void","reason":"gone","suite":"basic",
"seed":8,"isolation":"not run","checks":[],"seconds":0.0,"cause":null}}');
INSERT INTO messages VALUES
 (1, 1, 1, 1, '{"role":"user","content":[{"type":"text","text":"Write dropout."}]}'),
 (1, 1, 1, 2, '{"role":"assistant","content":[{"type":"text","text":"x = 1"}]}');
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript(WRITTEN_BY_SCHEMA_1)
    connection.close()
    return path


def test_a_store_of_the_first_schema_is_brought_up_to_date_and_keeps_everything(old: Path) -> None:
    store = Store(old)
    (summary,) = store.history()
    assert (summary.passed, summary.failed, summary.void, summary.stop_reason) == (0, 1, 1, None)
    state = store.state(1)
    assert [str(trial.status) for trial in state.trials] == ["failed", "void", "queued"]
    assert state.trial(1).attempts[0].stop_reason == "end_turn"
    assert (state.tally.input_tokens, state.latest_at, state.config.budget) == (7, 4.5, None)
    assert [turn.role for turn in store.conversation(1, 1, 1)] == ["user", "assistant"]
    # It is written to as any other.
    third = [
        events.AttemptStarted(at=5.0, trial=3, attempt=1, seed=1),
        events.VerdictReached(
            at=6.0,
            trial=3,
            attempt=1,
            verdict=state.trial(1).attempts[0].verdict or pytest.fail("no verdict"),
        ),
    ]
    store.append(1, third)
    assert store.history()[0].failed == 2
    assert store.state(1) == replay([*_events_of(old)])
    store.close()
    assert Store(old).state(1).tally.failed == 2
    assert sqlite3.connect(old).execute("PRAGMA user_version").fetchone() == (schema.VERSION,)


def test_a_newer_schema_is_left_alone(old: Path) -> None:
    sqlite3.connect(old).execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = old.read_bytes()
    with pytest.raises(StoreUnusable, match=f"newer dropout-tui .schema {schema.VERSION + 1}"):
        Store(old)
    assert old.read_bytes() == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
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
    standings = [
        next((o for o in outcomes if o is not Outcome.VOID), Outcome.VOID)
        for trial in whole.trials
        if (outcomes := [a.verdict.outcome for a in trial.attempts if a.verdict is not None])
    ]
    counted = [standings.count(outcome) for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.VOID)]
    assert [summary.passed, summary.failed, summary.void] == counted
    assert (summary.in_order, summary.decision) == (whole.in_order, whole.decision)
    assert summary.interval == whole.interval
    store.close()


def test_checks_of_an_opened_evaluation_are_read_when_they_are_looked_at(old: Path) -> None:
    store = Store(old)
    verdict = store.state(1).trial(1).attempts[0].verdict
    assert verdict is not None
    store.append(
        1,
        [
            events.AttemptStarted(at=5.0, trial=3, attempt=1, seed=1),
            events.VerdictReached(at=6.0, trial=3, attempt=1, verdict=verdict),
        ],
    )
    kept = store.state(1).trial(3).attempts[0].verdict
    assert kept is not None
    assert isinstance(kept.checks, PackedChecks)
    assert kept.cause == "runs"
    assert kept == verdict
    assert kept.checks[0].message == "It fails"
    assert kept.to_json() == verdict.to_json()
    store.close()


def _events_of(path: Path) -> list[events.Event]:
    rows = sqlite3.connect(path).execute(
        "SELECT kind, at, trial, attempt, body FROM events ORDER BY position"
    )
    return [events.event_from(k, at, t, a, json.loads(body)) for k, at, t, a, body in rows]
