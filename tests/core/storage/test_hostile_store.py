"""Stores that were damaged, or that somebody else made: every reader says what it cannot read, and shows the rest."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from functools import partial
from itertools import count, cycle, islice, product
from pathlib import Path
from typing import Any

import pytest

from dropout_core.analysis.comparison.comparison import compare
from dropout_core.analysis.review.review import review
from dropout_core.analysis.review.sources import reviewed
from dropout_core.analysis.review.stored_evidence import stored_evidence
from dropout_core.reports.csv_table import csv_table
from dropout_core.reports.html.page import html_page
from dropout_core.reports.inspect.log import inspect_log
from dropout_core.reports.json_document import json_document
from dropout_core.reports.jsonlines import summary_object
from dropout_core.reports.record import Record
from dropout_core.reports.review_markdown import review_markdown
from dropout_core.running.session import Session
from dropout_core.state import events
from dropout_core.state.events import KINDS
from dropout_core.state.trial_state import Phase
from dropout_core.storage.database.event_format import DIGESTS, FORMAT, digest_of, format_of
from dropout_core.storage.kept.audits import AuditedAnswer, KeptAudit
from dropout_core.storage.kept.gradings import KeptGrading
from dropout_core.storage.kept.repeats import KeptRepeat
from dropout_core.storage.store import DamagedEvaluation, Store, StoreUnusable, UnknownEvaluation
from dropout_core.values.conversation import OtherBlock
from dropout_core.values.stored.value import MOST_BYTES
from dropout_core.verdict.known_answers import Kind
from dropout_core.verdict.verdict import CheckStatus, Outcome
from tests.tui.states import Ending, failed, void
from tests.tui.stored import stored

WHOLE, SPOILT = 1, 2
DEEP = "[" * 100_000

RUBBISH: dict[str, object] = {
    "nothing": None,
    "a word": "rubbish",
    "empty": "",
    "bytes": b"\xff\x00\xfe",
    "negative": -1,
    "huge": 10**15,
    "infinite": float("inf"),
    "a list": "[]",
    "an object": "{}",
    "a number": "7",
    "half": '{"config": {"model": "m"',
    "deep": DEEP,
    "deep and whole": DEEP + "]" * 100_000,
    "long number": "1" * 5000,
    "not a number": "NaN",
    "no text": b"\xff\xfe",
}
TEXTS = {name for name, value in RUBBISH.items() if isinstance(value, str)} - {"a word", "empty"}
"""Those that differ only where text is parsed: elsewhere each is a word, or the number that SQLite makes of it."""
PARSED = {"config", "body", "message", "attempts", "said"}
"""Columns of JSON."""
COLUMNS = {
    "evaluations": ("started_at", "config", "stop_reason", "passed", "failed", "void", "format"),
    "events": ("at", "kind", "trial", "attempt", "outcome", "body"),
    "messages": ("position", "message"),
    "ended_trials": ("trial", "position", "attempts", "checks"),
    "numbers": ("given",),
    "gradings": ("trial", "attempt", "suite", "rules", "said"),
    "repeats": ("trial", "attempt", "suite", "rules", "seed", "said"),
    "audits": ("task", "suite", "said"),
}
ROWS = {
    "evaluations": "id = 2",
    "events": "position IN (SELECT min(position) FROM events WHERE evaluation = 2 GROUP BY kind)",
    "messages": "evaluation = 2 AND trial = 1 AND position = 1",
    "ended_trials": "evaluation = 2 AND trial = 2",
    "numbers": "true",
    "gradings": "evaluation = 2",
    "repeats": "evaluation = 2",
    "audits": "true",
}
KEYS = {
    **dict.fromkeys(COLUMNS, "rowid"),
    "messages": "evaluation,trial,attempt,position",
    "gradings": "evaluation,trial,attempt",
    "repeats": "evaluation,trial,attempt",
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two evaluations of the same kind: with checks, evidence, a void run, and one cut off in flight."""
    path = tmp_path_factory.mktemp("sound") / "store.sqlite3"
    store = Store(path)
    for _ in range(2):
        ended: list[Ending] = [Outcome.PASSED, failed("scaling", "other_rates"), void(), Phase.REPLYING]
        number = stored(store, ended, runs=6, ended="interrupted", set={"top_k": 5}, timeout="60,20")
        checks = (("runs", CheckStatus.PASSED), ("dtype", CheckStatus.FAILED))
        store.keep_gradings(number, [KeptGrading(1, 1, "hard", "5:", Outcome.FAILED, checks)])
        store.keep_repeats(number, [KeptRepeat(1, 1, "basic", "5:", 9, "passed")])
    right = AuditedAnswer(Kind.RIGHT, "rand", "d", 3, faults={"false_reject": 1}, seed=5, failed=("rate",))
    store.keep_audit(KeptAudit(8.0, "dropout", 5, None, "basic", 1, 3, 3, "full", (right,)))
    store.close()
    with sqlite3.connect(path) as connection:
        # All in one file, which can be copied.
        connection.execute("PRAGMA journal_mode = DELETE")
    return path


