"""Names, notes and tags in a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dropout_core.state.events import PlanChanged
from dropout_core.statistics.pass_rate import Band
from dropout_core.storage.kept.annotations import UNREADABLE
from dropout_core.storage.lease import Lease
from dropout_core.storage.store import Store, UnknownEvaluation
from dropout_core.values.annotation import UNANNOTATED, Annotation, AnnotationChange
from dropout_core.values.plan import Plan
from dropout_core.verdict.verdict import Outcome
from tests.tui.stored import stored


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "store.sqlite3")) as one:
        yield one


def test_they_are_kept_whoever_runs_the_evaluation_and_go_with_it(store: Store) -> None:
    number, other = (stored(store, [Outcome.PASSED]) for _ in range(2))
    lease = Lease(store.path, number)
    with closing(Store(store.path)) as elsewhere:
        elsewhere.annotate(number, AnnotationChange("small", "a note", ("a", "b")))
        store.annotate(number, AnnotationChange(note="another", remove=("a",)))
        assert elsewhere.annotation(number) == Annotation("small", "another", ("b",))
    lease.release()
    assert [(line.number, line.annotation.name) for line in store.history()] == [
        (other, ""),
        (number, "small"),
    ]
    assert store.numbers_named("small") == [number]
    store.delete(number)
    assert store.numbers_named("small") == []
    with pytest.raises(UnknownEvaluation, match=f"no evaluation {number} in"):
        store.annotate(number, AnnotationChange("small"))
    with pytest.raises(UnknownEvaluation, match=f"no evaluation {number} in"):
        store.annotation(number)
    assert store.annotation(other) == UNANNOTATED


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "7"),
        ("name", "n" * 61),
        ("name", b"\xff"),
        ("note", "\x1b[31mred"),
        ("tags", "no list"),
        ("tags", '{"a": 1}'),
        ("tags", '["two words"]'),
        ("tags", "[" * 10_000),
    ],
)
def test_a_damaged_one_says_so_and_is_replaced_by_the_next(store: Store, column: str, value: object) -> None:
    number = stored(store, [Outcome.PASSED])
    store.annotate(number, AnnotationChange("small", "a note", ("a",)))
    with closing(sqlite3.connect(store.path)) as file, file:
        file.execute(f"UPDATE annotations SET {column} = ?", (value,))
    assert store.annotation(number) == UNREADABLE
    assert store.history()[0].annotation == UNREADABLE
    assert store.annotate(number, AnnotationChange("new", "")) == Annotation("new")


def test_the_history_tells_after_how_many_runs_a_band_was_chosen_as_the_evaluation_does(store: Store) -> None:
    number = stored(store, [Outcome.PASSED] * 4, runs=4)
    unchanged = stored(store, [Outcome.PASSED] * 4)
    plan = Plan.of(store.config(number))

    def told() -> int:
        lines = {line.number: line.band_chosen_after for line in store.history()}
        assert lines[unchanged] == 0
        assert lines[number] == store.state(number).band_chosen_after
        return lines[number]

    assert told() == 0
    for band, graded, after in ((Band(0.2, 0.5), 0, 0), (Band(0.5, 0.9), 4, 4), (Band(0.2, 0.5), 4, 0)):
        changed = Plan(plan.runs, band)
        store.append(number, [PlanChanged(at=9e9, plan=changed, graded=graded)])
        assert told() == after
