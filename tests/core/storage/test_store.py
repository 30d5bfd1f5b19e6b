import contextlib
import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from dropout_core.state import events
from dropout_core.state.evaluation_state import begin, replay
from dropout_core.storage.database import store_file
from dropout_core.storage.store import Store, StoreUnusable, UnknownEvaluation
from dropout_core.values.conversation import Message, TextBlock, ThinkingBlock, ToolResultBlock, ToolUseBlock
from dropout_core.verdict.verdict import Outcome, Verdict
from tests.core.bench import config

HOSTILE = "NUL \0, lone \ud800, \x1b[31mred\x1b[0m, [/markup], \u202ereversed, 🎲"


def started(**changes: object) -> events.EvaluationStarted:
    return events.EvaluationStarted(at=1.5, config=config(**changes))


def ending(trial: int, outcome: Outcome, attempt: int = 1) -> list[events.Event]:
    verdict = Verdict(outcome, HOSTILE, "basic", 3, "basic")
    return [
        events.AttemptStarted(at=2.0, trial=trial, attempt=attempt, seed=9),
        events.CodeFound(at=2.5, trial=trial, attempt=attempt, code=HOSTILE, origin="fence"),
        events.VerdictReached(at=3.0, trial=trial, attempt=attempt, verdict=verdict),
    ]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "deep" / "folder" / "store.sqlite3")


def test_what_was_stored_is_there_for_the_next_program(store: Store) -> None:
    first = started(prompt_text=HOSTILE)
    number = store.create(first)
    end = events.EvaluationEnded(at=4.0, reason="completed")
    endings = [*ending(1, Outcome.PASSED), *ending(2, Outcome.FAILED), end]
    store.append(number, endings)
    store.close()
    again = Store(store.path)
    assert again.state(number) == replay([first, *endings])
    assert again.state(number).trial(1).attempts[0].code == HOSTILE


def test_conversations_come_back_as_they_were(store: Store) -> None:
    number = store.create(started())
    turns = [
        Message.user(HOSTILE),
        Message(
            "assistant",
            (ThinkingBlock("hm", "sig"), TextBlock(HOSTILE), ToolUseBlock("t1", "x", {"a": HOSTILE})),
        ),
        Message("user", (ToolResultBlock("t1", HOSTILE, is_error=True),)),
    ]
    store.append(
        number,
        [
            events.MessageAdded(at=2.0, trial=1, attempt=1, position=position, message=turn)
            for position, turn in enumerate(turns, 1)
        ],
    )
    assert store.conversation(number, 1, 1) == tuple(turns)
    assert store.conversation(number, 1, 2) == ()


def test_pieces_of_text_are_not_stored(store: Store) -> None:
    number = store.create(started())
    store.append(number, [events.TextArrived(at=2.0, trial=1, attempt=1, step=1, text="x" * 1000)])
    assert store.state(number) == begin(started())
    assert sqlite3.connect(store.path).execute("SELECT count(*) FROM events").fetchone() == (1,)


def test_all_events_of_a_batch_are_stored_or_none(store: Store) -> None:
    number = store.create(started())
    turn = events.MessageAdded(at=2.0, trial=1, attempt=1, position=1, message=Message.user("hi"))
    with pytest.raises(StoreUnusable):
        store.append(number, [*ending(1, Outcome.PASSED), turn, turn])
    assert store.state(number) == begin(started())
    store.append(number, [turn])
    assert store.conversation(number, 1, 1) == (turn.message,)


def test_the_history_counts_first_graded_attempts(store: Store) -> None:
    one, two = store.create(started(runs=3)), store.create(started(runs=2))
    store.append(one, [*ending(1, Outcome.FAILED), *ending(1, Outcome.PASSED, attempt=2)])
    store.append(
        one, [*ending(2, Outcome.VOID), *ending(2, Outcome.PASSED, attempt=2), *ending(3, Outcome.VOID)]
    )
    store.append(one, [events.EvaluationEnded(at=9.0, reason="completed")])
    newest, oldest = store.history()
    assert (newest.number, oldest.number) == (two, one)
    assert (oldest.passed, oldest.failed, oldest.void, oldest.stop_reason) == (1, 1, 1, "completed")
    assert (newest.passed, newest.failed, newest.void, newest.stop_reason) == (0, 0, 0, None)
    tally = store.state(one).tally
    assert (tally.passed, tally.failed, tally.void) == (1, 1, 1)


def test_the_newest_unfinished_one_is_found(store: Store) -> None:
    assert store.newest_unfinished() is None
    one, two, three = (store.create(started()) for _ in range(3))
    store.append(three, [events.EvaluationEnded(at=9.0, reason="completed")])
    assert store.newest_unfinished() == two
    store.append(two, [events.EvaluationEnded(at=9.0, reason="decided")])
    store.append(one, [events.EvaluationEnded(at=9.0, reason="interrupted")])
    assert store.newest_unfinished() == one
    store.append(three, [events.EvaluationReopened(at=10.0)])
    assert store.newest_unfinished() == three