@pytest.fixture
def spoilt(sound: Path, tmp_path: Path) -> Callable[..., Path]:
    copies = count(1)

    def made(*statements: str | tuple[str, tuple[object, ...]]) -> Path:
        path = tmp_path / f"{next(copies)}.sqlite3"
        shutil.copy(sound, path)
        with closing(sqlite3.connect(path)) as connection:
            for one in statements:
                sql, values = (one, ()) if isinstance(one, str) else one
                connection.execute(sql, values)
            connection.commit()
        return path

    return made


def read_everything(path: Path) -> tuple[list[str], str]:
    """Go through the store as every reader does; what it says of what it cannot read, and how the spoilt one stands."""
    said: list[str] = []
    store = Store(path)
    try:
        listing = store.listing()
        said += map(str, listing.unreadable)
        for line in listing.readable:
            assert json.dumps([line.interval, line.decision, line.config.to_json()])
        assert WHOLE in [line.number for line in listing.readable]
        whole = store.state(WHOLE)
        assert (whole.tally.passed, whole.tally.failed, whole.damage) == (1, 1, ())
        try:
            state = store.state(SPOILT)
        except (DamagedEvaluation, UnknownEvaluation) as error:
            return [*said, str(error)], "unreadable"
        said += state.damage
        assert len(store.kept_gradings(SPOILT)) <= 1
        evidence = stored_evidence(store, SPOILT, state.config)
        assert (len(evidence.repeats), len(evidence.audits)) <= (1, 1)
        assert "".join(review_markdown(SPOILT, state, review(reviewed(state, evidence)), "it"))
        record = Record(SPOILT, state, partial(store.conversation, SPOILT))
        for report in (json_document, csv_table, html_page, inspect_log):
            assert "".join(report(record))
        assert json.dumps(summary_object(SPOILT, state))
        assert compare((WHOLE, whole), (SPOILT, state)).second.number == SPOILT
        for trial in state.trials:
            for attempt in trial.attempts:
                turns = store.conversation(SPOILT, trial.number, attempt.number)
                said += [str(turn) for turn in turns if isinstance(turn.blocks[0], OtherBlock)]
                if attempt.verdict is not None:
                    said += [check.message for check in attempt.verdict.checks if "be read" in check.message]
        return said, "read"
    finally:
        store.close()


@pytest.mark.parametrize("everywhere", [pytest.param(True, marks=pytest.mark.long_run), False])
@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in COLUMNS.items() for c in columns])
def test_garbage_in_any_column_does_not_crash_the_program(
    spoilt: Callable[..., Path], table: str, column: str, everywhere: bool
) -> None:
    """Each kind of garbage that the column may tell from others in some row, and some garbage in each row; or each
    `everywhere`."""
    with closing(sqlite3.connect(spoilt())) as connection:
        keys = connection.execute(f"SELECT {KEYS[table]} FROM {table} WHERE {ROWS[table]}").fetchall()
    assert keys
    kinds = [(name, value) for name, value in RUBBISH.items() if column in PARSED or name not in TEXTS]
    some = islice(zip(cycle(kinds), cycle(keys)), max(len(kinds), len(keys)))
    for (name, value), key in product(RUBBISH.items(), keys) if everywhere else some:
        where = " AND ".join(
            f"{part} IS {one}" for part, one in zip(KEYS[table].split(","), key, strict=True)
        )
        try:
            path = spoilt((f"UPDATE {table} SET {column} = ? WHERE {where}", (value,)))
        except sqlite3.IntegrityError:
            continue  # SQLite itself does not let it in
        said = read_everything(path)[0]
        assert all("\n" not in line for line in said), name
        path.unlink()


