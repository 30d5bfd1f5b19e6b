"""Grading stored answers by other suites, once, in a real sandbox."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from dropout_core.analysis.what_if import WhatIf
from dropout_core.audit.corpus import built_in_answers
from dropout_core.grading import Grader
from dropout_core.running.graders.open_graders import opened_graders
from dropout_core.running.graders.what_if_grading import WhatIfGrading
from dropout_core.state import events
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.kept.gradings import KeptGrading
from dropout_core.storage.store import Store
from dropout_core.task.definition import Task
from dropout_core.task.prompt import load_prompt
from dropout_core.task.sources.loading import load_task
from dropout_core.tasks.dropout import task as dropout
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.verdict import Outcome, Verdict
from tests.core.tasks_of_ones_own import LAST_AXIS_SOFTMAX, NAIVE_SOFTMAX, RIGHT_SOFTMAX, SOFTMAX

BY_NAME = {answer.name: answer.code for answer in built_in_answers()}
HIDES_MUCH = "def dropout(x, p, training):\n    return x.sum()\n"
NO_KEYWORDS = "import numpy as np\n\ndef dropout(a, b, c):\n    return a\n"
CODES = [
    *(BY_NAME[name] for name in ("rand", "no scaling", "rows")),
    HIDES_MUCH,
    NO_KEYWORDS,
    "def dropout(x, p, training):\n",
]
COMPARED = ("none", "-shape", "-scaling", "+dtype", "suite hard")
"""The others are reckoned in the same way."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(tmp_path / "store.sqlite3")
    yield one
    one.close()


async def stored(store: Store, task: Task, suite: str, codes: Sequence[str | None]) -> int:
    """An evaluation that ended with these answers, as they are judged by `suite`; returns its number."""
    prompt = load_prompt("explicit", suite=suite, mode="answer", task=task)
    config = EvaluationConfig("m", prompt.text, 1, runs=len(codes), **task.stored(suite))
    number = store.create(events.EvaluationStarted(at=1.0, config=config))
    happened: list[events.Event] = []
    async with Grader(suite, task=task) as grader:
        for trial, code in enumerate(codes, 1):
            seed = 100 + trial
            happened.append(events.AttemptStarted(at=2.0, trial=trial, attempt=1, seed=seed))
            if code is None:
                verdict = Verdict(Outcome.FAILED, "No code", suite, seed, "not run", cause="no_code")
            else:
                happened.append(
                    events.CodeFound(at=3.0, trial=trial, attempt=1, code=code, origin="code block")
                )
                verdict = await grader.grade(code, seed=seed)
            happened.append(events.VerdictReached(at=4.0, trial=trial, attempt=1, verdict=verdict))
    store.append(number, [*happened, events.EvaluationEnded(at=5.0, reason="completed")])
    return number


def grading_of(store: Store, number: int, task: Task) -> WhatIfGrading:
    return WhatIfGrading(store, number, store.state(number), task)


async def graded(store: Store, number: int, task: Task) -> tuple[tuple[WhatIf, ...], int]:
    """The rows, and how many gradings it took."""
    made: list[None] = []
    grading = grading_of(store, number, task)
    await grading.grade(
        opened_graders(grading.task, allow_weak_sandbox=True), on_graded=lambda: made.append(None)
    )
    assert grading.left == 0
    return grading.rows, len(made)


async def outright(task: Task, suite: str, codes: Sequence[str | None]) -> int:
    """How many of the answers pass a suite that is run on all of them."""
    async with Grader(suite, task=task) as grader:
        verdicts = [
            await grader.grade(code, seed=100 + trial)
            for trial, code in enumerate(codes, 1)
            if code is not None
        ]
    return sum(verdict.passed for verdict in verdicts)


async def test_every_row_is_what_running_its_suite_on_the_same_answers_gives(store: Store) -> None:
    task = dropout
    number = await stored(store, task, "basic", [*CODES, None])
    rows, made = await graded(store, number, task)
    assert made > len(CODES)  # some are graded by a suite of their own
    for row in rows:
        assert (row.graded, row.open) == (len(CODES) + 1, 0)
        if row.change.name in COMPARED:
            assert row.passed == await outright(task, row.change.suite, CODES), row.change.name


async def test_what_was_graded_is_known_the_next_time_but_for_other_rules_and_what_cannot_be_read(
    store: Store,
) -> None:
    task = dropout
    number = await stored(store, task, "basic", CODES[:2])
    rows, made = await graded(store, number, task)
    assert made > 0
    assert await graded(store, number, task) == (rows, 0), "the second look"

    old = [
        KeptGrading(1, 1, "hard", "1:", Outcome.FAILED, ()),
        KeptGrading(1, 1, "no such suite", "5:", Outcome.PASSED, ()),
    ]
    store.keep_gradings(number, old)
    assert await graded(store, number, task) == (rows, 0), "other rules"

    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE gradings SET said = 'not JSON'")
    assert await graded(store, number, task) == (rows, made), "nothing can be read"

    store.delete(number)
    store.keep_gradings(number, [KeptGrading(1, 1, "hard", "5:", Outcome.PASSED, ())])
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("SELECT count(*) FROM gradings").fetchone() == (0,), "they go with theirs"


async def test_what_is_done_when_it_is_cancelled_stays_done(store: Store) -> None:
    task = dropout
    number = await stored(store, task, "basic", CODES[:1] * 6)
    grading = grading_of(store, number, task)
    work: asyncio.Task[None] | None = None

    graded_by_then = 0

    def stop() -> None:
        nonlocal graded_by_then
        graded_by_then += 1
        assert work is not None
        if graded_by_then == 3:  # one that could not be graded is not kept
            work.cancel()

    work = asyncio.create_task(
        grading.grade(opened_graders(grading.task, allow_weak_sandbox=True), on_graded=stop)
    )
    with pytest.raises(asyncio.CancelledError):
        await work
    kept = len(store.kept_gradings(number))
    assert 1 <= kept < 6
    again = grading_of(store, number, task)
    assert again.left == 6 - kept
    _, made = await graded(store, number, task)
    assert made == 6 - kept


async def test_what_a_locked_store_does_not_take_is_stored_when_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    store = Store(path, lock_seconds=0.01)
    number = await stored(store, dropout, "basic", CODES[:1] * 2)
    grading = grading_of(store, number, dropout)
    made: list[None] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as other:

        def graded_while_locked() -> None:
            if not made:
                other.execute("BEGIN IMMEDIATE")
            made.append(None)

        with pytest.raises(StoreBlocked):
            await grading.grade(
                opened_graders(grading.task, allow_weak_sandbox=True), on_graded=graded_while_locked
            )
        other.execute("ROLLBACK")
    await grading.grade(
        opened_graders(grading.task, allow_weak_sandbox=True), on_graded=lambda: made.append(None)
    )
    kept = len(store.kept_gradings(number))
    assert kept == len(made) > 0
    assert grading_of(store, number, dropout).left == grading.left == 0
    store.close()


async def test_a_task_of_ones_own(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(SOFTMAX)
    task = load_task(path)
    codes = [RIGHT_SOFTMAX, NAIVE_SOFTMAX, NAIVE_SOFTMAX, LAST_AXIS_SOFTMAX]
    number = await stored(store, task, "basic", codes)
    rows, made = await graded(store, number, task)
    assert {row.change.name: row.passed for row in rows} == {"none": 1, "-values": 2, "-stable": 3}
    for row in rows:
        assert row.passed == await outright(task, row.change.suite, codes), row.change.name
    assert made == 0  # the suite has every check already, and hides none