def test_a_deleted_evaluation_takes_everything_with_it_and_nothing_else(store: Store) -> None:
    kept, gone = store.create(started()), store.create(started())
    turn = events.MessageAdded(at=2.0, trial=1, attempt=1, position=1, message=Message.user("hi"))
    for number in (kept, gone):
        store.append(number, [*ending(1, Outcome.PASSED), turn])
    store.delete(gone)
    assert [summary.number for summary in store.history()] == [kept]
    assert store.conversation(gone, 1, 1) == ()
    assert store.conversation(kept, 1, 1) == (turn.message,)
    assert store.state(kept).tally.passed == 1
    for act in (store.state, store.delete):
        with pytest.raises(UnknownEvaluation, match=f"no evaluation {gone}"):
            act(gone)


def test_no_number_is_given_twice(store: Store) -> None:
    gone = store.create(started())
    store.append(gone, ending(1, Outcome.PASSED))
    store.delete(gone)
    assert store.create(started()) == gone + 1
    store.delete(gone + 1)
    store.close()
    again = Store(store.path)
    assert again.create(started()) == gone + 2
    assert again.state(gone + 2).tally.passed == 0
    again.close()


def test_a_servers_words_may_end_an_evaluation(store: Store) -> None:
    number = store.create(started())
    store.append(number, [events.EvaluationEnded(at=9.0, reason=HOSTILE)])
    assert store.state(number).stop_reason == HOSTILE
    (summary,) = store.history()
    assert summary.stop_reason == HOSTILE.replace("\ud800", "?")


def test_two_programs_may_write_at_once(store: Store) -> None:
    number = store.create(started())
    other = Store(store.path)

    def write(into: Store, trial: int) -> None:
        for attempt in range(1, 41):
            into.append(number, ending(trial, Outcome.VOID, attempt=attempt))

    writers = ((store, 1), (other, 2), (store, 3))
    threads = [threading.Thread(target=write, args=writer) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(trial.attempts) for trial in other.state(number).trials] == [40, 40, 40]


def test_two_programs_may_make_the_store_at_once(tmp_path: Path) -> None:
    made: list[Store] = []
    path = tmp_path / "store.sqlite3"
    threads = [threading.Thread(target=lambda: made.append(Store(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = {store.create(started()) for store in made}
    assert len(numbers) == len(made) == 8


def interrupt_at(event_number: int) -> None:
    """Have Ctrl-C arrive at the n-th line, or return, of what guards the store's connection."""
    left = event_number

    def step(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in (store_file.__file__, contextlib.__file__):
            return None
        left -= event != "call"
        if left <= 0:
            sys.settrace(None)
            raise KeyboardInterrupt
        return step

    sys.settrace(step)


def can_be_interrupted_at(moment: int, path: Path) -> bool:
    """Interrupt a store there; what it then says is stored is stored. False once it is through before the moment."""
    store = Store(path)
    try:
        interrupt_at(moment)
        store.create(started())
    except KeyboardInterrupt:
        # Read here, where the traceback keeps what was interrupted from being cleaned up.
        newest = store.newest_unfinished()
        store.close()
        with closing(Store(path)) as reopened:
            assert reopened.newest_unfinished() == newest
        return True
    finally:
        sys.settrace(None)
    store.close()
    return False


def test_ctrl_c_at_any_moment_leaves_a_store_that_can_be_read_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    # In a thread of its own: CPython 3.11 leaves an exception that was raised in the midst of a handler the context of
    # all that the thread raises later.
    with ThreadPoolExecutor(1) as thread:
        moments = next(n for n in count(1) if not thread.submit(can_be_interrupted_at, n, path).result())
    assert moments > 20


def test_an_unknown_evaluation(store: Store) -> None:
    with pytest.raises(UnknownEvaluation, match="no evaluation 7"):
        store.state(7)


def not_a_database(path: Path) -> None:
    path.write_text("dear diary, " * 100)


def another_programs(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


def a_newer_one(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")


def a_folder(path: Path) -> None:
    path.mkdir()


def a_file_in_the_way(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize(
    "spoil", [not_a_database, another_programs, a_newer_one, a_folder, a_file_in_the_way]
)
def test_a_file_other_than_a_store_is_reported_in_one_line_and_left_alone(
    tmp_path: Path, spoil: object
) -> None:
    path = tmp_path / "folder" / "store.sqlite3"
    path.parent.mkdir()
    spoil(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreUnusable, match=r"--store") as problem:
        Store(path)
    assert "\n" not in str(problem.value)
    assert (path.read_bytes() if path.is_file() else None) == before