def started() -> events.EvaluationStarted:
    from tests.core.bench import config

    return events.EvaluationStarted(at=1.5, config=config())


def body_with(**changes: object) -> Callable[[str], str]:
    def changed(body: str) -> str:
        value: dict[str, Any] = json.loads(body)
        inner = value.get("verdict") or value.get("config") or value
        inner.update(changes)
        return json.dumps(value)

    return changed


def change(path: Path, table: str, column: str, where: str, how: Callable[[Any], object]) -> None:
    connection = sqlite3.connect(path)
    rows = connection.execute(f"SELECT rowid, {column} FROM {table} WHERE {where}").fetchall()
    assert rows
    connection.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [(how(v), i) for i, v in rows])
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"runs": 10**12},
        {"runs": 0},
        {"runs": "10"},
        {"runs": True},
        {"concurrency": -1},
        {"max_steps": 2**80},
        {"seed": -1},
        {"band": [0.4, 0.1]},
        {"band": "10-40"},
        {"mode": "other"},
        {"thinking": "a lot"},
        {"timeout": "soon"},
        {"tries": 10**9},
        {"temperature": "NaN"},
        {"tools": [{"name": "x"}]},
        {"price": {"input": -1, "output": 2, "source": "me"}},
        {"prompt_text": None},
        {"model": ["m"]},
        {"set": "top_k"},
    ],
    ids=str,
)
def test_settings_that_no_evaluation_can_have_make_it_one_line(
    spoilt: Callable[..., Path], settings: dict[str, object]
) -> None:
    path = spoilt()
    change(
        path, "evaluations", "config", f"id = {SPOILT}", lambda text: json.dumps(json.loads(text) | settings)
    )
    change(
        path, "events", "body", f"evaluation = {SPOILT} AND kind = 'EvaluationStarted'", body_with(**settings)
    )
    said, ending = read_everything(path)
    assert ending == "unreadable"
    assert [line.startswith(f"evaluation {SPOILT}: cannot be read: ") for line in said] == [True, True]


@pytest.mark.parametrize(
    "verdict",
    [
        {"outcome": "won"},
        {"seconds": -3},
        {"checks": {}},
        {"checks": [{"id": "runs"}]},
        {"flags": [7]},
        {"reason": 3},
        {"seed": "x"},
    ],
    ids=str,
)
def test_a_run_that_cannot_be_read_is_void_and_the_others_are_shown(
    spoilt: Callable[..., Path], verdict: dict[str, object]
) -> None:
    path = spoilt(f"DELETE FROM ended_trials WHERE evaluation = {SPOILT} AND trial = 1")
    change(
        path, "events", "body", f"evaluation = {SPOILT} AND kind = 'VerdictReached' AND trial = 1", body_with(**verdict)
    )  # fmt: skip
    said, ending = read_everything(path)
    assert ending == "read"
    assert len(said) == 1
    assert said[0].startswith("run 1: event ")
    store = Store(path)
    state = store.state(SPOILT)
    assert (state.tally.passed, state.tally.failed, state.tally.void) == (0, 1, 2)
    first = state.trial(1).attempts[0].verdict
    assert first is not None
    assert first.reason.startswith("cannot be read: event ")
    with pytest.raises(
        DamagedEvaluation, match=f"evaluation {SPOILT}: cannot be read: run 1: event .*gone on"
    ):
        Session.resumed(store, SPOILT, lambda config: pytest.fail("a model was asked for"))
    store.close()


def test_a_snapshot_that_cannot_be_read_is_made_from_the_events_again(spoilt: Callable[..., Path]) -> None:
    sound = Store(spoilt())
    before = sound.state(SPOILT)
    sound.close()
    for column, value in (("attempts", "[{}]"), ("position", "soon"), ("attempts", '[{"attempt":{}}]')):
        path = spoilt((f"UPDATE ended_trials SET {column} = ? WHERE evaluation = {SPOILT}", (value,)))
        store = Store(path)
        assert store.state(SPOILT).trials == before.trials
        assert store.state(SPOILT).damage == ()
        store.close()


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"rubbish",
        zlib.compress(b"[[{}]]"),
        zlib.compress(b"[]"),
        zlib.compress(b"\xff"),
        zlib.compress(DEEP.encode()),
        zlib.compress(b'[["a check"]]')[:-6],
    ],
    ids=range(7),
)
def test_checks_that_cannot_be_read_keep_how_they_ended(spoilt: Callable[..., Path], packed: bytes) -> None:
    path = spoilt(
        (f"UPDATE ended_trials SET checks = ? WHERE evaluation = {SPOILT} AND trial = 2", (packed,))
    )
    store = Store(path)
    verdict = store.state(SPOILT).trial(2).attempts[0].verdict
    assert verdict is not None
    assert len(verdict.checks) == len(verdict.statuses) > 1
    assert [(check.id, check.status) for check in verdict.checks] == list(verdict.statuses)
    assert verdict.first_failing is not None
    assert verdict.first_failing.status is CheckStatus.FAILED
    assert all("cannot be read" in check.message for check in verdict.checks)
    store.close()


def test_what_unpacks_to_too_much_is_not_unpacked(spoilt: Callable[..., Path]) -> None:
    packing = zlib.compressobj(1)
    bomb = b"".join(packing.compress(bytes(MOST_BYTES >> 4)) for _ in range(17)) + packing.flush()
    path = spoilt((f"UPDATE ended_trials SET checks = ? WHERE evaluation = {SPOILT}", (bomb,)))
    said, ending = read_everything(path)
    assert ending == "read"
    assert any("unpacks to too much" in line for line in said)


@pytest.mark.parametrize(
    ("table", "column", "where"),
    [
        ("evaluations", "config", "id = 2"),
        ("events", "body", "evaluation = 2 AND kind = 'EvaluationStarted'"),
        ("messages", "message", "evaluation = 2 AND trial = 1 AND position = 1"),
    ],
)
def test_a_value_too_large_to_read_hides_nothing_else(
    spoilt: Callable[..., Path], table: str, column: str, where: str
) -> None:
    path = spoilt(f"UPDATE {table} SET {column} = zeroblob(140000000) WHERE {where}")
    store = Store(path)
    assert WHOLE in [summary.number for summary in store.history()]
    assert store.state(WHOLE).tally.passed == 1
    if table == "evaluations":
        assert ["128 MB" in line.why for line in store.listing().unreadable] == [True]
    elif table == "events":
        with pytest.raises(DamagedEvaluation, match="128 MB"):
            store.state(SPOILT)
    else:
        turn = store.conversation(SPOILT, 1, 1)[0]
        assert "128 MB" in json.dumps(turn.to_json())
    store.close()


def test_events_of_missing_runs_are_left_out_and_reported(spoilt: Callable[..., Path]) -> None:
    path = spoilt(
        f"UPDATE events SET trial = 1000000000000 WHERE evaluation = {SPOILT} AND trial = 4",
        f"UPDATE ended_trials SET trial = -1 WHERE evaluation = {SPOILT} AND trial = 1",
    )
    said, ending = read_everything(path)
    assert ending == "read"
    assert "there is no run 1,000,000,000,000 of 6" in said


def test_attempts_out_of_order_make_a_run_void(spoilt: Callable[..., Path]) -> None:
    path = spoilt(f"UPDATE events SET attempt = 1000000000000 WHERE evaluation = {SPOILT} AND trial = 4")
    said, _ = read_everything(path)
    assert said == ["run 4: its attempts are not numbered from 1 up"]


def test_a_turn_that_cannot_be_read_says_so_in_its_place(spoilt: Callable[..., Path]) -> None:
    path = spoilt(
        f"UPDATE messages SET message = '{{}}' WHERE evaluation = {SPOILT} AND trial = 1 AND position = 1"
    )
    store = Store(path)
    first, second = store.conversation(SPOILT, 1, 1)
    assert "cannot be read: it is no turn" in json.dumps(first.to_json())
    assert second.role == "assistant"
    store.close()


# ---- a newer version -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET kind = 'TrialShelved' WHERE evaluation = 2 AND kind = 'RequestSent'",
        "UPDATE events SET body = json_set(body, '$.shelf', 3) WHERE evaluation = 2 AND kind = 'RequestSent'",
        "UPDATE evaluations SET format = 1000 WHERE id = 2",
    ],
)
def test_events_of_a_newer_version_are_reported(spoilt: Callable[..., Path], statement: str) -> None:
    path = spoilt("DELETE FROM ended_trials WHERE evaluation = 2", statement)
    said, ending = read_everything(path)
    assert ending == "unreadable"
    assert "was written by a newer dropout-tui; upgrade" in said[-1]


def test_an_event_cannot_change_without_a_new_format() -> None:
    assert (FORMAT, DIGESTS[FORMAT - 1]) == (1, "9f96d2a246")
    assert digest_of(KINDS) == DIGESTS[-1], "the stored events have changed: their digest belongs in DIGESTS"

    class TrialShelved(events.TrialEvent):
        pass

    with pytest.raises(LookupError, match="belongs in DIGESTS"):
        format_of({**KINDS, "TrialShelved": TrialShelved})
    fleeting = {kind.__name__: kind for kind in events.FLEETING}
    assert format_of({name: kind for name, kind in KINDS.items() if name not in fleeting}) == FORMAT


def test_a_new_evaluation_has_todays_format_and_an_older_one_gets_it_when_it_goes_on(
    spoilt: Callable[..., Path],
) -> None:
    path = spoilt("UPDATE evaluations SET format = 0")
    store = Store(path)
    number = store.create(started())
    store.append(SPOILT, [events.EvaluationReopened(at=3.0)])
    store.close()
    found = sqlite3.connect(path).execute("SELECT id, format FROM evaluations ORDER BY id").fetchall()
    assert found == [(WHOLE, 0), (SPOILT, FORMAT), (number, FORMAT)]


# ---- what SQLite would run -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END", "a trigger 't'"),
        ("CREATE VIEW v AS SELECT * FROM events", "a view 'v'"),
        ("CREATE VIRTUAL TABLE f USING fts5(x)", "a virtual table 'f'"),
        ("CREATE INDEX i ON events (abs(position))", "an index 'i'"),
        ("CREATE INDEX i ON events (at)", "an index 'i'"),
        ("ALTER TABLE events ADD COLUMN more GENERATED ALWAYS AS (abs(at))", "its events is not as"),
        ("DROP INDEX events_of_trial", "its events_of_trial is missing"),
        ("DROP TABLE messages", "its messages is missing"),
        ("PRAGMA user_version = 0", "it says that it has no schema"),
        ("PRAGMA user_version = -3", "it says that it has no schema"),
    ],
)
def test_a_file_of_another_shape_is_refused_and_left_alone(
    spoilt: Callable[..., Path], statement: str, words: str
) -> None:
    path = spoilt(statement)
    before = path.read_bytes()
    with pytest.raises(StoreUnusable) as refused:
        Store(path)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == before


def test_a_view_in_the_place_of_a_table_is_refused(spoilt: Callable[..., Path]) -> None:
    path = spoilt("ALTER TABLE events RENAME TO kept", "CREATE VIEW events AS SELECT * FROM kept")
    with pytest.raises(StoreUnusable, match="it holds a view 'events'"):
        Store(path)


def test_foreign_tables_are_ignored(spoilt: Callable[..., Path]) -> None:
    path = spoilt("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)", "ANALYZE")
    assert read_everything(path) == ([], "read")


# ---- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [None, "x", -5, 10**18, b"", 3.5])
def test_a_spoilt_count_of_numbers_gives_none_twice(spoilt: Callable[..., Path], given: object) -> None:
    path = spoilt("DELETE FROM numbers")
    if given is not None:
        sqlite3.connect(path, isolation_level=None).execute("INSERT INTO numbers VALUES (?)", (given,))
    store = Store(path)
    if given == 10**18:
        with pytest.raises(StoreUnusable, match="no numbers left"):
            store.create(started())
    else:
        assert store.create(started()) == SPOILT + 1
    store.close()


def test_nothing_that_was_planted_comes_up_under_a_new_number(spoilt: Callable[..., Path]) -> None:
    path = spoilt("UPDATE messages SET evaluation = 9 WHERE evaluation = 2 AND trial = 1")
    store = Store(path)
    number = store.create(started())
    assert number == 10
    assert store.conversation(number, 1, 1) == ()
    store.close()
